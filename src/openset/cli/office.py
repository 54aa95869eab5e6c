"""The verbs `up` and `prove`: the site, and milestones judged from a production's records."""

from __future__ import annotations

import json
import os
import signal
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from openset.cli.output import Output
from openset.primitives.errors import BadInput, NotWritable, OpensetError
from openset.store.home import openset_home
from openset.store.production import Production, find_productions, open_production

if TYPE_CHECKING:
    from openset.site.serve import Phones

DATABASE = "hub.sqlite3"


def open_office(productions: Path | None = None) -> None:
    """Load Django for this process and bring the hub's database up to date."""
    if productions is not None:
        os.environ["OPENSET_PRODUCTIONS"] = str(productions.absolute())
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "openset.site.settings")
    import django
    from django.core.management import call_command
    from django.db import DatabaseError

    django.setup()
    _own_home()
    try:
        call_command("migrate", verbosity=0, interactive=False)
    except DatabaseError as error:
        raise NotWritable(
            f"the hub's database cannot be used ({error})",
            where=str(openset_home() / DATABASE),
            todo="Close what else uses it, put back a copy, or set OPENSET_HOME elsewhere",
        ) from error


def _own_home() -> None:
    """The hub's folder and database, closed to this machine's other users: sessions lie in them."""
    try:
        openset_home().mkdir(parents=True, exist_ok=True, mode=0o700)
        (openset_home() / DATABASE).touch(mode=0o600)
    except OSError as error:
        raise NotWritable(
            f"the hub's folder cannot be used ({error.strerror})",
            where=str(openset_home()),
            todo="Set OPENSET_HOME elsewhere",
        ) from error


def run_prove(output: Output, folder: Path) -> None:
    """Observe the production's records and print each milestone with the lines of its proof."""
    production = open_production(folder)
    open_office(folder)
    from openset.hub.milestones.proof import MILESTONES
    from openset.hub.milestones.services import ensure_demo_grant, observe, proof_of

    grant = ensure_demo_grant(production)
    observe(grant)
    proofs = {name: proof_of(grant, name) for name, _ in MILESTONES}
    milestones = [
        {
            "milestone": name,
            "state": proof.state,
            "lines": [
                {"text": line.text, "state": line.state, "take": line.take_id, "why": line.why}
                for line in proof.lines
            ],
        }
        for name, proof in proofs.items()
    ]
    rows: list[tuple[str, str]] = []
    for name, proof in proofs.items():
        rows.append((name, proof.state))
        rows += [(f"  {line.state}", line.text) for line in proof.lines]
    output.done(
        {"grant": str(grant.id), "milestones": milestones}, f"Milestones of {production.title}", rows
    )


@dataclass(frozen=True)
class PhoneDoors:
    """What `up --phones` was asked for: the two ports, and what the phones' solver is started with."""

    port: int = 8443
    guide_port: int = 8080
    tags: Path | None = None
    floor_tag: str = ""
    lens: Path | None = None
    to: str = ""

    @property
    def tracked(self) -> bool:
        """Whether phones can know where they are."""
        return bool(self.tags or self.floor_tag)

    @property
    def given(self) -> bool:
        """Whether anything was said that only phones need."""
        return self.tracked or self.lens is not None

    def with_map_of(self, maps: Sequence[Path | None]) -> PhoneDoors:
        """The same with the map in use, where no tags were given and there is one production; of
        several each phone takes that of the production its page is opened for."""
        return self if self.tracked or len(maps) != 1 else replace(self, tags=maps[0])

    @property
    def options(self) -> list[str]:
        """The solver's own command line."""
        given = {
            "--tags": str(self.tags.absolute()) if self.tags else "",
            "--floor-tag": self.floor_tag,
            "--phone-lens": str(self.lens.absolute()) if self.lens else "",
            "--phone-to": self.to,
        }
        return [part for name, value in given.items() if value for part in (name, value)]


def asked_doors(doors: PhoneDoors, phones: bool) -> PhoneDoors | None:
    """The phones' doors where they are to be opened. Raises BadInput for tags or a lens given to a site
    without them: nobody would take them."""
    if not phones and doors.given:
        raise BadInput(
            "only phones take tags and a lens from here",
            where="--tags, --floor-tag, --phone-lens",
            todo="Add --phones, or leave them out",
        )
    return doors if phones else None


def run_up(output: Output, folder: Path, port: int, phones: PhoneDoors | None = None) -> None:
    """Serve the site until Ctrl-C; the terminal shows a link that signs the owner in once."""
    if not folder.is_dir():
        raise BadInput(
            "no such folder", where=str(folder), todo="Name a production or a folder of them"
        )
    productions = find_productions(folder)
    maps: list[Path | None] = []
    if phones is not None and not phones.tracked:
        maps = [good_map(each, output.say) for each in productions]
        phones = phones.with_map_of(maps)
    listener = _listen(port)
    doors = _open_doors(phones, listener) if phones is not None else None
    open_office(folder)
    from openset.site.enter import make_link
    from openset.site.serve import run

    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    link = make_link(address)
    figures: dict[str, Any] = {
        "ok": True,
        "address": address,
        "sign_in": link,
        "productions": [str(production.root) for production in productions],
    }
    if doors is not None and phones is not None:
        figures["phones"] = {**_phone_figures(doors), "tracked": phones.tracked or any(maps)}
    if output.as_json:
        print(json.dumps(figures), flush=True)
    else:
        print(f"\n  The site is open on {address}")
        print(f"  Sign in as this machine's owner, once: {link}")
        _print_phones(figures)
        print("  Ctrl-C closes it.\n", flush=True)
    os.environ["OPENSET_SITE_PORT"] = str(listener.getsockname()[1])
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt):  # uvicorn raises it again after it has closed every connection
        run(listener, doors)
    from openset.site.engines import end_idle_engines
    from openset.site.phone_service import end_solver

    end_solver()
    for production_id in end_idle_engines():
        output.say(f"{production_id} is still recording; end it with: openset stop DIR")


def good_map(production: Production, say: Callable[[str], None]) -> Path | None:
    """The map that a production uses; None where it uses none, or one that places no phone: that is
    said, and the site opens all the same, for on it the map is made anew."""
    from openset.cli.camera.in_use import in_use
    from openset.stage.markers.files import read_good_map

    try:
        found = in_use(production, "tags")
        if found is not None:
            read_good_map(found)
    except OpensetError as trouble:
        say(f"phones take no tags from {production.title}: {trouble.line}")
        return None
    return found


def _open_doors(phones: PhoneDoors, listener: socket.socket) -> Phones:
    """The phones' doors, after their options were looked at: what is wrong is said before anything
    opens."""
    from openset.cli.camera.phone_work import phone_plan
    from openset.site.phone_service import OPTIONS
    from openset.site.serve import open_phones

    try:
        phone_plan(phones.tags, phones.floor_tag, phones.lens, phones.to)
        os.environ[OPTIONS] = json.dumps(phones.options)
        return open_phones(phones.port, phones.guide_port)
    except OpensetError:
        listener.close()
        raise


def _phone_figures(doors: Phones) -> dict[str, Any]:
    """What a program reads; `pair` lets one phone in, once, within minutes, and it may roll and cut."""
    from openset.site.enter import owner_user
    from openset.site.phones import make_pairing, pairing_address

    pair = pairing_address(make_pairing(owner_user(), "", may_command=True))
    return {
        "address": doors.address,
        "guide": doors.guide_address,
        "names": list(doors.names),
        "fingerprint": doors.papers.fingerprint,
        "pair": pair,
    }


def _print_phones(figures: dict[str, Any]) -> None:
    """The two addresses a phone needs, the second as a code to scan."""
    phones = figures.get("phones")
    if phones is None:
        return
    import segno

    print(f"\n  Phones on this network: first {phones['guide']} to trust this machine, once;")
    print("  then scan this within ten minutes. The page Phones on the site makes more of them.\n")
    segno.make(phones["pair"], error="m").terminal(compact=True)
    print(f"  {phones['pair']}\n")
    if not phones["tracked"]:
        print(
            "  There are no tags: phones only look around. To know where they are, make the map on the"
        )
        print("  camera's page, or give --tags or --floor-tag.\n")


def run_stop(output: Output, folder: Path) -> None:
    """End the stage engine that runs this production; an open take is closed first."""
    production = open_production(folder)
    from openset.site.engines import find_engine, stop_engine

    engine = find_engine(production.id)
    stopped = engine is not None and stop_engine(engine, though_rolling=True)
    what = "The stage ends; an open take is closed" if stopped else "No stage is running"
    output.done({"production": production.id, "stopped": stopped}, what, [])


def _listen(port: int) -> socket.socket:
    """A loopback listener, taken before anything is loaded so that a busy port says so at once."""
    from openset.site.listener import listening

    plain = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    return listening(plain, "127.0.0.1", port, "the site", "Close the other program, or choose --port")

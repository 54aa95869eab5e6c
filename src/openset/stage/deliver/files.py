"""Making a delivery, and checking one: the only part of the hand-over that touches the disk."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import orjson
import xxhash

from openset import __version__
from openset.formats import fountain
from openset.primitives.errors import AlreadyExists, BadInput, OpensetError, VerifyFailed
from openset.primitives.ids import TakeId
from openset.stage.deliver.model import PASSPORT_FILE, TAKES_FOLDER, Delivery
from openset.stage.record.files import read_marks, read_take, verify_take
from openset.stage.record.model import UNSEALED, Finding, Verification
from openset.stage.scene.files import read_set
from openset.store.files import make_folder, sync_folder, write_atomic, writing
from openset.store.mhl import check, seal
from openset.store.production import (
    Production,
    script_files,
    set_file,
    set_names,
    take_folder,
    take_ids,
)

_BLOCK_BYTES = 4 << 20


def make_delivery(
    production: Production,
    to: Path,
    takes: tuple[TakeId, ...] = (),
    *,
    now: datetime,
    progress: Callable[[str], None] | None = None,
) -> Delivery:
    """Hand over `takes`, or all circled ones, or where none is circled the newest closed of each shot.

    Written beside `to` and renamed when whole, so that a delivery cut off is never taken for one.
    Raises AlreadyExists where `to` holds something, BadInput for takes that are absent or open,
    VerifyFailed where a take no longer is what was sealed, DiskFull, NotWritable.
    """
    to = to.absolute()
    say = progress or (lambda _: None)
    _check_free(to)
    chosen = choose_takes(production, takes)
    make_folder(to.parent)
    with writing(to):
        part = Path(tempfile.mkdtemp(prefix=f".{to.name}.", suffix=".part", dir=to.parent))
        try:
            for take in chosen:
                say(f"take {take}")
                _deliver_take(take_folder(production, take), part / TAKES_FOLDER / str(take))
            write_atomic(part / PASSPORT_FILE, _passport(production, part, chosen, now))
            say("sealing")
            seal(part)
            os.chmod(part, 0o755)
            os.rename(part, to)
            sync_folder(to.parent)
        finally:
            shutil.rmtree(part, ignore_errors=True)
    sizes = [path.stat().st_size for path in _files(to)]
    return Delivery(to, chosen, len(sizes), sum(sizes))


def choose_takes(production: Production, wanted: tuple[TakeId, ...]) -> tuple[TakeId, ...]:
    """The takes to deliver, in scene order. Raises BadInput where one is absent or open, or none is
    there."""
    there = take_ids(production)
    missing = [str(take) for take in wanted if take not in there]
    if missing:
        raise BadInput(f"there is no take {missing[0]}", where=str(production.root))
    records = {take: read_take(take_folder(production, take)) for take in wanted or there}
    closed = [take for take in there if take in records and records[take].state != "recording"]
    if wanted:
        for take in wanted:
            if take not in closed:
                raise BadInput("the take is not closed", where=str(take), todo="Cut, or recover it")
        return tuple(closed)
    circled = [take for take in closed if read_marks(take_folder(production, take)).circled]
    newest = {(take.scene, take.shot): take for take in closed}
    found = tuple(circled or newest.values())
    if not found:
        raise BadInput(
            "there is no closed take to deliver", where=str(production.root), todo="Shoot a take first"
        )
    return found


def verify_delivery(folder: Path) -> Verification:
    """Re-hash every file, and hold every figure against what the files say. Never raises for what is
    in the folder."""
    folder = folder.absolute()
    sealed = [_sealed_finding(state.path, state.state, state.detail) for state in check(folder)]
    return Verification(tuple(sealed))


def verify_production(production: Production) -> Verification:
    """Every take, every delivery inside, every set and every script."""
    findings: list[Finding] = []
    for take in take_ids(production):
        findings += _inside(f"takes/{take}", verify_take(take_folder(production, take)))
    deliveries = production.root / "deliveries"
    for folder in sorted(deliveries.iterdir()) if deliveries.is_dir() else []:
        if folder.is_dir() and not folder.name.startswith("."):
            findings += _inside(f"deliveries/{folder.name}", verify_delivery(folder))
    findings += [_set_finding(production, name) for name in set_names(production)]
    findings += [_script_finding(path) for path in script_files(production)]
    return Verification(tuple(findings))


def _check_free(to: Path) -> None:
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise AlreadyExists("something is here already", where=str(to), todo="Name a new folder")


def _deliver_take(source: Path, target: Path) -> None:
    make_folder(target)
    for state in check(source):
        if not state.ok:
            raise VerifyFailed(
                f"{state.path} is not what was sealed ({state.state})",
                where=str(source),
                todo="Run openset verify on this take",
            )
        if state.path not in UNSEALED:
            hashed = _copy_hashed(source / state.path, target / state.path)
            if hashed not in state.detail:
                raise VerifyFailed("changed while it was copied", where=str(source / state.path))


def _copy_hashed(source: Path, target: Path) -> str:
    """Copy and sync; the xxh128 of the bytes as they were read."""
    digest = xxhash.xxh3_128()
    make_folder(target.parent)
    with source.open("rb") as reading, target.open("xb") as output:
        while block := reading.read(_BLOCK_BYTES):
            digest.update(block)
            output.write(block)
        output.flush()
        os.fsync(output.fileno())
    return str(digest.hexdigest())


def _passport(production: Production, part: Path, takes: tuple[TakeId, ...], now: datetime) -> bytes:
    return orjson.dumps(
        {
            "software": f"openset {__version__}",
            "production": {"id": production.id, "title": production.title},
            "made_at": now.isoformat(timespec="seconds"),
            "takes": [str(take) for take in takes],
        },
        option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE,
    )


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def _sealed_finding(path: str, state: str, detail: str) -> Finding:
    words = {
        "whole": "hash holds",
        "changed": "hash holds",
        "missing": "file is there",
        "added": "the manifest knows every file",
    }
    return Finding(state == "whole", words.get(state, "the seal holds"), path, detail)


def _inside(where: str, found: Verification) -> list[Finding]:
    return [Finding(one.ok, one.what, f"{where}/{one.where}", one.detail) for one in found.findings]


def _set_finding(production: Production, name: str) -> Finding:
    where = f"sets/{name}/set.usda"
    try:
        scene = read_set(set_file(production, name))
    except OpensetError as error:
        return Finding(False, "the set is read", where, error.what)
    return Finding(True, "the set is read", where, f"{len(scene.meshes)} meshes")


def _script_finding(path: Path) -> Finding:
    where = f"script/{path.name}"
    try:
        script = fountain.parse(path.read_text("utf-8"))
    except (OpensetError, OSError, UnicodeDecodeError) as error:
        return Finding(False, "the script is read", where, str(error))
    return Finding(True, "the script is read", where, f"{len(script.scenes)} scenes")

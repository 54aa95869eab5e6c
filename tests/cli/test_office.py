"""The verbs `up` and `prove`: the site as a real process, and milestones judged from a folder."""

from __future__ import annotations

import json
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from email.message import Message
from fractions import Fraction
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from openset.cli.office import (
    PhoneDoors,
    _listen,
    asked_doors,
    good_map,
    open_office,
    run_prove,
    run_up,
)
from openset.cli.output import Output
from openset.primitives.errors import BadInput, NotWritable, PortInUse, ProductionNotFound
from openset.primitives.space import IDENTITY
from openset.stage.markers.files import write_map
from openset.stage.markers.model import PlacedTag, TagMap
from openset.store.production import create_production, update_stage


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A production with a script and nothing else."""
    made = create_production(tmp_path_factory.mktemp("films") / "film", title="Film", rate=Fraction(25))
    (made.root / "script" / "one.fountain").write_text("INT. LANE - DAY #1#\n\nSomebody waits.\n")
    return made.root


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The hub's folder of this test; absent until a command makes it."""
    folder = tmp_path / "hub"
    monkeypatch.setenv("OPENSET_HOME", str(folder))
    return folder


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "openset", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@contextmanager
def site(folder: Path, *more: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """`openset up --json` on any free port, and the one object it printed."""
    with subprocess.Popen(
        [sys.executable, "-m", "openset", "up", str(folder), "--port", "0", "--json", *more],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        try:
            assert process.stdout is not None
            yield process, json.loads(process.stdout.readline())
        finally:
            process.kill()


class Browser:
    """One visitor: cookies kept by hand, so that their flags can be read; redirects not followed."""

    def __init__(self, address: str) -> None:
        self.at = address.removeprefix("http://")
        self.cookies: dict[str, str] = {}
        self.set: list[str] = []

    def get(self, path: str, **headers: str) -> tuple[int, Message, bytes]:
        """Status, headers and body."""
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        with closing(HTTPConnection(self.at, timeout=30)) as line:
            line.request("GET", path, headers={"Cookie": cookie, **headers})
            answer = line.getresponse()
            self.set = answer.headers.get_all("Set-Cookie") or []
            for each in self.set:
                name, _, value = each.partition(";")[0].partition("=")
                self.cookies[name] = value
            return answer.status, answer.headers, answer.read()


def test_the_site_serves_signs_the_owner_in_once_and_keeps_to_itself(film: Path, home: Path) -> None:
    with site(film) as (process, figures):
        address = figures["address"]
        assert figures["productions"] == [str(film)]
        assert address.startswith("http://127.0.0.1:")
        assert_signs_in_once(figures["sign_in"], address)
        assert_closed_to_others(address)
        assert_kept_private(home)
        busy = run("up", str(film), "--port", address.rsplit(":", 1)[1], "--json")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (0, "", "")
    assert busy.returncode == 22
    assert json.loads(busy.stdout)["error"] == "PortInUse"
    (line,) = busy.stderr.splitlines()
    assert "--port" in line


def assert_signs_in_once(link: str, address: str) -> None:
    owner, again = Browser(address), Browser(address)
    path = link.removeprefix(address)
    status, headers, _ = owner.get(path)
    assert (status, headers["Location"]) == (302, "/account/")
    (session,) = [line for line in owner.set if line.startswith("openset_session=")]
    assert "HttpOnly" in session
    assert "SameSite=Lax" in session
    assert owner.get("/account/")[0] == 200
    (csrf,) = [line for line in owner.set if line.startswith("openset_csrf=")]
    assert "SameSite=Strict" in csrf
    assert again.get(path)[0] == 403
    assert "openset_session" not in again.cookies


def assert_closed_to_others(address: str) -> None:
    visitor = Browser(address)
    status, headers, page = visitor.get("/")
    assert (status, b"Film" in page) == (200, True)
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "Server" not in headers
    status, headers, _ = visitor.get("/account/")
    assert (status, headers["Location"]) == (302, "/sign-in/?next=/account/")
    for host in ("evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8000"):
        status, headers, page = visitor.get("/", Host=host)
        assert (status, headers["X-Frame-Options"]) == (400, "DENY")
        assert b"Traceback" not in page


def assert_kept_private(home: Path) -> None:
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    for name in ("hub.sqlite3", "hub.sqlite3-wal", "site.secret"):
        assert stat.S_IMODE((home / name).stat().st_mode) == 0o600, name
    with closing(sqlite3.connect(home / "hub.sqlite3")) as database:
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_port_is_taken_before_anything_is_loaded_and_for_this_machine_alone() -> None:
    with _listen(0) as listener:
        host, port = listener.getsockname()
        assert host == "127.0.0.1"
        with pytest.raises(PortInUse, match=f"port {port} is taken"):
            _listen(port)
    with _listen(port) as again:
        assert again.getsockname()[1] == port


@pytest.mark.parametrize("port", ["-1", "65536", "99999999999999999999", "http"])
def test_a_port_that_is_none_is_refused(port: str, film: Path) -> None:
    from typer.testing import CliRunner

    from openset.cli.main import app

    done = CliRunner().invoke(app, ["up", str(film), f"--port={port}"])
    assert done.exit_code == 2
    assert "--port" in done.output


@pytest.mark.parametrize("name", ["nowhere", "film/production.toml"])
def test_a_folder_that_is_none_is_refused_before_a_port_is_taken(
    name: str, film: Path, home: Path
) -> None:
    with pytest.raises(BadInput, match="no such folder"):
        run_up(Output(True), film.parent / name, 0)
    assert not home.exists()


def test_a_broken_production_is_one_line_and_opens_no_site(tmp_path: Path, home: Path) -> None:
    (tmp_path / "production.toml").write_text("title = ")
    with pytest.raises(BadInput, match=r"production\.toml: is not TOML"):
        run_up(Output(True), tmp_path, 0)
    assert not home.exists()


def test_a_production_is_judged_from_its_records_and_the_second_look_adds_nothing(
    film: Path, home: Path
) -> None:
    first = run("prove", str(film), "--json")
    assert first.returncode == 0, first.stderr
    figures = json.loads(first.stdout)
    states = {each["milestone"]: each["state"] for each in figures["milestones"]}
    assert states == {"previs": "open", "stage": "open", "post": "open"}
    (line,) = next(each for each in figures["milestones"] if each["milestone"] == "stage")["lines"]
    assert "Scene 1, INT. LANE - DAY" in line["text"]
    assert (line["state"], line["take"], line["why"]) == ("open", "", "No take of this scene yet.")
    before = entries(home)
    again = run("prove", str(film))
    assert again.returncode == 0, again.stderr
    assert "Milestones of Film" in again.stdout
    assert entries(home) == before
    assert stat.S_IMODE((home / "hub.sqlite3").stat().st_mode) == 0o600


def entries(home: Path) -> int:
    """How many entries the hub's journal holds."""
    with closing(sqlite3.connect(home / "hub.sqlite3")) as database:
        return int(database.execute("SELECT count(*) FROM journal_entry").fetchone()[0])


def test_what_is_no_production_is_not_judged(tmp_path: Path, home: Path) -> None:
    with pytest.raises(ProductionNotFound):
        run_prove(Output(True), tmp_path)
    assert not home.exists()


def test_a_database_that_is_none_is_one_line_and_left_as_it_is(film: Path, home: Path) -> None:
    home.mkdir()
    (home / "hub.sqlite3").write_bytes(b"no database at all" * 100)
    done = run("prove", str(film), "--json")
    assert done.returncode == NotWritable.exit_code
    assert json.loads(done.stdout)["where"] == str(home / "hub.sqlite3")
    (line,) = done.stderr.splitlines()
    assert "cannot be used" in line
    assert (home / "hub.sqlite3").read_bytes() == b"no database at all" * 100


def test_a_home_that_is_a_file_is_refused_and_kept(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home.write_text("mine")
    for place in (home, home / "inside"):
        monkeypatch.setenv("OPENSET_HOME", str(place))
        with pytest.raises(NotWritable, match=str(place)):
            open_office()
    assert home.read_text() == "mine"


def test_a_busy_port_is_told_before_a_home_is_made(film: Path, home: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(PortInUse, match="the site"):
            run_up(Output(True), film, other.getsockname()[1])
    assert not home.exists()


def test_phones_track_on_the_map_in_use_where_no_tags_were_given(tmp_path: Path) -> None:
    bare = create_production(tmp_path / "film", title="Film", rate=Fraction(25))
    path = write_map(bare.root / "tags.json", TagMap({0: PlacedTag(0, 0.16, IDENTITY)}))
    mapped = update_stage(bare, {"tags": "tags.json"})
    said: list[str] = []
    assert [good_map(each, said.append) for each in (bare, mapped)] == [None, path]
    assert said == []
    assert PhoneDoors().with_map_of([path]).tags == path
    assert not PhoneDoors().with_map_of([None]).tracked
    assert PhoneDoors(floor_tag="0:160").with_map_of([path]).tags is None
    # Of several each phone takes that of the production its page is opened for.
    assert not PhoneDoors().with_map_of([path, None]).tracked


@pytest.mark.parametrize("how", ["bad", "nonsense", "gone"])
def test_a_map_in_use_that_cannot_be_used_is_said_and_closes_no_site(tmp_path: Path, how: str) -> None:
    film = create_production(tmp_path / "film", title="Film", rate=Fraction(25))
    film = update_stage(film, {"tags": "tags.json"})
    path = film.root / "tags.json"
    if how == "bad":
        notes = {"not usable": "tag 0 moved on the walk"}
        write_map(path, TagMap({0: PlacedTag(0, 0.16, IDENTITY)}, notes=notes))
    elif how == "nonsense":
        path.touch()
    said: list[str] = []
    assert good_map(film, said.append) is None
    assert [line for line in said if "phones take no tags from Film" in line and "tags.json" in line]


@pytest.mark.parametrize("given", [{"tags": Path("t")}, {"floor_tag": "0:160"}, {"lens": Path("l")}])
def test_what_only_phones_need_is_not_dropped_in_silence(given: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match="Add --phones, or leave them out"):
        asked_doors(PhoneDoors(**given), False)
    assert asked_doors(PhoneDoors(**given), True) == PhoneDoors(**given)
    assert asked_doors(PhoneDoors(), False) is None

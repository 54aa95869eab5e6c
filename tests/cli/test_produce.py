"""The verbs `new`, `deliver` and `verify`, called as a program calls them."""

from __future__ import annotations

import json
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from openset.cli.output import Output
from openset.cli.produce import run_deliver, run_new, run_verify
from openset.primitives.errors import AlreadyExists, BadInput, NotWritable, ProductionNotFound
from openset.stage.scene.files import write_set
from openset.stage.scene.model import Scene
from openset.store.production import create_production, open_production, script_files, set_names


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """A production with a sky for a set, quick to check."""
    made = create_production(tmp_path / "film", title="Film", rate=Fraction(25))
    (made.root / "script" / "one.fountain").write_text("INT. LANE - DAY\n\nSomebody waits.\n")
    write_set(Scene("sky", dome=np.full((16, 32, 3), 0.4, np.float32)), made.root / "sets" / "sky")
    return made.root


def openset(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "openset", *arguments], capture_output=True, text=True, check=False
    )


def test_a_new_production_holds_a_script_and_a_set_beside_what_was_there_and_verifies(
    tmp_path: Path,
) -> None:
    title = 'سوق {name} "x" \\'
    (tmp_path / "notes.txt").write_text("mine")
    made = openset("new", str(tmp_path), "--title", title, "--rate", "30000/1001", "--json")
    assert made.returncode == 0, made.stderr
    figures = json.loads(made.stdout)
    production = open_production(tmp_path)
    assert (figures["production"], figures["id"]) == (str(tmp_path), production.id)
    assert (production.title, production.rate) == (title, Fraction(30000, 1001))
    assert set_names(production) == [production.stage["set"]] == ["market"]
    (script,) = script_files(production)
    assert script.read_text(encoding="utf-8").splitlines()[0] == f"Title: {title}"
    assert (tmp_path / "notes.txt").read_text() == "mine"
    checked = openset("verify", str(tmp_path), "--json")
    assert checked.returncode == 0, checked.stderr
    assert json.loads(checked.stdout)["kind"] == "production"
    assert json.loads(checked.stdout)["checked"] == 2


@pytest.mark.parametrize("rate", ["", "fast", "0", "-25", "nan", "inf", "1/0", "1e400", "25/1/1"])
def test_a_rate_that_is_none_is_refused_before_anything_is_made(rate: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="--rate"):
        run_new(Output(True), tmp_path / "film", title="", rate=rate)
    assert not (tmp_path / "film").exists()


@pytest.mark.parametrize("title", ["   ", "\n"])
def test_a_title_of_nothing_is_refused_before_anything_is_made(title: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="title"):
        run_new(Output(True), tmp_path / "film", title=title, rate="25")
    assert not (tmp_path / "film").exists()


@pytest.mark.parametrize(
    "name", ["production.toml", "script/script.fountain", "sets/market/set.usda"], ids=str
)
def test_a_new_production_replaces_nothing_that_is_there(name: str, tmp_path: Path) -> None:
    mine = tmp_path / name
    mine.parent.mkdir(parents=True, exist_ok=True)
    mine.write_text("mine")
    with pytest.raises(AlreadyExists):
        run_new(Output(True), tmp_path, title="Film", rate="25")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [mine]
    assert mine.read_text() == "mine"


def test_a_file_where_the_folder_should_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "film").write_text("mine")
    with pytest.raises(AlreadyExists):
        run_new(Output(True), tmp_path / "film", title="", rate="25")
    with pytest.raises(NotWritable):
        run_new(Output(True), tmp_path / "film" / "inside", title="", rate="25")
    assert (tmp_path / "film").read_text() == "mine"


def test_a_whole_production_is_verified(film: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_verify(Output(True), film) == 0
    figures = json.loads(capsys.readouterr().out)
    assert (figures["ok"], figures["kind"], figures["checked"]) == (True, "production", 2)
    assert figures["failed"] == []


def test_everything_that_does_not_hold_is_named_on_screen_and_in_json(
    film: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (film / "sets" / "sky" / "set.usda").write_text("#usda 1.0\n")
    (film / "script" / "one.fountain").write_bytes(b"\xff\xfe\x00")
    assert run_verify(Output(True), film) == 30
    captured = capsys.readouterr()
    figures = json.loads(captured.out)
    assert (figures["ok"], figures["exit_code"], figures["checked"]) == (False, 30, 2)
    broken = ["script/one.fountain", "sets/sky/set.usda"]
    assert sorted(each["where"] for each in figures["failed"]) == broken
    assert sorted(line.split()[1] for line in captured.err.splitlines()[:2]) == [
        f"{b}:" for b in broken
    ]
    assert "(and 1 more)" in captured.err.splitlines()[2]


def test_a_broken_production_ends_verify_with_its_own_code(film: Path) -> None:
    (film / "sets" / "sky" / "dome.exr").unlink()
    (film / "sets" / "sky" / "set.usda").write_text("noise")
    done = openset("verify", str(film))
    assert done.returncode == 30
    assert "Traceback" not in done.stderr
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("openset:")]
    assert "sets/sky/set.usda" in line


@pytest.mark.parametrize("name", ["", "nowhere", "film/production.toml", "film/takes/1-A-t09"])
def test_what_is_nothing_of_ours_is_not_verified(name: str, film: Path) -> None:
    with pytest.raises(ProductionNotFound, match=r"take\.toml, passport\.json or production\.toml"):
        run_verify(Output(True), film.parent / name)


def test_a_take_without_its_record_does_not_hold(
    film: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (film / "takes" / "1-A-t01").mkdir()
    assert run_verify(Output(True), film / "takes" / "1-A-t01") == 30
    assert json.loads(capsys.readouterr().out)["kind"] == "take"


def test_an_empty_production_has_nothing_to_deliver(film: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="take"):
        run_deliver(Output(True), film, tmp_path / "rushes", ())
    assert not (tmp_path / "rushes").exists()


@pytest.mark.parametrize("take", ["", "t01", "../1-A-t01", "1-A", "1-A-t01/.."])
def test_a_slate_that_is_none_is_refused(take: str, film: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        run_deliver(Output(True), film, tmp_path / "rushes", (take,))
    assert not (tmp_path / "rushes").exists()

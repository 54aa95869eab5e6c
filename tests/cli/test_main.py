"""The command line itself: verbs, exit codes, laziness."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from openset.cli.main import PARTS, answer, app
from openset.primitives.errors import SetNotFound, all_errors

ROOT = Path(__file__).resolve().parents[2]


def openset(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "openset", *arguments], capture_output=True, text=True, check=False
    )


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom openset.cli.main import app\nfrom typer.testing import CliRunner\n"
        "assert CliRunner().invoke(app, ['--help']).exit_code == 0\n"
        "heavy = {'numpy', 'numba', 'av', 'cv2', 'django', 'pxr', 'wgpu'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["shoot"], 2),
        (["juggle"], 2),
        (["verify", "nowhere"], 16),
        (
            [
                "shoot",
                "nowhere",
                "--plate",
                "a",
                "--track",
                "b",
                "--set",
                "m",
                "--scene",
                "1",
                "--shot",
                "A",
            ],
            16,
        ),
        (
            [
                "shoot",
                ".",
                "--plate",
                "a",
                "--track",
                "b",
                "--set",
                "../m",
                "--scene",
                "1",
                "--shot",
                "A",
            ],
            2,
        ),
        (
            [
                "shoot",
                ".",
                "--plate",
                "a",
                "--track",
                "b",
                "--set",
                "m",
                "--scene",
                "../1",
                "--shot",
                "A",
            ],
            2,
        ),
        (["deliver", "nowhere", "--to", "there"], 16),
        (["stage", "nowhere"], 16),
        (["up", "nowhere"], 2),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else str(value),
)
def test_bad_calls_end_with_their_own_code_and_one_line(
    arguments: list[str], code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = openset(*arguments)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    if code != 2:
        assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    "arguments", [["bridge"], ["replay", "take"], ["listen", "--nothing"], ["verify"], ["shoot", "."]]
)
def test_a_call_that_lacks_something_answers_json_too(arguments: list[str]) -> None:
    answered = CliRunner().invoke(app, [*arguments, "--json"])
    assert answered.exit_code == 2
    figures = json.loads(answered.stdout)
    assert figures["ok"] is False
    assert figures["exit_code"] == 2
    assert figures["todo"].endswith(f"{arguments[0]} --help tells more")
    assert "Usage" in answered.stderr
    assert CliRunner().invoke(app, arguments).stdout == ""


def test_trouble_comes_as_json_too(tmp_path: Path) -> None:
    done = openset("verify", str(tmp_path / "nowhere"), "--json")
    assert json.loads(done.stdout)["exit_code"] == done.returncode == 16


def test_every_error_ends_with_its_own_code() -> None:
    codes = [error.exit_code for error in all_errors()]
    assert len(set(codes)) == len(codes)
    for error in all_errors():
        with pytest.raises(typer.Exit) as caught:
            answer(False, lambda output, error=error: raise_(error("what")))
        assert caught.value.exit_code == error.exit_code


def raise_(error: Exception) -> int:
    raise error


def test_a_missing_part_says_what_to_install(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as caught:
        answer(False, lambda output: raise_(ModuleNotFoundError("No module named 'pxr'", name="pxr")))
    assert caught.value.exit_code == 40
    assert 'pip install "openset[stage]"' in capsys.readouterr().err
    with pytest.raises(typer.Exit):
        answer(False, lambda output: raise_(ModuleNotFoundError("No", name="pythonosc.parsing")))
    assert (
        capsys.readouterr().err
        == 'openset: this command needs pythonosc. Install it with: pip install "openset"\n'
    )
    with pytest.raises(ModuleNotFoundError):  # a fault of ours, not of the installation
        answer(False, lambda output: raise_(ModuleNotFoundError("No", name="openset.nowhere")))


def imported() -> set[str]:
    """Every library that some module of Openset imports."""
    found: set[str] = set()
    for path in (ROOT / "src" / "openset").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {each.name.split(".")[0] for each in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.split(".")[0])
    return found - sys.stdlib_module_names - {"openset"}


def test_every_library_of_an_optional_part_is_known_to_be_of_it() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    bare = {re.split(r"[<>=]", each)[0] for each in project["dependencies"]}
    owners = packages_distributions()
    elsewhere = {"bpy", "click", "pathspec"}  # Blender's own; what comes with typer, with ascmhl
    for library in imported() - elsewhere:
        names = {each.lower().replace("_", "-") for each in owners.get(library, [])}
        if library in PARTS:
            assert not names & bare, library
        else:
            assert names & bare, f"{library} is neither a dependency nor in PARTS"


def test_an_interrupted_command_says_that_nothing_is_lost(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as caught:
        answer(False, lambda output: raise_(KeyboardInterrupt()))  # type: ignore[arg-type]
    assert caught.value.exit_code == 130
    assert "kept" in capsys.readouterr().err


def test_an_error_of_ours_is_printed_once(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit):
        answer(False, lambda output: raise_(SetNotFound("no set 'm'", where="film", todo="Try market")))
    assert capsys.readouterr().err == "openset: film: no set 'm'. Try market\n"


def test_the_cameras_verbs_stand_last_in_the_order_they_are_used() -> None:
    listed = re.findall(r"^  ([a-z]+) {2,}", CliRunner().invoke(app, ["--help"]).output, re.MULTILINE)
    assert listed[:4] == ["demo", "new", "shoot", "stage"]
    assert listed[-5:] == ["print", "calibrate", "track", "solve", "phone"]

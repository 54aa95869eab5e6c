"""The verb `convert`, called as people and programs call it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import orjson
import pytest
import typer

from openset.cli.exchange import _rows, run_convert, run_formats
from openset.cli.main import answer
from openset.cli.output import Output
from openset.primitives.errors import BadInput
from openset.stage.exchange.convert import Converted
from openset.stage.exchange.registry import FORMATS

PLAIN = {
    "from_format": "", "to_format": "", "rate": "", "sensor_mm": None, "size": "", "profile": "raw",
    "frame": 0, "name": "", "replace": False,
}  # fmt: skip


def _openset(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "openset", *arguments], capture_output=True, text=True, check=False
    )


@pytest.fixture
def track(tmp_path: Path) -> Path:
    path = tmp_path / "in.otrk.jsonl"
    sample = {
        "transforms": [
            {"translation": {"x": 1, "y": 2, "z": 3}, "rotation": {"pan": 10, "tilt": 0, "roll": 0}}
        ],
        "timing": {"sampleTimestamp": {"seconds": 5, "nanoseconds": 0}},
    }
    path.write_bytes(orjson.dumps(sample) + b"\nnonsense\n")
    return path


def test_the_answer_for_programs_counts_frames_skipped_and_lost(track: Path, tmp_path: Path) -> None:
    done = _openset("convert", str(track), str(tmp_path / "out.freed"), "--json")
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert (figures["ok"], figures["frames"], figures["skipped"]) == (True, 1, 1)
    assert "time" in figures["lost_fields"]
    assert "pose" not in figures["lost_fields"]
    assert figures["faults"] == ["line 2: not JSON"]
    assert figures["files"] == [str(tmp_path / "out.freed")]


def test_people_are_told_what_was_lost_in_words(
    track: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_convert(Output(False), track, tmp_path / "out.otrk.json", **PLAIN)  # type: ignore[arg-type]
    said = capsys.readouterr()
    assert "nothing" in said.out
    assert "note: line 2: not JSON" in said.err


@pytest.mark.parametrize(
    ("option", "value", "where"),
    [("rate", "fast", "--rate"), ("size", "wide", "--size"), ("size", "0x10", "--size")],
)
def test_an_option_that_makes_no_sense_is_refused_by_its_name(
    option: str, value: str, where: str, track: Path, tmp_path: Path
) -> None:
    with pytest.raises(BadInput, match=where):
        run_convert(Output(True), track, tmp_path / "o.freed", **{**PLAIN, option: value})  # type: ignore[arg-type]


def test_every_format_is_listed_with_its_ways(capsys: pytest.CaptureFixture[str]) -> None:
    run_formats(Output(True))
    listed = json.loads(capsys.readouterr().out)["formats"]
    assert [each["name"] for each in listed] == [form.name for form in FORMATS]


def test_nothing_to_convert_is_one_line() -> None:
    done = _openset("convert")
    assert done.returncode == 2
    assert done.stderr.strip() == (
        "openset: nothing to convert. Give IN and OUT; --formats lists what there is"
    )


def test_a_sequence_is_told_by_its_first_and_last_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = tuple(tmp_path / f"a.{number:04d}.exr" for number in range(1, 111))
    rows = _rows(Converted("a take", "exr", "move", 110, 0, (), (), files))
    assert rows[:3] == [("wrote", "110 files"), ("first", str(files[0])), ("last", str(files[-1]))]


def test_each_kind_is_counted_in_its_own_word() -> None:
    for kind, word in (("timeline", "clips"), ("script", "scenes"), ("grade", "corrections")):
        rows = _rows(Converted("a", "b", kind, 3, 0, (), (), (Path("x"),)))  # type: ignore[arg-type]
        assert (word, "3") in rows
        assert "frames" not in dict(rows)


def test_what_was_lost_takes_a_few_lines_of_eighty_columns(capsys: pytest.CaptureFixture[str]) -> None:
    names = tuple(f"static.camera.activeSensorPhysicalDimensions{number}" for number in range(12))
    Output(False).done({}, "t", _rows(Converted("a", "b", "move", 3, 0, (), names, (Path("x"),))))
    lines = capsys.readouterr().out.splitlines()
    start = next(at for at, line in enumerate(lines) if line.startswith("  lost"))
    told = [line for line in lines[start:] if line]
    assert len(told) <= 4
    assert max(map(len, told)) <= 80
    assert "more (--json names all)" in told[-1]
    assert all(line.startswith(" " * 11 + "static") or "more" in line for line in told[1:])


def test_an_interrupted_conversion_does_not_speak_of_recordings(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def pressed(output: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(typer.Exit):
        answer(False, pressed, kept="nothing was converted")
    assert capsys.readouterr().err == "openset: interrupted; nothing was converted\n"

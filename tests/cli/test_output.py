"""How every command answers."""

from __future__ import annotations

import json

import pytest

from openset.cli.output import Output, error_figures
from openset.primitives.errors import DiskFull


def test_with_json_stdout_is_exactly_one_object_and_progress_goes_elsewhere(
    capsys: pytest.CaptureFixture[str],
) -> None:
    output = Output(as_json=True)
    output.say("working")
    output.done({"frames": 3}, "Done", [("frames", "3")])
    captured = capsys.readouterr()
    assert json.loads(captured.out) == {"ok": True, "frames": 3}
    assert captured.err == "working\n"


def test_people_get_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    Output(as_json=False).done(
        {}, "Shot", [("frames in", "285"), ("take 1-A-t01", ""), ("dropped", "0")]
    )
    text = capsys.readouterr().out
    assert "Shot\n  frames in  285\n" in text
    assert "\n\n  take 1-A-t01\n" in text


def test_trouble_is_one_line_and_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    trouble = DiskFull("no space left", where="/films", todo="Free some space")
    Output(as_json=True).trouble(trouble)
    captured = capsys.readouterr()
    assert captured.err == "openset: /films: no space left. Free some space\n"
    assert json.loads(captured.out)["exit_code"] == 20


def test_trouble_after_work_keeps_the_figures(capsys: pytest.CaptureFixture[str]) -> None:
    trouble = DiskFull("no space left", where="/films")
    Output(as_json=True).trouble_after({"recorded": 12}, "Ended early", [], trouble)
    found = json.loads(capsys.readouterr().out)
    assert (found["ok"], found["recorded"], found["error"]) == (False, 12, "DiskFull")


def test_an_error_as_json_says_what_where_and_what_to_do() -> None:
    figures = error_figures(DiskFull("no space left", where="/films", todo="Free some"))
    assert (figures["what"], figures["where"], figures["todo"]) == (
        "no space left",
        "/films",
        "Free some",
    )


def test_what_a_file_says_never_steers_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    output, evil = Output(as_json=False), "Col\x1b[2Jumn\x9b1m\r\u202e"
    output.done({}, evil, [(evil, evil), (evil, "")])
    output.say(f"{evil}\nlatter\u00a0line")
    output.trouble(DiskFull(evil, where=evil))
    output.trouble_after({}, evil, [], DiskFull(evil))
    captured = capsys.readouterr()
    text = captured.out + captured.err
    assert not set(text) & set("\x1b\x9b\r\u202e")
    assert "Col·[2Jumn·1m··\nlatter\u00a0line\n" in captured.err

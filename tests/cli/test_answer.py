"""How a verb ends: its exit code, its one line, what is kept."""

from __future__ import annotations

import json
from typing import Any

import pytest
import typer

from openset.cli.answer import PARTS, answer
from openset.primitives.errors import BadInput, PartMissing


def ended(work: Any, *, as_json: bool = False, **given: str) -> int:
    try:
        answer(as_json, work, **given)
    except typer.Exit as end:
        return end.exit_code
    return 0


def test_a_verb_that_works_ends_with_nothing_or_with_its_own_code() -> None:
    assert ended(lambda output: None) == 0
    assert ended(lambda output: 0) == 0
    assert ended(lambda output: 30) == 30


def test_trouble_is_one_line_its_own_code_and_for_programs_one_object(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def work(output: Any) -> None:
        raise BadInput("too large", where="--size", todo="Take less")

    assert ended(work, as_json=True) == BadInput.exit_code
    said = capsys.readouterr()
    assert said.err == "openset: --size: too large. Take less\n"
    assert json.loads(said.out)["where"] == "--size"


@pytest.mark.parametrize(("library", "part"), [*PARTS.items(), ("unheard_of", "")])
def test_a_library_that_is_missing_is_named_with_the_part_that_brings_it(
    library: str, part: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def work(output: Any) -> None:
        raise ModuleNotFoundError("no", name=f"{library}.inside")

    assert ended(work) == PartMissing.exit_code
    said = capsys.readouterr().err
    assert f"needs {library}" in said
    assert f'pip install "openset{f"[{part}]" if part else ""}"' in said


def test_a_missing_module_of_our_own_is_a_fault_and_not_a_part() -> None:
    def work(output: Any) -> None:
        raise ModuleNotFoundError("no", name="openset.nowhere")

    with pytest.raises(ModuleNotFoundError):
        answer(False, work)


def test_an_interrupt_says_what_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    def work(output: Any) -> None:
        raise KeyboardInterrupt

    assert ended(work, kept="nothing was written") == 130
    assert capsys.readouterr().err == "openset: interrupted; nothing was written\n"

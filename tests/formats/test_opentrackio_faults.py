"""Whatever is counted is explained."""

from __future__ import annotations

import re
from pathlib import Path

import openset.formats.opentrackio_wire as wire
import openset.stage.tracking.opentrackio as decoder
from openset.formats.opentrackio_faults import FAULTS


def counted(module: object) -> set[str]:
    """Every name under which a module counts or refuses, read from its text."""
    text = Path(str(module.__file__)).read_text(encoding="utf-8")  # type: ignore[attr-defined]
    found = set(re.findall(r'(?:faults|notes|examples)\["([^"]+)"\]', text))
    found |= set(re.findall(r'fault = "([^"]+)"', text))
    for refusal in re.findall(r"_Refused\(([^)]*)\)", text):
        found |= set(re.findall(r'"([^"]+)"', refusal))
    return found


def test_every_fault_of_the_wire_and_of_the_decoder_has_an_explanation_and_no_other_has() -> None:
    assert counted(wire) | counted(decoder) == set(FAULTS)


def test_an_explanation_is_one_plain_sentence_that_says_what_to_do() -> None:
    for name, explained in FAULTS.items():
        assert explained.endswith("."), name
        assert explained.count(". ") == 0, name
        assert ";" in explained or ":" in explained, name
        assert "  " not in explained, name

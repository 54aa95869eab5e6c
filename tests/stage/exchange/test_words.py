"""What values are called and how they are counted."""

from __future__ import annotations

from typing import get_args

from openset.formats.fountain import parse
from openset.formats.omc_model import Records, Scene, Take, identifier
from openset.stage.exchange.model import Kind
from openset.stage.exchange.words import HELD, PARTS, count


def test_every_kind_has_its_words() -> None:
    assert set(HELD) == set(PARTS) == set(get_args(Kind))


def test_a_script_counts_its_scenes_and_one_without_headings_is_one() -> None:
    assert count("script", parse("INT. LANE - DAY\n\nRain.\n\nEXT. ROOF - DAY\n\nSun.\n")) == 2
    assert count("script", parse("Rain on tin, nothing else.\n")) == 1
    assert count("script", parse("")) == 0


def test_records_count_all_there_are() -> None:
    scene = Scene((identifier("openset", "pscn", "1"),))
    takes = tuple(Take((identifier("openset", "ast", name),)) for name in ("a", "b"))
    assert count("records", Records(scenes=(scene,), takes=takes)) == 3


def test_what_has_no_parts_counts_as_one() -> None:
    assert count("rights", object()) == 1

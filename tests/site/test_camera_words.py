"""What the camera page's scripts may say: they find every word they ask for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.utils.translation import override

from openset.site.camera_words import camera_words
from openset.stage.calibrate import coverage
from openset.stage.markers import finding

FOLDER = Path(settings.HERE) / "static" / "openset"
SCRIPTS = "\n".join(path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("camera*.js")))
ASKED = re.compile(
    r"(?:say|named)\((?:[\w.!]+ \? )?\"([\w-]+)\"(?: : \"([\w-]+)\")?|words(?:\.(\w+)|\[\"([\w-]+)\"\])"
)
REFUSED = re.compile(r"(?:Refusal|twin|blurred)\(\s*[\w.\"]+,\s*\"([\w-]+)\"")


def test_every_sentence_a_script_asks_for_is_there() -> None:
    asked = {name for found in ASKED.findall(SCRIPTS) for name in found if name}
    assert {"n-use", "offline", "d-begin", "a-lens", "e-absent"} <= asked
    assert asked <= set(camera_words())


def test_everything_that_can_be_wrong_with_a_view_has_its_sentence() -> None:
    said = set()
    for path in Path(str(coverage.__file__)).parent.glob("*.py"):
        said |= set(REFUSED.findall(path.read_text(encoding="utf-8")))
    assert {"blurred", "mirrored", "half-covered", "moving", "misfit"} <= said
    assert {f"t-{code}" for code in said} <= set(camera_words())


def test_every_wish_for_another_view_has_its_sentence() -> None:
    codes = {shortfall.code for shortfall in coverage.coverage([], None, 960, 540).shortfalls}
    assert len(codes) == 9
    assert {f"n-{code}" for code in codes} <= set(camera_words())


def test_every_finding_about_a_map_has_its_sentence() -> None:
    said = set()
    for path in Path(str(finding.__file__)).parent.glob("*.py"):
        text = path.read_text(encoding="utf-8")
        said |= set(re.findall(r"Finding\(\s*\"([\w ]+)\"", text))
    assert {"moved", "double", "tape", "floor"} <= said
    assert {f"f-{kind.replace(' ', '-')}" for kind in said} <= set(camera_words())


@pytest.mark.parametrize("language", ["en", "fr", "ar"])
def test_blanks_are_those_the_scripts_fill(language: str) -> None:
    with override(language):
        words = camera_words()
    for name, text in words.items():
        assert text.strip() == text, name
        assert set(re.findall(r"{\w*}", text)) <= {"{n}", "{m}", "{tags}", "{mark}", "{tag}"}, name

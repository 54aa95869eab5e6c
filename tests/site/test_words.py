"""What the monitor's script may say: it finds every word it asks for, in every language."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.utils.translation import override

from openset.site import live
from openset.site.words import monitor_words, view_names
from openset.stage.accuracy.said import SIDES
from openset.stage.live.monitor import VIEWS

SCRIPT = (Path(settings.HERE) / "static" / "openset" / "monitor.js").read_text(encoding="utf-8")
SAID = re.compile(r"\bsay\((.*?)[,)]")
QUOTED = re.compile(r"\"(\w+)\"")
# Names the script forms from what the engine or the site sends it.
ENGINE_STATES = {"absent", "starting", "failed", "refused"}
TRACKING_STATES = {"tracked", "held", "none"}
REPLIES = {"signin", "offline", "unknown"}
SLIDES = {
    "slide",
    *(f"slide_{kind}" for kind in ("delay", "lens", "focal", "near")),
    *(f"tag_{side}" for side in SIDES),
    "tag_focal",
    "tag_near",
}
"""Said of the error at a mark: of each kind of advice and each side (stage/accuracy)."""
BLANKS = {"{n}", "{take}", "{cm}", "{mark}", "{tag}"}


def asked_for() -> set[str]:
    """Every name the script asks a sentence by."""
    written = {name for call in SAID.findall(SCRIPT) for name in QUOTED.findall(call)}
    return written | ENGINE_STATES | TRACKING_STATES | REPLIES | SLIDES


def test_the_script_finds_every_sentence_and_none_lies_idle() -> None:
    assert {"rolling", "cut", "stalled", "circled"} <= asked_for()
    assert asked_for() == set(monitor_words())


def test_every_code_the_site_refuses_with_has_its_sentence() -> None:
    source = Path(live.__file__).read_text(encoding="utf-8")
    codes = set(re.findall(r"_answer\([^,]+, \"([\w-]+)\"", source))
    assert codes
    assert {code.replace("-", "") for code in codes} <= set(monitor_words())


@pytest.mark.parametrize("language", ["en", "fr", "ar"])
def test_every_sentence_is_said_and_its_blank_is_one_the_script_fills(language: str) -> None:
    with override("en"):
        english = monitor_words()
    with override(language):
        words = monitor_words()
    assert set(words) == set(english)
    for name, text in words.items():
        assert text.strip() == text, name
        blanks = re.findall(r"{\w*}", text)
        assert set(blanks) <= BLANKS, name
        assert sorted(blanks) == sorted(re.findall(r"{\w*}", english[name])), name
    assert json.loads(json.dumps(words, ensure_ascii=False)) == words


@pytest.mark.parametrize("language", ["en", "fr", "ar"])
def test_the_monitor_offers_every_picture_the_engine_makes(language: str) -> None:
    with override(language):
        names = view_names()
    assert [view for view, _ in names] == list(VIEWS)
    labels = [label for _, label in names]
    assert len(set(labels)) == len(labels)
    assert all(labels)

"""Every sentence the phone page asks for by name is there."""

from __future__ import annotations

import re
from pathlib import Path

from openset.site.phone_words import phone_words
from openset.site.settings import HERE
from openset.stage.live import phone_solver

STATIC = HERE / "static" / "openset"


def test_scripts_find_every_sentence_they_ask_for_by_name() -> None:
    scripts = "".join(path.read_text() for path in STATIC.glob("phone*.js"))
    asked = set(re.findall(r"""say\("([a-z ]+)"[,)]""", scripts))
    assert len(asked) > 15
    assert asked <= set(phone_words())


def test_every_state_of_the_solver_has_its_sentence() -> None:
    source = Path(phone_solver.__file__).read_text()
    states = set(re.findall(r'_state = "([a-z ]+)"', source)) | {"no map", "no picture", "waiting"}
    assert {"tracked", "waiting"} <= states <= set(phone_words())
    assert {"ambiguous", "no fit"} <= set(phone_words())
    assert {f"lens {each}" for each in ("file", "guess", "tags")} <= set(phone_words())

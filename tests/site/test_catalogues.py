"""Every string the pages can say has its translation, and every translation keeps its blanks."""

from __future__ import annotations

import ast
import gettext as reader
import re
import runpy
from pathlib import Path
from typing import Any

import pytest
from django.utils.translation import gettext, ngettext, override
from django.utils.translation.template import templatize
from hypothesis import given
from hypothesis import strategies as st

import openset

SOURCE = Path(openset.__file__).parent
TOOL = runpy.run_path(str(Path(__file__).resolve().parents[2] / "tools" / "compile_messages.py"))
LANGUAGES = ("fr", "ar")
CALLS = {"_": 0, "gettext": 0, "gettext_lazy": 0, "ngettext": 0, "pgettext": 1, "pgettext_lazy": 1}
CALL = re.compile(r"\b(?:n?gettext|_)\(u?('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")")
BLANK = re.compile(r"%\(\w+\)[sd]|{\w*}")


def said_in_code(text: str) -> set[str]:
    """Keys of the catalogue (context and message joined) that a Python source asks for."""
    out = set()
    for node in ast.walk(ast.parse(text)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
            continue
        which = CALLS.get(node.func.id)
        words = [one.value for one in node.args if isinstance(one, ast.Constant)]
        if which is not None and len(words) > which and isinstance(words[which], str):
            out.add("\x04".join(str(word) for word in words[: which + 1]))
    return out


def said_on_page(text: str) -> set[str]:
    """Keys a template asks for, by way of Django's own extraction."""
    calls = CALL.findall(templatize(text))
    plain = set(re.findall(r"{% translate (\"[^\"]*\"|'[^']*')", text))
    return {str(ast.literal_eval(call)) for call in {*calls, *plain}}


def all_said() -> set[str]:
    out = set()
    for room in ("site", "hub"):
        for path in (SOURCE / room).rglob("*.py"):
            out |= said_in_code(path.read_text(encoding="utf-8"))
        for path in (SOURCE / room).rglob("*.html"):
            out |= said_on_page(path.read_text(encoding="utf-8"))
    return out


def catalogue(language: str) -> dict[str, str]:
    path = SOURCE / "site" / "locale" / language / "LC_MESSAGES" / "django.po"
    return dict(TOOL["read_catalogue"](path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_the_pages_say_is_translated(language: str) -> None:
    known = {key.split("\0")[0] for key in catalogue(language)}
    assert len(known) > 200
    assert sorted(all_said() - known) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_keeps_the_blanks_of_its_message(language: str) -> None:
    for key, text in catalogue(language).items():
        if not key:
            continue
        wanted = set(BLANK.findall(key.split("\0")[-1]))
        for form in text.split("\0"):
            assert set(BLANK.findall(form)) == wanted, key


def test_the_compiled_catalogue_is_what_django_reads() -> None:
    with override("fr"):
        assert gettext("Take") == "Prise"
        assert ngettext("%(takes)s take", "%(takes)s takes", 2) == "%(takes)s prises"
    with override("ar"):
        forms = {ngettext("%(takes)s take", "%(takes)s takes", n) for n in (0, 1, 2, 5, 50)}
        assert len(forms) == 5


@pytest.mark.parametrize("text", ['msgid "a', 'msgid "a"\nmsgstr b', '"alone"'])
def test_a_broken_catalogue_is_refused(text: str) -> None:
    with pytest.raises((ValueError, SyntaxError)):
        TOOL["read_catalogue"](text)


@given(st.dictionaries(st.text(max_size=20), st.text(max_size=20), max_size=20))
def test_any_catalogue_is_read_back_by_pythons_own_gettext(tmp: Any, messages: dict[str, str]) -> None:
    messages = {key: text for key, text in messages.items() if key and "\0" not in key + text}
    head = {"": "Content-Type: text/plain; charset=UTF-8\n"}
    tmp.write_bytes(TOOL["compile_catalogue"]({**head, **messages}))
    with tmp.open("rb") as file:
        found = reader.GNUTranslations(file)
    assert all(found.gettext(key) == text for key, text in messages.items())


@pytest.fixture(scope="module")
def tmp(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("catalogue") / "any.mo"

"""Pages of the stage on a machine that has only the office."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import RequestFactory

from openset.site.stage_part import stage_page

request = RequestFactory().get("/")


def test_a_view_is_imported_when_it_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    view = stage_page("written_later", "answer")
    (tmp_path / "written_later.py").write_text("def answer(request, word):\n    return word\n")
    assert view(request, word="here") == "here"


def test_a_missing_library_is_a_page_that_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "needs_more.py").write_text("import no_such_library_here\n")
    answer = stage_page("needs_more", "view")(request)
    assert answer.status_code == 501
    assert b"openset[stage]" in answer.content
    assert b"no_such_library_here" in answer.content


def test_a_mistake_of_our_own_is_not_hidden() -> None:
    with pytest.raises(ModuleNotFoundError):
        stage_page("openset.no_such_module", "view")(request)

"""docs/formats.md says what each conversion keeps and loses as measured now, by round trips."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from openset.stage.exchange.registry import FORMATS

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def writer() -> ModuleType:
    spec = importlib.util.spec_from_file_location("write_formats", ROOT / "tools" / "write_formats.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_formats_page_is_what_round_trips_measure_now(writer: ModuleType) -> None:
    written = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
    assert written == writer.page(), "run: python tools/write_formats.py"


def test_the_full_values_say_what_some_format_loses(writer: ModuleType, tmp_path: Path) -> None:
    """A table in which everything is kept everywhere would be one of empty values."""
    for kind in ("move", "timeline", "grade", "motion"):
        said, lost = writer.measured(kind, tmp_path)
        assert len(said) >= 8
        assert any(lost.values())


def test_every_kind_has_a_value_that_says_everything(writer: ModuleType) -> None:
    assert set(writer.FULL) == {form.kind for form in FORMATS}

"""Forms of the camera's page."""

from __future__ import annotations

import pytest

from openset.site.camera_forms import BarForm, MarkForm, SheetsForm, SourceForm, TrackedSourceForm

SHEETS = {"paper": "A4", "kind": "charuco", "tag_mm": "160", "tag_ids": "0-11"}


def test_the_board_is_the_largest_for_the_paper() -> None:
    form = SheetsForm(SHEETS)
    assert form.is_valid()
    assert form.cleaned_data["board"] == "charuco:13x8:19"


@pytest.mark.parametrize(
    "change", [{"paper": "A9"}, {"tag_mm": "1"}, {"tag_ids": "0-9999"}, {"tag_ids": "x"}, {"kind": "x"}]
)
def test_what_cannot_be_printed_is_refused(change: dict[str, str]) -> None:
    assert not SheetsForm({**SHEETS, **change}).is_valid()


def test_what_is_wrong_with_the_tags_is_said_at_their_field() -> None:
    assert "200" in SheetsForm({**SHEETS, "tag_mm": "200"}).errors["tag_mm"][0]
    assert "586" in SheetsForm({**SHEETS, "tag_ids": "0-9999"}).errors["tag_ids"][0]


def test_a_picture_is_needed_and_the_rest_is_not() -> None:
    assert SourceForm({"picture": "/dev/video0"}).is_valid()
    assert not TrackedSourceForm({"track": "udp::1"}).is_valid()


def test_bars_and_marks_are_numbers() -> None:
    assert BarForm({"bar_mm": "98.5"}).is_valid()
    assert not BarForm({"bar_mm": "nan"}).is_valid()
    assert not MarkForm({"name": "A", "x": "inf", "y": "0", "z": "0"}).is_valid()
    assert MarkForm({"name": "A", "x": "-1", "y": "0", "z": "0"}).is_valid()

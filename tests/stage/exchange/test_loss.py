"""What counts as lost: absent or different, never merely rounded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from openset.stage.exchange.loss import fields_of, lost, same


@dataclass(frozen=True)
class _Line:
    text: str
    number: int | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Page:
    title: str
    lines: tuple[_Line, ...] = ()


def test_a_field_that_is_gone_and_one_that_changed_are_both_lost() -> None:
    before = {"pose": (1.0, 2.0), "lens.fStop": (2.8,), "slate": ("1A",)}
    assert lost(before, {"pose": (1.0, 2.1), "slate": ("1A",)}) == ["pose", "lens.fStop"]


def test_what_the_new_file_adds_is_no_loss() -> None:
    assert lost({"a": (1,)}, {"a": (1,), "b": (2,)}) == []


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (1.0, 1.00005, True),  # five hundred-thousandths of one: within a ten-thousandth
        (1.0, 1.0002, False),
        (0.0, 0.000009, True),  # nine thousandths of a millimetre
        (0.0, 0.00002, False),
        (35, 35.0, True),
        (True, 1, False),
        ("A", "a", False),
        (None, 3, True),  # the first said nothing, so nothing is lost
        (3, None, False),
        ((1, None), (1, 2), True),
        ((1, 2), (1,), False),
        ({"x": 1}, {"x": 1, "y": 2}, True),
        ({"x": 1}, {"y": 1}, False),
    ],
)
def test_two_values_say_the_same_or_not(one: object, other: object, alike: bool) -> None:
    assert same(one, other) is alike


def test_arrays_are_compared_by_shape_and_number() -> None:
    grid = np.linspace(0, 1, 12, dtype=np.float32).reshape(3, 4)
    assert same(grid, grid + 1e-6)
    assert not same(grid, grid + 1e-2)
    assert not same(grid, grid.reshape(4, 3))
    assert not same(grid, "text")


def test_what_a_value_says_is_its_leaves_without_defaults() -> None:
    page = _Page("Lane", (_Line("one", tags=("vfx",)), _Line("two", 2)))
    assert fields_of(page) == {
        "title": ("Lane",),
        "lines.text": ("one", "two"),
        "lines.tags": (("vfx",),),
        "lines.number": (2,),
    }

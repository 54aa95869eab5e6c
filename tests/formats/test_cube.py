"""Cube LUTs of both dialects, both ways, and tables that are none."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from openset.formats import cube
from openset.formats.cube import Cube, CubeError
from openset.formats.faults import FormatError

ADOBE = b"""# made by hand
TITLE "Day for night"
LUT_3D_SIZE 2
DOMAIN_MIN 0 0 0
DOMAIN_MAX 1 2 4

0 0 0
1 0 0
0 1 0
1 1 0
0 0 1
1 0 1
0 1 1
1 1 1
"""

RESOLVE = b"""LUT_1D_SIZE 2
LUT_1D_INPUT_RANGE 0.0 2.0
LUT_3D_SIZE 2
LUT_3D_INPUT_RANGE -0.5 1.5
0 0 0
1 1 1
""" + b"\r\n".join([b"0.25 0.5\t0.75"] * 8)

FLOATS = st.floats(-1e6, 1e6, width=32)
TRIPLES = st.tuples(*[st.floats(-1e5, 1e5)] * 3)


def tables(dimensions: int) -> st.SearchStrategy[np.ndarray]:
    sizes = st.integers(2, 4)
    return sizes.flatmap(
        lambda size: hnp.arrays(np.float32, (*[size] * dimensions, 3), elements=FLOATS)
    )


def same(one: Cube, other: Cube) -> bool:
    for a, b in ((one.table, other.table), (one.curve, other.curve)):
        if (a is None) != (b is None) or (a is not None and b is not None and not np.array_equal(a, b)):
            return False
    rest = ("title", "low", "high", "curve_low", "curve_high", "comments")
    return all(getattr(one, name) == getattr(other, name) for name in rest)


def test_red_runs_fastest_and_the_domain_is_per_channel() -> None:
    found = cube.read(ADOBE)
    assert found.table is not None
    # the second line of numbers is red one step on: blue 0, green 0, red 1
    assert found.table[0, 0, 1].tolist() == [1, 0, 0]
    assert found.table[0, 1, 0].tolist() == [0, 1, 0]
    assert found.table[1, 0, 0].tolist() == [0, 0, 1]
    assert (found.low, found.high) == ((0, 0, 0), (1, 2, 4))
    assert (found.title, found.comments) == ("Day for night", ("made by hand",))
    assert found.table.dtype == np.float32


def test_resolves_dialect_has_a_shaper_before_the_cube() -> None:
    found = cube.read(RESOLVE)
    assert found.curve is not None
    assert found.table is not None
    assert found.curve.tolist() == [[0, 0, 0], [1, 1, 1]]
    assert found.curve_high == (2, 2, 2)
    assert (found.low, found.high) == ((-0.5,) * 3, (1.5,) * 3)
    assert found.table[1, 1, 1].tolist() == [0.25, 0.5, 0.75]


@settings(max_examples=50, deadline=None)
@given(tables(3), TRIPLES, TRIPLES)
def test_a_cube_comes_back_exactly(
    table: np.ndarray, low: tuple[float, float, float], step: tuple[float, float, float]
) -> None:
    high = tuple(a + abs(b) + 1 for a, b in zip(low, step, strict=True))
    made = Cube(table, title="A look", low=low, high=high, comments=("one", "two"))  # type: ignore[arg-type]
    assert same(cube.read(cube.write(made)), made)


@settings(max_examples=30, deadline=None)
@given(tables(1), tables(3))
def test_curves_and_shapers_come_back_exactly(curve: np.ndarray, table: np.ndarray) -> None:
    alone = Cube(curve=curve, curve_high=(4.0, 4.0, 4.0))
    assert same(cube.read(cube.write(alone)), alone)
    assert same(cube.read(cube.write(alone, resolve=True)), alone)
    both = Cube(table, curve, low=(-1.0, -1.0, -1.0))
    assert same(cube.read(cube.write(both)), both)


def test_a_domain_per_channel_cannot_stand_beside_a_shaper() -> None:
    table, curve = np.zeros((2, 2, 2, 3), np.float32), np.zeros((2, 3), np.float32)
    with pytest.raises(CubeError, match="one domain"):
        cube.write(Cube(table, curve, high=(1.0, 2.0, 3.0)))


@pytest.mark.parametrize(
    ("text", "at", "trouble"),
    [
        (b"LUT_3D_SIZE 999999\n", "line 1", "2 to 129"),
        (b"LUT_1D_SIZE 65537\n", "line 1", "2 to 65536"),
        (b"LUT_3D_SIZE -2\n", "line 1", "a size is"),
        (b"LUT_3D_SIZE 2\nLUT_3D_SIZE 2\n", "line 2", "second"),
        (b"0 0 0\n", "line 1", "before LUT"),
        (b"LUT_1D_SIZE 2\n0 0 0\n0 nan 0\n", "line 3", "credible"),
        (b"LUT_1D_SIZE 2\n0 0 0\n0 1e300 0\n", "line 3", "credible"),
        (b"LUT_1D_SIZE 2\n0 0 0\n0 1_0 0\n", "line 3", "credible"),
        (b"LUT_1D_SIZE 2\n0 0 0\n0 0\n", "line 3", "credible"),
        (b"LUT_1D_SIZE 2\n0 0 0\n0 x 0\n", "line 3", "not 3 numbers"),
        (b"LUT_1D_SIZE 2\n0 0 0\n1 1 1\n2 2 2\n", "line 4", "more than"),
        (b"LUT_1D_SIZE 2\n0 0 0\nTITLE x\n", "line 3", "among"),
        (b"LUT_1D_SIZE 2\n0 0 0\n", "", "1 lines of numbers"),
        (b"SOMETHING 2\n", "line 1", "no keyword"),
        (b"LUT_1D_SIZE 2\nDOMAIN_MIN 1 1 1\n0 0 0\n1 1 1\n", "", "domain"),
        (b"\n\n", "", "no LUT_1D_SIZE"),
    ],
)
def test_what_is_no_cube_is_refused_with_its_line(text: bytes, at: str, trouble: str) -> None:
    with pytest.raises(FormatError, match=trouble) as found:
        cube.read(text)
    assert found.value.at == at


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([ADOBE, RESOLVE]), st.integers(0, 200), st.binary(max_size=4), st.integers(0, 9))
def test_a_damaged_cube_gives_a_lut_or_a_format_error(
    good: bytes, at: int, noise: bytes, cut: int
) -> None:
    with contextlib.suppress(FormatError):
        cube.read(good[:at] + noise + good[at + cut :])

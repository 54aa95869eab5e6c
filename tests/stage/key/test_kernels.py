"""The fused kernel says what the formula says, on any bytes."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.primitives.image import Yuv420, empty_yuv420
from openset.stage.key.formula import Screen, composite
from openset.stage.key.kernels import key_frame, key_frame_alone
from openset.stage.key.keyer import kernel_numbers
from openset.stage.key.settings import KeySettings

DEFAULTS = KeySettings()


def worst_difference(
    picture: Yuv420, background: np.ndarray, screen: Screen, keys: KeySettings = DEFAULTS
) -> int:
    """The largest difference, in codes, between the kernels' planes and the formula's."""
    want, want_matte = composite(picture, background, screen, keys)
    worst = 0
    for kernel in (key_frame, key_frame_alone):
        got, matte = empty_yuv420(picture.width, picture.height), np.empty_like(picture.y)
        kernel(
            picture.y, picture.u, picture.v, background, screen.planes, screen.factor,
            kernel_numbers(keys), screen.key == "blue", got.y, got.u, got.v, matte,
        )  # fmt: skip
        pairs = ((want.y, got.y), (want.u, got.u), (want.v, got.v), (want_matte, matte))
        worst = max(worst, *(int(np.abs(a.astype(int) - b.astype(int)).max()) for a, b in pairs))
    return worst


def random_case(
    rng: np.random.Generator, width: int, height: int, factor: int, key: Literal["green", "blue"]
) -> tuple[Yuv420, np.ndarray, Screen]:
    def noise(*shape: int) -> np.ndarray:
        return rng.integers(0, 256, shape, np.uint8)

    picture = Yuv420(noise(height, width), *(noise(height // 2, width // 2) for _ in "uv"))
    planes = rng.random((8, -(-height // factor), -(-width // factor))).astype(np.float32)
    planes[3:5] *= 6
    return picture, noise(3, height, width), Screen(key, planes, factor)


@pytest.mark.parametrize("key", ["green", "blue"])
@pytest.mark.parametrize(
    ("width", "height", "factor"), [(64, 32, 4), (70, 34, 4), (98, 50, 8), (16, 16, 8)]
)
def test_kernel_and_formula_agree_on_noise(
    key: Literal["green", "blue"], width: int, height: int, factor: int
) -> None:
    rng = np.random.default_rng(width * factor)
    assert worst_difference(*random_case(rng, width, height, factor, key)) <= 1


@settings(max_examples=40, deadline=None)
@given(
    y=st.integers(0, 255), u=st.integers(0, 255), v=st.integers(0, 255), back=st.integers(0, 255),
    plate=st.tuples(*[st.floats(0, 1.5, width=32)] * 3), core=st.sampled_from([0.0, 0.3, 1.0]),
    keep=st.sampled_from([0.0, 0.5, 1.0]), inverse=st.sampled_from([0.0, 1.5, 50.0, 1000.0]),
    black=st.floats(0, 0.5), white=st.floats(0.6, 1), blue=st.booleans(),
)  # fmt: skip
def test_kernel_and_formula_agree_on_flat_extremes(
    y: int, u: int, v: int, back: int, plate: tuple[float, float, float], core: float, keep: float,
    inverse: float, black: float, white: float, blue: bool,
) -> None:  # fmt: skip
    shape = (16, 16)
    picture = Yuv420(
        np.full(shape, y, np.uint8), np.full((8, 8), u, np.uint8), np.full((8, 8), v, np.uint8)
    )
    planes = np.empty((8, 4, 4), np.float32)
    planes[:] = np.array([*plate, inverse, 2.0, 0.8, core, keep], np.float32)[:, None, None]
    screen = Screen("blue" if blue else "green", planes, 4)
    keys = KeySettings(clip_black=black, clip_white=white)
    assert worst_difference(picture, np.full((3, 16, 16), back, np.uint8), screen, keys) <= 1

"""One keyer for one stage: clean plate, core, garbage, then the fused kernel, frame after frame."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np

from openset.primitives.errors import BadInput
from openset.primitives.image import F32Plane, U8Plane, U8Planes, Yuv420
from openset.stage.key.formula import Screen, colour_difference, limit_of, spill_scale
from openset.stage.key.garbage import keep_mask
from openset.stage.key.kernels import key_frame, key_frame_alone
from openset.stage.key.report import KeyReport, measure
from openset.stage.key.screen import Key, Plate, estimate_plate, fill
from openset.stage.key.settings import KeySettings

LEAST_LIMIT = 0.85
"""At least this of the despill limit is left at an edge: enough for skin, kind to a white collar."""
ALONE_PIXELS = 1280 * 720
"""Up to this many pixels one thread is fast enough, and never waits for another."""
CLEAN_SMOOTH = 6
"""A captured plate follows changes of light that are wider than 2 to this many cells."""
CORE_REACH = 0.012
"""How far from anything thinner the core begins: share of the picture's height."""


class Keyer:
    """Keys pictures of one size. Keeps the screen's colour, a captured clean plate and nothing else of
    earlier frames. Not for use by two threads at once.

    `clock` returns nanoseconds and is only used for KeyReport.ms.
    """

    def __init__(
        self,
        width: int,
        height: int,
        settings: KeySettings | None = None,
        clock: Callable[[], int] | None = None,
    ) -> None:
        if width % 2 or height % 2 or width < 16 or height < 16:
            raise BadInput(
                f"cannot key pictures of {width}x{height}", todo="Use an even size from 16x16"
            )
        self.width, self.height = width, height
        self._clock = clock or (lambda: 0)
        self._kernel = key_frame if width * height > ALONE_PIXELS else key_frame_alone
        self._clean: Plate | None = None
        self.settings = settings or KeySettings()

    @property
    def settings(self) -> KeySettings:
        """The settings in use; setting them takes effect with the next frame."""
        return self._settings

    @settings.setter
    def settings(self, settings: KeySettings) -> None:
        self._settings = settings
        self._key: Key | None = None
        self._cut = False
        self._first_level: float | None = None

    @property
    def screen_colour(self) -> Key | None:
        """The screen's colour once a frame has shown it."""
        return self._key

    def set_clean_plate(self, picture: Yuv420 | None) -> None:
        """Use a picture of the bare screen from the locked-off camera; None goes back to estimating."""
        if picture is None:
            self._clean = None
            return
        self._check(picture)
        self._clean = estimate_plate(picture, self._settings)
        self._key = self._clean.key if self._clean.coverage else None

    def process(
        self, plate: Yuv420, background: U8Planes, composite: Yuv420, matte: U8Plane
    ) -> KeyReport:
        """Key `plate` over `background` (3, h, w) into `composite` and `matte`, 255 = subject."""
        started = self._clock()
        self._check(plate)
        self._check(composite)
        if background.shape != (3, self.height, self.width) or matte.shape != plate.y.shape:
            raise BadInput(f"background {background.shape} or matte {matte.shape} is of another size")
        estimate, gain = self._plate(plate)
        screen = self._screen(estimate)
        self._kernel(
            plate.y, plate.u, plate.v, background, screen.planes, screen.factor,
            kernel_numbers(self._settings), screen.key == "blue",
            composite.y, composite.u, composite.v, matte,
        )  # fmt: skip
        report = measure(plate, estimate, gain, 0.0)
        return replace(report, ms=(self._clock() - started) / 1e6)

    def screen_for(self, picture: Yuv420) -> Screen:
        """The screen this keyer would take for a picture: what the formula and the kernel are given."""
        self._check(picture)
        return self._screen(self._plate(picture)[0])

    def _check(self, picture: Yuv420) -> None:
        if (picture.width, picture.height) != (self.width, self.height):
            raise BadInput(
                f"the picture is {picture.width}x{picture.height}, the keyer {self.width}x{self.height}"
            )

    def _plate(self, picture: Yuv420) -> tuple[Plate, float]:
        """This frame's clean plate, and the screen's brightness against the reference."""
        estimate = estimate_plate(picture, self._settings, self._key)
        if not estimate.coverage:
            return estimate, 1.0
        self._key = estimate.key
        if self._clean is not None and self._clean.coverage:
            return _lit_as_now(self._clean, estimate, self._settings)
        level = float(np.median(estimate.difference[estimate.sure]))
        self._first_level = self._first_level or level
        return estimate, level / self._first_level

    def _screen(self, plate: Plate) -> Screen:
        """The planes the kernel reads: plate, its inverses, core and keep."""
        blue = plate.key == "blue"
        if not plate.coverage:
            return _no_screen(plate)
        inverse = 1.0 / np.maximum(plate.difference, 1e-3)
        matte = low_matte(plate, self._settings)
        keep, self._cut = keep_mask(matte, plate.sure, self._settings, cut_before=self._cut)
        planes = np.empty((8, *inverse.shape), np.float32)
        planes[:3], planes[3] = plate.linear, inverse
        planes[5] = edge_limit(plate, matte, self._settings)
        planes[4] = spill_scale(plate.linear, planes[5], self._settings, blue)
        planes[6], planes[7] = core_mask(matte, self._settings), keep
        return Screen(plate.key, planes, plate.factor)


def kernel_numbers(settings: KeySettings) -> F32Plane:
    """The settings as key_frame takes them, float32 (4,)."""
    span = settings.clip_white - settings.clip_black
    return np.array(
        [settings.balance, settings.gain / span, (1 - settings.clip_black) / span, settings.despill],
        np.float32,
    )


def low_matte(plate: Plate, settings: KeySettings) -> F32Plane:
    """The matte of the low-resolution picture, float32 (rows, cells) 0..1."""
    d = colour_difference(plate.picture, settings.balance, plate.key == "blue")
    a = 1.0 - settings.gain * d / np.maximum(plate.difference, 1e-3) - settings.clip_black
    return np.clip(a / (settings.clip_white - settings.clip_black), 0.0, 1.0).astype(np.float32)


def core_mask(matte: F32Plane, settings: KeySettings) -> F32Plane:
    """The least the matte may be: 1 where it is nearly solid and nothing close by is much thinner."""
    if settings.core >= 1.0:
        return np.zeros_like(matte)
    size = 2 * max(1, round(CORE_REACH * matte.shape[0])) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    around = cv2.blur(matte, (3, 3))
    least = cv2.erode(around, disc, borderType=cv2.BORDER_REPLICATE)
    solid = np.clip((around - settings.core) / 0.12, 0.0, 1.0)
    enclosed = np.clip((least - (settings.core - 0.15)) / 0.12, 0.0, 1.0)
    core = np.maximum(solid * enclosed, _thin_spots(matte))
    return np.asarray(cv2.blur(core, (3, 3)), dtype=np.float32)


def _thin_spots(matte: F32Plane) -> F32Plane:
    """1 where the matte is thin, yet nowhere clear, and solid all around: a shirt in green light."""
    spots = np.zeros(matte.shape, np.bool_)
    for solid in (0.66, 0.8):
        _, labels = cv2.connectedComponents((matte < solid).astype(np.uint8), connectivity=4)
        clear = np.bincount(labels[matte < 0.35], minlength=int(labels.max()) + 1) > 0
        clear[np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])] = True
        clear[0] = True
        spots |= ~clear[labels]
    return spots.astype(np.float32)


def edge_limit(plate: Plate, matte: F32Plane, settings: KeySettings) -> F32Plane:
    """The despill limit at the subject's edge, from how green it is just inside; 1 well inside.

    A hand's own colour stands in for the colour that chroma subsampling mixed at its rim.
    """
    blue, square = plate.key == "blue", np.ones((3, 3), np.uint8)
    solid = (matte > 0.7).astype(np.uint8)
    inside = cv2.erode(solid, square, borderType=cv2.BORDER_REPLICATE)
    deeper = cv2.erode(inside, square, borderType=cv2.BORDER_REPLICATE)
    weight = (inside * np.float32(0.05) + deeper).astype(np.float32)
    if not weight.any():
        return np.ones_like(matte)
    own = plate.picture[2 if blue else 1]
    pair = np.stack([own, limit_of(plate.picture, settings.despill, blue)]).astype(np.float32)
    pair = fill(pair, np.minimum(weight, 1.0))
    limit = np.clip(pair[0] / np.maximum(pair[1], 1e-4), LEAST_LIMIT, 1.0)
    well_inside = cv2.erode(deeper, square, borderType=cv2.BORDER_REPLICATE)
    inner = cv2.blur(well_inside.astype(np.float32), (3, 3))
    return np.asarray(limit + (1.0 - limit) * inner, dtype=np.float32)


def _lit_as_now(clean: Plate, now: Plate, settings: KeySettings) -> tuple[Plate, float]:
    """The captured plate under this frame's light: its ratio to the bare screen seen now, smoothed."""
    d = colour_difference(now.picture, settings.balance, now.key == "blue")
    ratio = np.clip(d / np.maximum(clean.difference, 1e-3), 0.25, 4.0).astype(np.float32)
    gain = float(np.median(ratio[now.firm]))
    local = fill(ratio[None], now.firm.astype(np.float32), smooth=CLEAN_SMOOTH)[0]
    lit = replace(
        now,
        linear=clean.linear * local,
        difference=np.asarray(clean.difference * local, dtype=np.float32),
    )
    return lit, gain


def _no_screen(plate: Plate) -> Screen:
    planes = np.zeros((8, *plate.difference.shape), np.float32)
    planes[5:] = 1.0
    return Screen(plate.key, planes, plate.factor)

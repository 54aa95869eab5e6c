"""A phone's lens for the picture its page sends: guessed, or a measured one turned and scaled to it.

A page held upright gets its picture upright, so the lens measured lying down is turned with it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np

from openset.primitives.space import F64, Pose, angle_between_rad
from openset.stage.lens.measured import LensFile
from openset.stage.lens.model import Lens
from openset.stage.markers.focal import TagView, find_focal
from openset.stage.markers.model import PoseEstimate, SeenTag, TagMap

GUESSED_VIEW_DEG = 66.0
"""The main camera of most phones in its video mode, over the longer side; they run from 58 to 72."""
GUESS_DOUBT = 0.08
SAME_SHAPE = 0.02
MIDDLE_DOUBT = 0.006
"""How far a lens's axis is from the picture's middle where nobody measured it, sd, as a share of the
longer side; and its k1."""
BOWED_DOUBT = 0.03
MOST_VIEWS = 24
APART_M, APART_RAD = 0.12, 0.15
GUESSES = (1.0, 0.9, 1.12, 0.82, 1.25)
"""Shares of the guessed focal length that are tried where it fits no pose."""

Source = Literal["none", "file", "guess", "tags"]


class PhoneLens:
    """The lens in use: from a file, or guessed and then found from tags. `doubt` is the focal length's
    as a share (sd)."""

    def __init__(self, file: LensFile | None) -> None:
        self._file = file
        self.lens: Lens | None = None
        self.source: Source = "none"
        self.doubt = 0.0
        self.misfits = False
        self._views: list[TagView] = []
        self._sideways = False

    @property
    def readout_s(self) -> float:
        """The sensor's read-out, 0 where no file says it, and where the picture stands and the file's
        lies: its rows are then the picture's columns."""
        return (self._file.readout_s or 0.0) if self._file and not self._sideways else 0.0

    @property
    def covariance(self) -> F64:
        """What the lens in use is off by (9, 9), as stage/lens/derivatives.py counts a lens."""
        if self.lens is None:
            return np.zeros((9, 9))
        focal = np.zeros(9)
        focal[:2] = self.doubt * self.lens.fx_px, self.doubt * self.lens.fy_px
        rest = np.zeros(9)
        if self.source != "file":
            rest[2:4] = MIDDLE_DOUBT * max(self.lens.width_px, self.lens.height_px)
            rest[4] = BOWED_DOUBT
        return np.outer(focal, focal) + np.diag(rest**2)

    def choose(self, width_px: int, height_px: int) -> None:
        """Fit to a picture of that size. `misfits` says that the file's lens is of another shape."""
        now = self.lens
        if now is not None and (now.width_px, now.height_px) == (width_px, height_px):
            return
        measured = self._file.settings[0] if self._file and self._file.settings else None
        fitted = fitted_lens(measured.lens, width_px, height_px) if measured else None
        self.misfits = measured is not None and fitted is None
        self._sideways = measured is not None and (
            (measured.lens.width_px < measured.lens.height_px) != (width_px < height_px)
        )
        self._views.clear()
        if fitted is not None and measured is not None:
            held = measured.covariance
            sd_px = 0.0 if held is None else float(np.sqrt(held[0, 0]))
            self.lens, self.source, self.doubt = fitted, "file", sd_px / measured.lens.fx_px
        else:
            self.lens = guessed_lens(width_px, height_px)
            self.source, self.doubt = "guess", GUESS_DOUBT

    def trials(self) -> list[Lens]:
        """The lenses to try a pose with, the likeliest first."""
        if self.lens is None:
            return []
        shares = GUESSES if self.source == "guess" else (1.0,)
        lens = self.lens
        return [replace(lens, fx_px=lens.fx_px * each, fy_px=lens.fy_px * each) for each in shares]

    def learn(self, seen: tuple[SeenTag, ...], estimate: PoseEstimate, tags: TagMap) -> bool:
        """Find the focal length from views that differ, while no file gives it; whether it changed."""
        full = len(self._views) >= MOST_VIEWS
        if self.source == "file" or self.lens is None or estimate.used < 2 or full:
            return False
        pose = estimate.stage_from_body
        if self._views and not _apart(self._views[-1].stage_from_camera, pose):
            return False
        self._views.append(TagView(seen, pose))
        found = find_focal(self._views, tags, self.lens)
        if found is None or found.doubt > self.doubt:
            return False
        self.lens, self.doubt, self.source = found.lens, found.doubt, "tags"
        return True


def _apart(first: Pose, second: Pose) -> bool:
    moved = float(np.linalg.norm(np.subtract(first.position_m, second.position_m)))
    return moved > APART_M or angle_between_rad(first, second) > APART_RAD


def guessed_lens(width_px: int, height_px: int, field_of_view_deg: float = GUESSED_VIEW_DEG) -> Lens:
    """A pinhole that most phones' main cameras are near; its focal length is off by GUESS_DOUBT, sd."""
    focal = max(width_px, height_px) / 2 / float(np.tan(np.radians(field_of_view_deg) / 2))
    return Lens(width_px, height_px, focal, focal, width_px / 2, height_px / 2)


def fitted_lens(lens: Lens, width_px: int, height_px: int) -> Lens | None:
    """The lens for a picture of that size; None where the picture has another shape, which is another
    crop of the sensor."""
    lies, stands = lens.width_px >= lens.height_px, width_px < height_px
    turned = turned_upright(lens) if lies and stands else lens
    if not lies and not stands:
        turned = turned_upright(turned_upright(turned_upright(lens)))
    shape = (turned.width_px / turned.height_px) / (width_px / height_px)
    return turned.scaled_to(width_px, height_px) if abs(shape - 1) < SAME_SHAPE else None


def turned_upright(lens: Lens) -> Lens:
    """The same lens when the phone, held sideways with its top to the left, is turned upright.

    What was up in the picture is then right, what was right is down: x' = -y, y' = x about the middle,
    which takes p1, p2 to p2, -p1.
    """
    return replace(
        lens,
        width_px=lens.height_px,
        height_px=lens.width_px,
        fx_px=lens.fy_px,
        fy_px=lens.fx_px,
        cx_px=lens.height_px - lens.cy_px,
        cy_px=lens.cx_px,
        p1=lens.p2,
        p2=-lens.p1,
    )

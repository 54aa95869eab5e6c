"""What a delivery is: the names of its files, a take as it is handed over, and what making one returns.

<delivery>/
    passport.json  passport.html  passport.schema.json
    cut.otio  cut.edl
    takes/<take>/   the take's own files, and made from them: camera.usda, undistort.exr, distort.exr,
                    frames.csv, contact.jpg
    sets/<set>/     the sets the takes were shot before
    ascmhl/         the seal
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openset.primitives.ids import TakeId
from openset.primitives.space import Pose
from openset.stage.lens.model import Lens
from openset.stage.record.model import Marks, TakeRecord

PASSPORT_FILE = "passport.json"
PAGE_FILE = "passport.html"
SCHEMA_FILE = "passport.schema.json"
OTIO_FILE = "cut.otio"
EDL_FILE = "cut.edl"
CAMERA_FILE = "camera.usda"
FRAMES_FILE = "frames.csv"
UNDISTORT_FILE = "undistort.exr"
DISTORT_FILE = "distort.exr"
TAKES_FOLDER = "takes"
SETS_FOLDER = "sets"


@dataclass(frozen=True)
class CameraFrame:
    """One frame of a take as its track line tells it: `stage_from_camera` is the entrance-pupil pose;
    `lens` is None where the line says nothing about it."""

    index: int
    timecode: str
    time_ns: int
    age_s: float | None
    state: str
    stage_from_camera: Pose
    lens: Lens | None


@dataclass(frozen=True)
class HandedTake:
    """A take on its way into a delivery. `frames` are those whole in every file. `world_from_stage`
    says where the stage stands in the take's set; None where that set is not in the delivery. `solve`
    is the report of the solve that the frames are from; None where they are as shot."""

    record: TakeRecord
    marks: Marks
    frames: tuple[CameraFrame, ...]
    world_from_stage: Pose | None = None
    solve: Mapping[str, Any] | None = None

    @property
    def set_included(self) -> bool:
        """True where the take's set is in the delivery."""
        return self.world_from_stage is not None

    @property
    def id(self) -> TakeId:
        """The slate."""
        return self.record.spec.id

    @property
    def folder(self) -> str:
        """Where the take lies inside the delivery, as a POSIX path."""
        return f"{TAKES_FOLDER}/{self.id}"

    @property
    def lens(self) -> Lens | None:
        """The lens of the first frame that has one, else the one known at the roll."""
        return next((frame.lens for frame in self.frames if frame.lens), self.record.spec.lens)


@dataclass(frozen=True)
class Delivery:
    """A delivery on disk: where it lies, its takes in scene order, and its size, seal included."""

    folder: Path
    takes: tuple[TakeId, ...]
    file_count: int
    byte_count: int


def optics(lens: Lens) -> tuple[float, ...]:
    """What an ST map depends on, rounded to what a track line can hold: focal lengths and middle to a
    ten-thousandth of a pixel, coefficients to 1e-9."""
    pixels = (lens.fx_px, lens.fy_px, lens.cx_px, lens.cy_px)
    bends = (lens.k1, lens.k2, lens.p1, lens.p2, lens.k3, *(lens.fisheye or ()))
    return (*(round(value, 4) for value in pixels), *(round(value, 9) for value in bends))

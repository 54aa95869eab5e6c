"""Tags as they are seen in one picture, tags as they hang on the stage, and a camera's pose from both.

Picture coordinates are Openset's: (0, 0) is the top-left *corner* of the picture. That is AprilTag's
own convention; OpenCV puts the first pixel's middle at (0, 0), so 0.5 is added to what it finds.
Corners go top left, top right, bottom right, bottom left as the tag is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from openset.primitives.space import F64, IDENTITY, Pose
from openset.stage.lens.model import Lens
from openset.stage.markers.edge import EDGE_SD_PX
from openset.stage.prints.model import tag_corners_m

FAMILY = "tag36h11"


@dataclass(frozen=True, eq=False)
class SeenTag:
    """One tag in one picture: its corners (4, 2) in pixels, how many of its bits were mended, and how
    clearly they were read (AprilTag's decision margin)."""

    id: int
    corners_px: F64
    mended_bits: int = 0
    margin: float = 100.0


@dataclass(frozen=True, eq=False)
class PlacedTag:
    """A tag on the stage. `covariance` (6, 6) is of its pose as stage/lens/derivatives.py counts poses
    (metres along the stage's axes, then radians in the tag's own); None where it was not worked out."""

    id: int
    size_m: float
    stage_from_tag: Pose
    covariance: F64 | None = None
    seen_in: int = 0
    residual_px: float = 0.0

    @property
    def corners_m(self) -> F64:
        """The corners (4, 3) on the stage."""
        matrix = self.stage_from_tag.matrix
        return np.asarray(tag_corners_m(self.size_m) @ matrix[:3, :3].T + matrix[:3, 3])


@dataclass(frozen=True)
class TagMap:
    """All tags of a stage by id. `notes` are free pairs: who made it, when, the taped distance."""

    tags: Mapping[int, PlacedTag]
    family: str = FAMILY
    residual_px: float = 0.0
    scale_from: str = "the printed size"
    notes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class CameraView:
    """What one camera of a rig saw at one moment. `body_from_camera` is where this camera sits on the
    body whose pose is wanted (identity where it is that body); `readout_s` how long the sensor takes
    from the first row to the last, 0 for a global shutter. `edge_px` is how far it sees edges outside
    of where they are (edge.py), give or take `edge_sd_px`."""

    lens: Lens
    tags: tuple[SeenTag, ...]
    body_from_camera: Pose = IDENTITY
    readout_s: float = 0.0
    edge_px: float = 0.0
    edge_sd_px: float = EDGE_SD_PX


@dataclass(frozen=True, eq=False)
class PoseEstimate:
    """Where the body was when the picture's middle row was taken. `covariance` (6, 6) is as
    stage/lens/derivatives.py counts poses, from the corners' own residuals and the map's and lens's
    uncertainty where those are known. `used` and `dropped` count tags."""

    stage_from_body: Pose
    covariance: F64
    residual_px: float
    used: int
    dropped: int = 0
    twist: F64 | None = None
    """Velocity (6,): metres a second along the stage's axes, radians a second in the body's own."""
    edges_px: Mapping[int, tuple[float, float]] = field(default_factory=dict)
    """How far each view's camera sees edges outside, by the view's number, and its sd."""

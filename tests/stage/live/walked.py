"""A short clip of a ceiling of tags, drawn by the simulated camera, with what the tracker must know."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from openset.primitives.space import F64, pose_from_matrix
from openset.sim.optics import Optics
from openset.sim.sightings import Look, picture
from openset.sim.walks import Walk, ceiling, ceiling_walk
from openset.stage.lens.model import Lens
from openset.stage.markers.model import PlacedTag, TagMap

OPTICS = Optics(960, 540, 595.0, 481.5, 267.0, -0.11, 0.035, 4e-4, -3e-4, -0.004)
LENS = Lens(960, 540, 595.0, 595.0, 481.5, 267.0, -0.11, 0.035, 4e-4, -3e-4, -0.004)
RATE = 25


@dataclass(frozen=True)
class Walked:
    """A folder of images, the true map, and the true path."""

    images: Path
    tags: TagMap
    walk: Walk

    def truth(self, frame: int) -> tuple[F64, F64]:
        """Position (3,) and rotation (3, 3) of the camera in a picture."""
        return self.walk.at(frame / RATE)


def walk_below_a_ceiling(folder: Path, frames: int = 8) -> Walked:
    """Draw the pictures into a folder."""
    sheets, walk, random = ceiling(), ceiling_walk(3, 0.25), np.random.default_rng(1)
    for frame in range(frames):
        luma = picture(OPTICS, walk.from_time(frame / RATE), sheets, Look(noise_codes=2.0), random)
        cv2.imwrite(str(folder / f"{frame:03d}.png"), luma)
    placed = {}
    for sheet in sheets:
        matrix = np.eye(4)
        matrix[:3, :3], matrix[:3, 3] = sheet.rotation, sheet.position_m
        placed[sheet.id] = PlacedTag(sheet.id, 0.16, pose_from_matrix(matrix))
    return Walked(folder, TagMap(placed), walk)

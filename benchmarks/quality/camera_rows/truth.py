"""Truth and comparison: the simulation's lens as the stage writes it, aligned maps, OpenCV's own way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from openset.primitives.rotation import vector_from_matrix
from openset.sim.optics import Optics
from openset.sim.prints import Sheet
from openset.stage.lens.model import Lens
from openset.stage.markers.model import SeenTag

F64 = npt.NDArray[np.float64]
U8 = npt.NDArray[np.uint8]
SURE_SD = 1.6449
"""Nine of ten normal errors lie within so many standard deviations."""


def lens_of(optics: Optics) -> Lens:
    """The true lens in the stage's terms."""
    o = optics
    return Lens(
        o.width_px, o.height_px, o.f_px, o.down_px, o.cx_px, o.cy_px, o.k1, o.k2, o.p1, o.p2, o.k3
    )


def optics_of(lens: Lens) -> Optics:
    """A solved lens as the judge's own optics, which draw it by their own code."""
    numbers = (
        lens.width_px,
        lens.height_px,
        lens.fx_px,
        lens.cx_px,
        lens.cy_px,
        lens.k1,
        lens.k2,
        lens.p1,
        lens.p2,
        lens.k3,
    )
    return Optics(*numbers, fisheye=lens.fisheye, fy_px=lens.fy_px)


def matrix_of(optics: Optics) -> tuple[F64, F64]:
    """OpenCV's camera matrix (its first pixel's middle is at 0, 0) and distortion."""
    o = optics
    camera = np.array([[o.f_px, 0, o.cx_px - 0.5], [0, o.down_px, o.cy_px - 0.5], [0, 0, 1.0]])
    return camera, np.array([o.k1, o.k2, o.p1, o.p2, o.k3])


@dataclass(frozen=True, eq=False)
class Aligned:
    """The rigid motion that fits a map's corners best onto the truth, and what is left, metres."""

    rotation: F64
    shift_m: F64
    rms_m: float

    def place(self, points_m: F64) -> F64:
        """Points of the map on the true stage."""
        return np.asarray(points_m @ self.rotation.T + self.shift_m)


def aligned(found_m: Mapping[int, F64], sheets: Mapping[int, Sheet]) -> Aligned:
    """Align corners (4, 3) by id without changing their scale; the rms is over corners, all axes."""
    ids = sorted(set(found_m) & set(sheets))
    a = np.concatenate([found_m[i] for i in ids])
    b = np.concatenate([sheets[i].stage_points_m for i in ids])
    middle_a, middle_b = a.mean(axis=0), b.mean(axis=0)
    u, _, vt = np.linalg.svd((a - middle_a).T @ (b - middle_b))
    flip = np.diag([1.0, 1.0, np.sign(np.linalg.det(vt.T @ u.T))])
    rotation = vt.T @ flip @ u.T
    shift = middle_b - rotation @ middle_a
    left = a @ rotation.T + shift - b
    return Aligned(rotation, shift, float(np.sqrt(np.mean(np.sum(left**2, axis=1)))))


@dataclass(frozen=True, eq=False)
class PoseErrors:
    """Errors of many poses: metres along the stage's axes (n, 3), radians in the camera's own (n, 3)."""

    place_m: F64
    turn_rad: F64

    @property
    def place_mm(self) -> float:
        """Rms of the distances."""
        return rms3(self.place_m) * 1e3

    @property
    def turn_mdeg(self) -> float:
        """Rms of the angles."""
        return float(np.degrees(rms3(self.turn_rad)) * 1e3)

    @property
    def varying_mm(self) -> float:
        """The same without what is constant."""
        return rms3(self.place_m - self.place_m.mean(axis=0)) * 1e3

    @property
    def varying_mdeg(self) -> float:
        """The same without what is constant."""
        return float(np.degrees(rms3(self.turn_rad - self.turn_rad.mean(axis=0))) * 1e3)


def rms3(errors: F64) -> float:
    """Rms of the lengths of (n, 3)."""
    return float(np.sqrt(np.mean(np.sum(errors**2, axis=-1)))) if len(errors) else float("nan")


def pose_errors(
    found: Sequence[F64], truth: Sequence[tuple[F64, F64]], where: Aligned | None
) -> PoseErrors:
    """Found stage_from_camera (4, 4), on the map, against true (position, rotation)."""
    places, turns = [], []
    for matrix, (position, rotation) in zip(found, truth, strict=True):
        spot, turned = matrix[:3, 3], matrix[:3, :3]
        if where is not None:
            spot, turned = where.place(spot), where.rotation @ turned
        places.append(spot - position)
        turns.append(vector_from_matrix(rotation.T @ turned))
    return PoseErrors(np.array(places).reshape(-1, 3), np.array(turns).reshape(-1, 3))


@lru_cache(maxsize=1)
def _aruco() -> cv2.aruco.ArucoDetector:
    settings = cv2.aruco.DetectorParameters()
    settings.cornerRefinementMethod = cv2.aruco.CORNER_REFINE_SUBPIX
    family = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_APRILTAG_36h11)
    return cv2.aruco.ArucoDetector(family, settings)


def opencv_tags(luma: U8) -> tuple[SeenTag, ...]:
    """What cv2.aruco finds, its corners refined to subpixels, in Openset's pixels."""
    corners, ids, _ = _aruco().detectMarkers(luma)
    if ids is None:
        return ()
    found = [
        SeenTag(int(number), np.asarray(four, dtype=np.float64).reshape(4, 2) + 0.5)
        for number, four in zip(np.asarray(ids).ravel(), corners, strict=True)
    ]
    return tuple(sorted(found, key=lambda tag: tag.id))


def opencv_pose(optics: Optics, tags: Sequence[SeenTag], corners_m: Mapping[int, F64]) -> F64 | None:
    """stage_from_camera (4, 4) by solvePnP as its tutorial has it, from OpenCV's corners."""
    known = [tag for tag in tags if tag.id in corners_m]
    if len(known) < 2:
        return None
    points = np.concatenate([corners_m[tag.id] for tag in known])
    pixels = np.concatenate([tag.corners_px for tag in known]) - 0.5
    camera, bend = matrix_of(optics)
    done, turn, shift = cv2.solvePnP(points, pixels, camera, bend, flags=cv2.SOLVEPNP_SQPNP)
    if not done:
        return None
    turn, shift = cv2.solvePnPRefineLM(points, pixels, camera, bend, turn, shift)
    matrix = np.eye(4)
    rotation = cv2.Rodrigues(turn)[0]
    matrix[:3, :3] = rotation.T @ np.diag([1.0, -1.0, -1.0])
    matrix[:3, 3] = (-rotation.T @ shift).ravel()
    return matrix


def inside(errors: F64, sd: F64) -> tuple[float, float]:
    """How many errors lie within the 90 % interval of their stated sd, and how many there are."""
    errors, sd = np.abs(errors).ravel(), sd.ravel()
    return float(np.sum(errors <= SURE_SD * sd)), float(errors.size)

"""A stage of tags and cameras that see them, worked out here on their own: OpenCV projects the corners,
and nothing of the solver's own projection is used."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from openset.primitives.space import F64, IDENTITY, Pose, pose_from_matrix
from openset.stage.lens.model import Lens
from openset.stage.markers.model import PlacedTag, SeenTag, TagMap

LENS = Lens(1920, 1080, 1190.0, 1188.0, 963.0, 542.0, -0.08, 0.05, 0.0004, -0.0003, 0.004)
CORNER_SD_PX = 0.05
Path = Callable[[float], Pose]
"""Where a body is at a time in seconds."""


def turn(x: float, y: float, z: float) -> F64:
    """The rotation (3, 3) about a vector in radians."""
    return np.asarray(cv2.Rodrigues(np.array([x, y, z]))[0])


def placed(number: int, size_m: float, position_m: F64, rotation: F64) -> PlacedTag:
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = rotation, position_m
    return PlacedTag(number, size_m, pose_from_matrix(matrix))


def ceiling(columns: int = 7, rows: int = 5) -> TagMap:
    """Tags of 16 cm on a ceiling 2.7 m up, 62 cm apart, turned at random, read from below."""
    random = np.random.default_rng(5)
    tags = {}
    for number in range(columns * rows):
        column, row = number % columns, number // columns
        place = np.array([(column - columns // 2) * 0.62, (row - rows // 2) * 0.62, 2.7])
        place += random.normal(size=3) * [0.03, 0.03, 0.01]
        hanging = turn(np.pi, 0.0, 0.0) @ turn(*(random.normal(size=3) * [0.01, 0.01, 2.0]))
        tags[number] = placed(number, 0.16, place, hanging)
    return TagMap(tags)


def room() -> TagMap:
    """Tags of 20 cm on a wall 4 m ahead (0 to 17) and on the floor before it (18 to 32)."""
    random = np.random.default_rng(6)
    tags = {}
    for number in range(18):
        place = np.array([(number % 6 - 2.5) * 0.8, 4.0, 0.5 + number // 6 * 0.8])
        rotation = turn(np.pi / 2, 0, 0) @ turn(*(random.normal(size=3) * 0.02))
        tags[number] = placed(number, 0.2, place, rotation)
    for number in range(18, 33):
        place = np.array([((number - 18) % 5 - 2) * 0.9, 1.2 + (number - 18) // 5 * 0.9, 0.0])
        tags[number] = placed(number, 0.2, place, turn(*(random.normal(size=3) * 0.02)))
    return TagMap(tags)


def project_by_opencv(lens: Lens, body: Pose, body_from_camera: Pose, points_m: F64) -> F64:
    """Points (n, 3) on the stage to pixels (n, 2) in Openset's convention."""
    stage_from_camera = body.after(body_from_camera).matrix
    upright = np.diag([1.0, -1.0, -1.0])
    turned = upright @ stage_from_camera[:3, :3].T
    camera = np.array([[lens.fx_px, 0, lens.cx_px], [0, lens.fy_px, lens.cy_px], [0, 0, 1.0]])
    bends = np.array([lens.k1, lens.k2, lens.p1, lens.p2, lens.k3])
    shift = -turned @ stage_from_camera[:3, 3]
    pixels, _ = cv2.projectPoints(points_m, cv2.Rodrigues(turned)[0], shift, camera, bends)
    return np.asarray(pixels.reshape(-1, 2))


def see(
    tags: TagMap,
    path: Path,
    time_s: float = 0.0,
    *,
    lens: Lens = LENS,
    body_from_camera: Pose = IDENTITY,
    readout_s: float = 0.0,
    sd_px: float = CORNER_SD_PX,
    seed: int = 0,
) -> tuple[SeenTag, ...]:
    """The tags in one picture, each corner taken at its own row's moment, with a detector's error."""
    random = np.random.default_rng(seed)
    out = []
    for tag in tags.tags.values():
        corners = tag.corners_m
        camera = path(time_s).after(body_from_camera).matrix
        sight = corners.mean(axis=0) - camera[:3, 3]
        faces = float(tag.stage_from_tag.matrix[:3, 2] @ sight) < -0.1
        if not faces or float(sight @ camera[:3, 2]) > -0.3:
            continue
        pixels = project_by_opencv(lens, path(time_s), body_from_camera, corners)
        for _ in range(3 if readout_s else 0):
            times = time_s + (pixels[:, 1] / lens.height_px - 0.5) * readout_s
            pixels = np.concatenate(
                [
                    project_by_opencv(lens, path(float(at)), body_from_camera, corner[None])
                    for at, corner in zip(times, corners, strict=True)
                ]
            )
        inside = (pixels > 2.0) & (pixels < [lens.width_px - 2.0, lens.height_px - 2.0])
        if inside.all():
            out.append(SeenTag(tag.id, pixels + detected(pixels, sd_px, random)))
    return tuple(out)


def detected(pixels: F64, sd_px: float, random: np.random.Generator) -> F64:
    """The errors (4, 2) of corners that are crossings of lines fitted to edges: each line's middle has
    half the error of a corner, its tilt the rest."""
    along = np.roll(pixels, -1, axis=0) - pixels
    normal = np.stack([-along[:, 1], along[:, 0]], axis=1) / np.linalg.norm(along, axis=1)[:, None]
    middle, tilt = random.normal(size=(2, 4)) * [[sd_px / 2], [sd_px / 2 * np.sqrt(3)]]
    out = []
    for corner in range(4):
        lines = np.stack([normal[corner - 1], normal[corner]])
        moved = [middle[corner - 1] + tilt[corner - 1], middle[corner] - tilt[corner]]
        out.append(np.linalg.solve(lines, moved))
    return np.array(out)


def handheld(start: Pose, seed: int, amount: float = 1.0) -> Path:
    """A hand's tremor about a pose: sines at 2.1, 3.7, 5.9 and 8.3 Hz, 3 mm and 0.25 degrees over their
    frequency to the power 0.8, and a slow sway."""
    random = np.random.default_rng(seed)
    phases = random.uniform(0, 2 * np.pi, (6, 5))
    hertz = np.array([0.2, 2.1, 3.7, 5.9, 8.3])
    sizes = np.array([1.0, *(amount / hertz[1:] ** 0.8)])
    metres = sizes * np.array([0.1, 0.003, 0.003, 0.003, 0.003])
    radians = sizes * np.radians([4.0, 0.25, 0.25, 0.25, 0.25])

    def at(time_s: float) -> Pose:
        waves = np.sin(2 * np.pi * hertz * time_s + phases)
        matrix = start.matrix
        matrix[:3, 3] += waves[:3] @ metres
        matrix[:3, :3] = matrix[:3, :3] @ turn(*(waves[3:] @ radians))
        return pose_from_matrix(matrix)

    return at


def off(found: Pose, truth: Pose) -> tuple[float, float]:
    """How far a pose is from the true one: millimetres and thousandths of a degree."""
    apart = np.array(found.position_m) - np.array(truth.position_m)
    turned = truth.matrix[:3, :3].T @ found.matrix[:3, :3]
    angle = float(np.linalg.norm(cv2.Rodrigues(turned)[0]))
    return float(np.linalg.norm(apart)) * 1000, float(np.degrees(angle)) * 1000

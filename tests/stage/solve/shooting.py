"""A take of printed tags on a stained wall and floor, drawn plane by plane and recorded as the engine
records. The drawing shares nothing with what it judges."""

from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from openset.primitives.ids import TakeId
from openset.primitives.image import Yuv420
from openset.primitives.space import pose_from_matrix
from openset.primitives.time import Timecode
from openset.sim.prints import tag_sheet
from openset.sim.walks import Walk, looking
from openset.stage.lens.model import Lens
from openset.stage.markers.files import write_map
from openset.stage.markers.model import PlacedTag, TagMap
from openset.stage.record.live import TakeWriter
from openset.stage.record.model import TakeFrame, TakeSpec
from openset.stage.solve.material import pose_at
from openset.stage.solve.model import Path as CameraPath
from openset.stage.solve.model import RawTrack
from openset.stage.solve.path import read_path
from openset.stage.tracking.opentrackio import sample_from_track
from openset.stage.tracking.samples import TrackSample
from openset.store.production import create_production

WIDTH, HEIGHT, RATE = 960, 540, Fraction(25)
FOCAL_PX = 700.0
FOCAL_ERROR = 0.003
ORIGIN_NS = 10_000_000_000
TAG_M = 0.2
PER_M = 320.0


@dataclass(frozen=True, eq=False)
class Plane:
    """A painted plane: its top left corner on the stage, the ways right and down, its picture."""

    corner_m: np.ndarray
    right: np.ndarray
    down: np.ndarray
    paint: np.ndarray
    tags: dict[int, np.ndarray]

    def tag_poses(self) -> dict[int, PlacedTag]:
        """Its tags, by the middle of each."""
        out = {}
        for number, (across, under) in self.tags.items():
            matrix = np.eye(4)
            matrix[:3, 0], matrix[:3, 1] = self.right, -self.down
            matrix[:3, 2] = np.cross(self.right, -self.down)
            matrix[:3, 3] = self.corner_m + across * self.right + under * self.down
            out[number] = PlacedTag(number, TAG_M, pose_from_matrix(matrix))
        return out


def planes(seed: int) -> tuple[Plane, Plane]:
    """A wall at y = 2.5 m and a floor before it, 24 tags on both."""
    random = np.random.default_rng(seed)
    x, y, z = np.eye(3)
    wall = _painted(
        random, 7.0, 3.6, [(1.2 + 0.9 * (i % 6), 0.9 + 0.9 * (i // 6)) for i in range(18)], 0
    )
    floor = _painted(random, 7.0, 4.0, [(1.4 + 0.8 * i, 0.8) for i in range(6)], 18)
    return (
        Plane(np.array([-3.5, 2.5, 3.6]), x, -z, *wall),
        Plane(np.array([-3.5, 2.5, 0.0]), x, -y, *floor),
    )


def _painted(
    random: np.random.Generator,
    wide_m: float,
    high_m: float,
    places: list[tuple[float, float]],
    first: int,
) -> tuple[np.ndarray, dict[int, np.ndarray]]:
    size = (round(high_m * PER_M), round(wide_m * PER_M))
    paint = np.zeros(size, np.float32)
    for grain in (4.0, 12.0, 40.0):
        layer = cv2.GaussianBlur(random.normal(size=size).astype(np.float32), (0, 0), grain)
        paint += layer / layer.std()
    paint = np.clip(120 + 22 * paint, 20, 235)
    tags = {}
    for number, (across, under) in enumerate(places, first):
        sheet = tag_sheet(number, TAG_M, np.zeros(3), np.eye(3))
        side = 2 * round(sheet.width_m * PER_M / 2)
        # The print is drawn to whole texels: its true side is what those come to.
        small = cv2.resize(sheet.texture, (side, side), interpolation=cv2.INTER_AREA)
        left, top = round(across * PER_M) - side // 2, round(under * PER_M) - side // 2
        paint[top : top + side, left : left + side] = small
        tags[number] = np.array([(left + side / 2) / PER_M, (top + side / 2) / PER_M])
    return cv2.GaussianBlur(paint, (0, 0), 1.2), tags


def drawn(scene: tuple[Plane, ...], position: np.ndarray, rotation: np.ndarray) -> np.ndarray:
    """What a pinhole camera sees, float (h, w)."""
    lens = np.array([[FOCAL_PX, 0, WIDTH / 2], [0, FOCAL_PX, HEIGHT / 2], [0, 0, 1]])
    half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
    out = np.full((HEIGHT, WIDTH), 110, np.float32)
    for plane in scene:
        ways = np.stack([plane.right / PER_M, plane.down / PER_M, plane.corner_m - position], axis=1)
        seen = lens @ np.diag([1.0, -1.0, -1.0]) @ rotation.T @ ways
        flat = np.linalg.inv(half) @ seen @ half
        size = (WIDTH, HEIGHT)
        cover = cv2.warpPerspective(np.ones_like(plane.paint), flat, size)
        paint = cv2.warpPerspective(plane.paint, flat, size)
        out = out * (1 - cover) + paint * cover
    return out


def stage_walk(seed: int = 5) -> Walk:
    """A hand before the wall."""
    eye = np.array([0.0, -2.2, 1.6])
    return Walk(seed, eye, looking(eye, np.array([0.0, 2.0, 1.1])), 0.6)


def true_path(walk: Walk, frames: int) -> CameraPath:
    """Where the camera was."""
    truth = [walk.at(index / 25) for index in range(frames)]
    return CameraPath(np.array([p for p, _ in truth]), np.array([r for _, r in truth]))


def shoot(root: Path, raw: RawTrack, walk: Walk, frames: int, seed: int = 5) -> Path:
    """The folder of a take that shows `walk`, tracked by `raw`; its tag map beside the production's
    file, as tags.json. The lens it is told is 0.3 % too long."""
    random = np.random.default_rng(seed)
    production = create_production(root, title="Lane", rate=RATE)
    told = FOCAL_PX * (1 + FOCAL_ERROR)
    lens = Lens(WIDTH, HEIGHT, told, told, WIDTH / 2, HEIGHT / 2)
    spec = TakeSpec(
        TakeId("1", "A", 1), RATE, WIDTH, HEIGHT, Timecode(90000, RATE), 0.0, "market", "cpu",
        "clip.mp4", "udp::55555", lens,
    )  # fmt: skip
    writer = TakeWriter(production, spec, datetime(2026, 3, 1, 9, 30, tzinfo=UTC))
    track = CameraPath(raw.positions_m, raw.rotations)
    for index, moment in enumerate(raw.times_s):
        time_ns = ORIGIN_NS + round(moment * 1e9)
        sample = TrackSample(time_ns, pose_at(track, index), sequence=index)
        writer.add_raw(time_ns, time_ns, sample_from_track(sample))
    read = read_path(track, raw.times_s, np.arange(frames) / 25)
    shown = CameraPath(read.positions_m, read.rotations)
    scene = planes(seed)
    grey = np.full((HEIGHT // 2, WIDTH // 2), 128, np.uint8)
    for index in range(frames):
        seen = drawn(scene, *walk.at(index / 25)) + random.normal(0, 2.0, (HEIGHT, WIDTH))
        luma = np.clip(seen + 0.5, 16, 235).astype(np.uint8)
        plane = Yuv420(luma, grey, grey)
        writer.add(
            TakeFrame(
                index, ORIGIN_NS + 40_000_000 * index, plane, plane, None, pose_at(shown, index), lens,
                0.0, "tracked",
            )
        )  # fmt: skip
    writer.close("cut", {})
    tags = {number: tag for plane in scene for number, tag in plane.tag_poses().items()}
    write_map(root / "tags.json", TagMap(tags))
    return writer.folder

"""A small production that was really shot, and a delivery of it, made once and copied for each test."""

import math
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from openset.primitives.ids import TakeId
from openset.primitives.image import Yuv420
from openset.primitives.space import Pose, pose_from_pan_tilt_roll
from openset.primitives.time import Timecode, parse_timecode
from openset.stage.accuracy.watch import MarkSummary
from openset.stage.deliver.files import make_delivery
from openset.stage.lens.model import Lens
from openset.stage.record.files import write_marks
from openset.stage.record.live import TakeWriter
from openset.stage.record.model import Marks, TakeFrame, TakeSpec
from openset.stage.scene.files import write_set
from openset.stage.scene.model import Scene
from openset.store.production import Production, create_production

WIDTH, HEIGHT = 64, 36
STARTED = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
MADE = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)
LENS = Lens(
    WIDTH, HEIGHT, 62.0, 62.4, 33.0, 17.0, k1=-0.08, k2=0.01, p1=0.002, p2=-0.001,
    sensor_width_mm=36.0, entrance_pupil_offset_m=0.12, focus_distance_m=2.5, f_stop=4.0,
)  # fmt: skip
FLOOR = Pose((3.0, -2.0, 0.5), (math.cos(0.3), 0.0, 0.0, math.sin(0.3)))


def camera_at(index: int) -> Pose:
    """A hand-held camera that walks and looks around."""
    return pose_from_pan_tilt_roll(
        (0.02 * index, -2.5 + 0.01 * index, 1.55 + 0.003 * math.sin(index)),
        math.radians(-4 + 0.9 * index),
        math.radians(-3 + 0.2 * index),
        math.radians(0.4 * math.cos(index)),
    )


def picture(index: int, level: int) -> Yuv420:
    """A green cloth with a grey bar walking over it."""
    y = np.full((HEIGHT, WIDTH), 110 + level, np.uint8)
    u = np.full((HEIGHT // 2, WIDTH // 2), 90, np.uint8)
    v = np.full((HEIGHT // 2, WIDTH // 2), 80, np.uint8)
    left = 4 + index % 40
    y[:, left : left + 12], u[:, left // 2 : left // 2 + 6], v[:, left // 2 : left // 2 + 6] = (
        160,
        128,
        128,
    )
    return Yuv420(y, u, v)


class Film:
    """A production in a folder, and takes shot into it."""

    lens, floor, started, made, size = LENS, FLOOR, STARTED, MADE, (WIDTH, HEIGHT)

    def __init__(self, root: Path, rate: Fraction = Fraction(25)) -> None:
        self.production: Production = create_production(root, title="Lane & Sons", rate=rate)
        (root / "script" / "lane.fountain").write_text("Title: Lane\n\nINT. LANE - DAY #1#\n\nRain.\n")

    def build_set(self, name: str = "lane") -> Path:
        """A set that is a sky and a place for the stage."""
        dome = np.full((16, 32, 3), 0.5, np.float32)
        scene = Scene(name, (), (), (), (), dome, world_from_stage=FLOOR)
        return write_set(scene, self.production.root / "sets" / name)

    def shoot(
        self,
        take: str = "1-A-t01",
        frames: int = 12,
        *,
        start: str = "10:00:07:00",
        lens: Lens | None = LENS,
        zoom: float = 0.0,
        held: tuple[int, ...] = (),
        faults: tuple[tuple[int, str, str], ...] = (),
        rate: Fraction | None = None,
        circled: bool = False,
        close: bool = True,
    ) -> Path:
        """The folder of a take; `zoom` is how much longer the lens gets with each frame."""
        scene, shot, number = take.split("-")
        rate = rate or self.production.rate
        at: Timecode = parse_timecode(start, rate)
        spec = TakeSpec(
            TakeId(scene, shot, int(number[1:])), rate, WIDTH, HEIGHT, at, 0.0712, "lane", "cpu",
            "plate.mp4", "udp::55555", lens, {"gain": 1.0}, record_matte=True, delay_sd_s=0.0004,
        )  # fmt: skip
        writer = TakeWriter(self.production, spec, STARTED)
        for index in range(frames):
            seen = replace(lens, fx_px=lens.fx_px * (1 + zoom * index)) if lens else None
            time_ns = 5_000_000_000 + round(index * 1e9 / float(rate))
            writer.add_raw(time_ns, time_ns, {"sourceNumber": index})
            writer.add(
                TakeFrame(
                    index, time_ns, picture(index, 0), picture(index, 20), picture(index, 0).y,
                    camera_at(index), seen, 0.03 if index in held else 0.0,
                    "held" if index in held else "tracked",
                )
            )  # fmt: skip
        for index, kind, text in faults:
            writer.note_fault(5_000_000_000 + round(index * 1e9 / float(rate)), kind, text)
        if close:
            marks = (MarkSummary("A", 2, 0.3, 0.6, 4.0, {"pose": 1.0}),)
            writer.close("cut", {"dropped": 0, "recording_lost": 0}, accuracy=marks)
        if circled:
            write_marks(writer.folder, Marks(circled=True, rating=4, note="the <best> one"))
        return writer.folder


@pytest.fixture
def film(tmp_path: Path) -> Film:
    """An empty production with a set."""
    made = Film(tmp_path / "lane")
    made.build_set()
    return made


@pytest.fixture(scope="session")
def new_film() -> type[Film]:
    """For tests that want another frame rate, or no set."""
    return Film


@pytest.fixture(scope="session")
def shot_once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Film, Path]:
    """Two takes, one with trouble in it, and their delivery; not to be written into."""
    film = Film(tmp_path_factory.mktemp("once") / "lane")
    film.build_set()
    film.shoot("1-A-t01", circled=True)
    film.shoot("2-B-t01", 9, start="23:59:59:20", held=(3, 4), faults=((6, "tracker", "went silent"),))
    write_marks(film.production.root / "takes" / "2-B-t01", Marks(circled=True))
    made = make_delivery(film.production, film.production.root / "deliveries" / "post", now=MADE)
    return film, made.folder


@pytest.fixture
def delivery(shot_once: tuple[Film, Path], tmp_path: Path) -> Path:
    """A copy of the delivery, to be spoilt."""
    return Path(shutil.copytree(shot_once[1], tmp_path / "post"))

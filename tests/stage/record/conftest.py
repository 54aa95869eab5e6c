"""Small takes of a moving ramp, for every test of the recorder."""

from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from openset.primitives.ids import TakeId
from openset.primitives.image import Yuv420
from openset.primitives.space import look_at
from openset.primitives.time import Timecode
from openset.stage.lens.model import pinhole
from openset.stage.record.live import TakeWriter
from openset.stage.record.model import TakeFrame, TakeSpec
from openset.store.production import create_production

WIDTH, HEIGHT, RATE = 192, 108, Fraction(25)
STARTED = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


def make_spec(take: int = 1, *, matte: bool = True, rate: Fraction = RATE) -> TakeSpec:
    return TakeSpec(
        id=TakeId("1", "A", take),
        rate=rate,
        width=WIDTH,
        height=HEIGHT,
        start_timecode=Timecode(90000, rate),
        delay_s=0.08,
        set_name="market",
        backend="cpu",
        plate_source="clip.mp4",
        track_source="udp::55555",
        lens=pinhole(WIDTH, HEIGHT, 35.0, 36.0),
        key={"gain": 1.0},
        record_matte=matte,
    )


def make_picture(index: int, level: int = 0) -> Yuv420:
    ramp = np.linspace(30, 200, WIDTH).astype(np.uint8)
    y = np.ascontiguousarray(np.tile(np.roll(ramp, 3 * index), (HEIGHT, 1)) + np.uint8(level))
    flat = np.full((HEIGHT // 2, WIDTH // 2), 128, np.uint8)
    return Yuv420(y, flat, flat)


def make_frame(
    index: int, *, matte: bool = True, state: str = "tracked", age_s: float = 0.01
) -> TakeFrame:
    picture = make_picture(index)
    return TakeFrame(
        index=index,
        time_ns=1_000_000_000 + index * 40_000_000,
        picture=picture,
        composite=make_picture(index, level=20),
        matte=picture.y if matte else None,
        stage_from_camera=look_at((0.01 * index, -3.0, 1.6), (0.0, 0.0, 1.5)),
        lens=pinhole(WIDTH, HEIGHT, 35.0, 36.0),
        age_s=0.01,
        state=state,
    )


class Kit:
    """Specs and frames of the one take all tests shoot."""

    spec = staticmethod(make_spec)
    frame = staticmethod(make_frame)
    picture = staticmethod(make_picture)
    started = STARTED


class Floor(Kit):
    """The kit, and a production to shoot in."""

    def __init__(self, root: Path) -> None:
        self.production = create_production(root, title="Lane", rate=RATE)

    def roll(self, take: int = 1, *, matte: bool = True) -> TakeWriter:
        """A take that is open."""
        return TakeWriter(self.production, make_spec(take, matte=matte), STARTED)

    def shoot(self, frames: int = 12, take: int = 1, *, matte: bool = True) -> Path:
        """The folder of a whole take."""
        writer = self.roll(take, matte=matte)
        for index in range(frames):
            writer.add_raw(index, index, {"sourceNumber": index})
            writer.add(make_frame(index, matte=matte))
        writer.close("cut", {"dropped": 0})
        return writer.folder


@pytest.fixture(scope="session")
def kit() -> Kit:
    return Kit()


@pytest.fixture
def floor(tmp_path: Path) -> Floor:
    return Floor(tmp_path / "lane")


@pytest.fixture(scope="session")
def new_floor() -> type[Floor]:
    """For those that keep a production longer than one test."""
    return Floor

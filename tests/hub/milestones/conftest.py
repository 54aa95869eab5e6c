"""A small production of two scenes with real takes, and people who may look and judge."""

from collections.abc import Callable
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from openset.hub.people.models import Person
from openset.hub.people.services import add_person, first_owner
from openset.primitives.ids import TakeId
from openset.primitives.image import Yuv420
from openset.primitives.space import look_at
from openset.primitives.time import Timecode
from openset.stage.lens.model import pinhole
from openset.stage.record.files import write_marks
from openset.stage.record.live import TakeWriter
from openset.stage.record.model import Marks, TakeFrame, TakeSpec
from openset.store.production import Production, create_production

WIDTH, HEIGHT, RATE = 64, 48, Fraction(25)
SCRIPT = """Title: Lane Market

INT. MARKET LANE - DAY #1#

Ama counts the mangoes.

EXT. MARKET GATE - NIGHT #2#

She waits.
"""
MakeTake = Callable[..., Path]


@pytest.fixture
def production(tmp_path: Path) -> Production:
    made = create_production(tmp_path / "lane-market", title="Lane Market", rate=RATE)
    (made.root / "script" / "lane.fountain").write_text(SCRIPT)
    return made


@pytest.fixture
def make_take(production: Production) -> MakeTake:
    """Record a real take of five frames and circle it; its folder."""

    def make(scene: str, take: int = 1, *, circled: bool = True) -> Path:
        spec = TakeSpec(
            id=TakeId(scene, "A", take),
            rate=RATE,
            width=WIDTH,
            height=HEIGHT,
            start_timecode=Timecode(90000, RATE),
            delay_s=0.08,
            set_name="market",
            backend="cpu",
            plate_source="clip.mp4",
            track_source="udp::55555",
            lens=pinhole(WIDTH, HEIGHT, 35.0, 36.0),
        )
        writer = TakeWriter(production, spec, datetime(2026, 3, 1, 9, 30, tzinfo=UTC))
        for index in range(5):
            writer.add(_frame(index))
        writer.close("cut", {"dropped": 0})
        if circled:
            write_marks(writer.folder, Marks(circled=True))
        return writer.folder

    return make


def _frame(index: int) -> TakeFrame:
    grey = np.full((HEIGHT // 2, WIDTH // 2), 128, np.uint8)
    picture = Yuv420(np.full((HEIGHT, WIDTH), 60 + 20 * index, np.uint8), grey, grey)
    return TakeFrame(
        index=index,
        time_ns=1_000_000_000 + index * 40_000_000,
        picture=picture,
        composite=picture,
        matte=None,
        stage_from_camera=look_at((0.01 * index, -3.0, 1.6), (0.0, 0.0, 1.5)),
        lens=pinhole(WIDTH, HEIGHT, 35.0, 36.0),
        age_s=0.01,
        state="tracked",
    )


@pytest.fixture
def owner(db: None) -> Person:
    return first_owner("Ama Serwaa")


@pytest.fixture
def officer(owner: Person) -> Person:
    return add_person(owner, "Rosa Quispe", ["fund officer"])

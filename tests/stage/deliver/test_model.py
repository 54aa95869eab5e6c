"""What a delivery is, as values."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction

import pytest

from openset.primitives.ids import TakeId
from openset.primitives.space import IDENTITY
from openset.primitives.time import parse_timecode
from openset.stage.deliver.model import CameraFrame, HandedTake, optics
from openset.stage.lens.model import Lens, pinhole
from openset.stage.record.model import Marks, TakeRecord, TakeSpec

LENS = pinhole(1280, 720, 35.0, 24.0)


def frame(index: int, lens: Lens | None) -> CameraFrame:
    return CameraFrame(
        index, f"10:00:00:{index:02d}", index * 40_000_000, 0.0, "tracked", IDENTITY, lens
    )


def take(frames: tuple[CameraFrame, ...], at_the_roll: Lens | None = None) -> HandedTake:
    rate = Fraction(25)
    spec = TakeSpec(
        id=TakeId("12A", "B", 3), rate=rate, width=1280, height=720,
        start_timecode=parse_timecode("10:00:00:00", rate), delay_s=0.0, set_name="market",
        backend="cpu", plate_source="a", track_source="b", lens=at_the_roll,
    )  # fmt: skip
    record = TakeRecord(spec, "film-1", "closed", datetime(2026, 11, 22, tzinfo=UTC))
    return HandedTake(record, Marks(), frames)


def test_a_take_lies_under_its_slate_inside_the_delivery() -> None:
    assert take(()).folder == "takes/12A-B-t03"
    assert take(()).id == TakeId("12A", "B", 3)


def test_the_lens_is_that_of_the_first_frame_that_has_one() -> None:
    wider = replace(LENS, fx_px=900.0)
    assert take((frame(0, None), frame(1, wider), frame(2, LENS)), LENS).lens == wider


def test_without_a_lens_in_any_frame_the_one_at_the_roll_counts() -> None:
    assert take((frame(0, None),), LENS).lens == LENS
    assert take((frame(0, None),)).lens is None


def test_the_set_is_in_the_delivery_when_the_stage_has_a_place_in_it() -> None:
    assert not take(()).set_included
    assert replace(take(()), world_from_stage=IDENTITY).set_included


@pytest.mark.parametrize("name", ["fx_px", "fy_px", "cx_px", "cy_px", "k1", "k2", "p1", "p2", "k3"])
def test_optics_tell_two_lenses_apart_by_every_number_of_the_map(name: str) -> None:
    assert optics(replace(LENS, **{name: getattr(LENS, name) + 0.01})) != optics(LENS)


def test_optics_do_not_tell_lenses_apart_by_what_a_track_line_rounds() -> None:
    assert optics(replace(LENS, fx_px=LENS.fx_px + 1e-6, k1=1e-12)) == optics(LENS)

"""A simulated day through the real stage: UDP tracker, delayed picture, measured delay, two takes."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from openset.sim.files import write_day
from openset.sim.rig import JudgedDay, Schedule, day_plan, shoot_day
from openset.stage.record.files import verify_take
from openset.stage.scene.files import write_set
from openset.stage.scene.model import Scene
from openset.store.production import create_production

SHORT = Schedule(measure=(3, 103), takes=(("1 A", 112, 137), ("2 A", 147, 172)))


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> JudgedDay:
    folder = tmp_path_factory.mktemp("lane")
    production = create_production(folder / "film", title="Film", rate=Fraction(25))
    write_set(Scene("sky", dome=np.full((64, 128, 3), 0.3, np.float32)), folder / "film/sets/sky")
    shoot = write_day(folder / "day", day_plan(SHORT, 7, 320, 180))
    return shoot_day(production, shoot, SHORT, set_name="sky", backend="cpu")


def test_the_delay_is_found_by_itself(day: JudgedDay) -> None:
    assert day.stage.delay_found is not None
    assert day.stage.delay_found.refused is None
    assert abs(day.delay_error_ms) < 6


def test_both_takes_are_whole_and_every_frame_is_accounted_for(day: JudgedDay) -> None:
    assert [str(take.record.spec.id) for take in day.takes] == ["1-A-t01", "2-A-t01"]
    for take in day.takes:
        counts = take.record.counts
        assert counts["frames_in"] == counts["recorded"] + counts["dropped"]
        assert take.record.frames == counts["recorded"] > 0
        assert verify_take(take.folder).ok


def test_the_poses_are_true_to_the_tracker_noise(day: JudgedDay) -> None:
    """Noise alone is 0.5 mm and 8 mdeg; a frame of delay would be ten times that."""
    for take in day.takes:
        assert take.track.position_rms_mm < 2.0
        assert take.track.rotation_rms_mdeg < 60.0


def test_the_matte_is_near_the_truth(day: JudgedDay) -> None:
    for take in day.takes:
        assert take.key.frames == take.record.frames
        assert take.key.mse < 0.01


def test_the_stills_show_four_different_pictures(day: JudgedDay) -> None:
    assert 0 < len(day.stage.stills) <= 4
    for still in day.stage.stills:
        assert still.matte.max() == 255
        assert still.matte.min() == 0
        assert not np.array_equal(still.plate.y, still.composite.y)


def test_a_schedule_asks_for_frames_enough() -> None:
    assert day_plan(SHORT, 1).frame_count >= SHORT.takes[-1][2]
    actions = [cue.action for cue in SHORT.cues()]
    assert actions == ["measure", "measured", "slate", "roll", "cut", "slate", "roll", "cut"]

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np

from openset.cli.camera.delay_work import figures_of, kept, not_kept, rows_of, was, was_rows
from openset.stage.live.delay_source import Material
from openset.stage.tracking.delay_model import DelayEstimate, Drift, Jump
from openset.stage.tracking.motion import Motion

NOTHING = Motion(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros((0, 2)))
FOUND = DelayEstimate(
    0.0831, 0.987, 0.0004, None, 601.0, 248, moved_px=2.5, turned_deg_s=6.0,
    drift=Drift(-20.0, 90.0, 10.0, 0.0, False), notes=("the tracker stopped",),
)  # fmt: skip
TAKE = Material(NOTHING, [], "the engine's clock, as the take kept it", 250, None, 0.080)


def test_a_production_keeps_the_delay_its_doubt_and_where_it_is_from() -> None:
    said = kept(FOUND, "takes/1-A-t01", datetime(2026, 3, 1, 9, 30, tzinfo=UTC))
    assert said == {
        "delay_s": 0.0831,
        "delay_sd_s": 0.0004,
        "delay_confidence": 0.987,
        "delay_measured": "2026-03-01T09:30:00Z",
        "delay_measured_from": "takes/1-A-t01",
    }


def test_two_files_tell_a_stages_delay_only_where_it_can_be_one() -> None:
    loose = replace(TAKE, loose=True)
    for delay_s, may in ((-0.2, False), (-0.09, True), (0.9, True), (1.1, False)):
        found = replace(FOUND, delay_s=delay_s)
        assert (not_kept(found, loose, "clip.mp4") is None) == may
        assert not_kept(found, TAKE, "takes/1-A-t01") is None


def test_the_delay_that_is_overwritten_is_named() -> None:
    stage = {"delay_s": 0.071, "delay_measured": "2026-03-01T09:30:00Z", "delay_measured_from": "a.mp4"}
    assert was(stage) == stage
    said = "71.0 ms, measured 2026-03-01T09:30:00Z from a.mp4"
    assert was_rows(was(stage)) == [("was", said)]
    assert was_rows(was({"delay_s": 0.083})) == [("was", "83.0 ms, set by hand")]
    assert was_rows(was({})) == []


def test_a_take_says_how_far_its_own_delay_was_off() -> None:
    rows = dict(rows_of(FOUND, TAKE))
    assert rows["the take used"] == "80.00 ms, 3.10 ms off"
    assert rows["delay"] == "83.10 ms ± 0.40 ms (one standard deviation)"
    assert rows["noticed"] == "the tracker stopped"


def test_a_refused_delay_is_no_figure() -> None:
    jump = Jump(6.0, 0.08, -1.12, "tracker")
    refused = DelayEstimate(0.08, 0.7, 0.002, "the tracker's clock jumped", jump=jump)
    said = figures_of(refused, TAKE)
    assert said["delay_s"] is None
    assert said["best_s"] == 0.08
    assert said["jump"] == {
        "at_s": 6.0,
        "by_s": -1.2000000000000002,
        "before_s": 0.08,
        "after_s": -1.12,
    }
    assert "delay" not in dict(rows_of(refused, TAKE))

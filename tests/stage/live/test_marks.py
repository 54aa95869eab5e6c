"""The error at the marks as the loop looks at it."""

from __future__ import annotations

import numpy as np

from openset.primitives.space import look_at
from openset.stage.accuracy.said import say_spread
from openset.stage.accuracy.watch import MarkWatch
from openset.stage.lens.model import pinhole
from openset.stage.live.marks import MarkLook
from openset.stage.live.status import Status
from openset.stage.live.track import FileTrack
from openset.stage.tracking.samples import TrackSample

CAMERA = look_at((0.0, -4.0, 1.2), (0.0, 0.0, 1.0))
SAID = "tracked, 4 tags, " + say_spread(np.diag([1e-5] * 3 + [9e-6] * 3))
TRACK = FileTrack([TrackSample(i * 10_000_000, CAMERA, status=SAID) for i in range(300)])
LENS = pinhole(1280, 720, 35.0, 36.0)


def test_marks_are_looked_at_five_times_a_second() -> None:
    status = Status()
    look = MarkLook(MarkWatch({"A": (0.0, 0.0, 0.0)}), TRACK, status)
    for frame in range(50):
        look.look(frame * 40_000_000, LENS, CAMERA)
    (summary,) = look.summary()
    assert summary.looks == 10
    assert status.error is not None
    told = status.as_message()["error"]
    assert told["mark"] == "A"
    assert told["advice"]["kind"] == "focal"
    assert "feet slide" in told["text"]


def test_what_was_seen_before_the_roll_is_not_the_takes() -> None:
    look = MarkLook(MarkWatch({"A": (0.0, 0.0, 0.0)}), TRACK, Status())
    look.look(0, LENS, CAMERA)
    look.begin()
    assert look.summary() == ()


def test_a_measured_delay_counts_from_then_on() -> None:
    watch = MarkWatch({"A": (0.0, 0.0, 0.0)})
    MarkLook(watch, TRACK, Status()).delay_known(0.003)
    assert watch.delay_sd_s == 0.003


def test_without_marks_nothing_is_looked_at() -> None:
    status = Status()
    MarkLook(MarkWatch({}), TRACK, status).look(0, LENS, CAMERA)
    assert status.error is None
    assert status.as_message()["error"] is None

from __future__ import annotations

import pytest

from openset.stage.tracking.delay_model import Jump, clock


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.0, "00:00:00.0"),
        (6.24, "00:00:06.2"),
        (59.96, "00:01:00.0"),
        (3725.5, "01:02:05.5"),
        (-1, "00:00:00.0"),
    ],
)
def test_a_moment_reads_as_hours_minutes_and_seconds(seconds: float, said: str) -> None:
    assert clock(seconds) == said


def test_a_jump_moves_the_delay_from_before_to_after() -> None:
    assert Jump(6.0, 0.08, -1.12).by_s == pytest.approx(-1.2)

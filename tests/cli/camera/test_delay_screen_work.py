from __future__ import annotations

import pytest

from openset.cli.camera.delay_screen_work import capture_of, screen_figures, screen_rows
from openset.primitives.errors import BadInput
from openset.stage.calibrate.screen_delay import LoopEstimate, Part, parts_of
from openset.stage.live.screen_run import ScreenRun


def run(capture: Part | None = None) -> ScreenRun:
    loop, echo = LoopEstimate(0.095, 0.001, 0.0, 118), LoopEstimate(0.110, 0.001, 0.0, 110)
    return ScreenRun(loop, echo, parts_of(loop, echo, capture), 125, 0.0006)


def test_what_is_not_known_is_none_and_said() -> None:
    said = screen_figures(run())
    assert (said["loop_s"], said["display_s"], said["capture_s"]) == (0.095, None, None)
    assert said["processing_s"] == pytest.approx(0.015)
    assert any("only their sum" in each for each in said["said"])
    assert ("not known", said["said"][0]) in screen_rows(run())


def test_a_known_camera_tells_the_screen() -> None:
    said = screen_figures(run(Part(0.0625, 0.0004)))
    assert said["display_s"] == pytest.approx(0.0325)
    assert dict(screen_rows(run(Part(0.0625, 0.0004))))["display"].startswith("32.5 ± 1.1 ms")


def test_a_capture_delay_is_milliseconds_with_or_without_its_doubt() -> None:
    assert capture_of("") is None
    assert capture_of("62.5,0.4") == Part(0.0625, 0.0004)
    assert capture_of("60") == Part(0.060, 0.001)
    for wrong in ("soon", "60,-1", "1,2,3", "nan", "1e9"):
        with pytest.raises(BadInput, match="is no delay"):
            capture_of(wrong)

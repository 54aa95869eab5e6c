"""The lens on the bench: a waved board becomes a lens in use."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import cv2
import numpy as np
import pytest

from openset.stage.lens.files import read_lens
from openset.stage.live.bench_lens import LensStep
from openset.store.camera import read_setup, write_setup
from openset.store.production import Production, open_production

Show = Callable[..., Any]


def step_of(lane: Production) -> LensStep:
    return LensStep(lane, read_setup(lane), 960, 540)


def held(step: LensStep, pictures: Sequence[np.ndarray], show: Show, start_s: float = 1.0) -> float:
    """Each picture is held for three looks, half a second apart."""
    now_s = start_s
    for luma in pictures:
        for _ in range(3):
            now_s += 0.5
            step.look(show(luma, 0, now_s))
    return now_s


def solved(step: LensStep) -> dict[str, Any]:
    assert step.obey({"type": "solve"})[0]
    until = time.monotonic() + 60
    while (said := step.status())["busy"]:
        assert time.monotonic() < until
        time.sleep(0.02)
    return said


def test_a_waved_board_becomes_the_lens_in_use(
    lane: Production, waved: list[np.ndarray], show: Show
) -> None:
    step = step_of(lane)
    held(step, waved, show)
    said = step.status()
    assert len(said["views"]) >= 12
    assert said["part"] > 0.9
    assert all(said["corners"])
    result = solved(step)["result"]
    assert result["fx_px"] == pytest.approx(760.0, abs=1.5)
    assert result["rms_px"] < 0.2
    assert np.array(result["map"]).shape == (9, 16)
    # The bench ends before it is used: it is offered again, and only to pictures of this size.
    step = step_of(lane)
    assert step.status()["result"] == result
    assert LensStep(lane, read_setup(lane), 1920, 1080).status()["result"] is None
    assert step.obey({"type": "use"})[0]
    assert open_production(lane.root).stage["lens"] == "camera/lens.json"
    assert read_lens(lane.root / "camera" / "lens.json").settings[0].lens.fx_px == pytest.approx(
        result["fx_px"], abs=0.01
    )
    first = (lane.root / "camera" / "lens.json").read_bytes()
    assert step_of(lane).status()["result"] is None
    step.obey({"type": "use"})
    assert (lane.root / "camera" / "lens.before.json").read_bytes() == first


def test_what_was_kept_is_there_for_the_next_run(
    lane: Production, waved: list[np.ndarray], show: Show
) -> None:
    held(step_of(lane), waved[:3], show)
    again = step_of(lane)
    assert [view["name"] for view in again.status()["views"]] == ["view-001", "view-002", "view-003"]
    held(again, waved[:3], show)
    assert len(again.status()["views"]) == 3


def test_a_board_set_anew_begins_with_its_own_views_and_back_again(
    lane: Production, waved: list[np.ndarray], show: Show
) -> None:
    step = step_of(lane)
    before = read_setup(lane)
    step.obey({"type": "auto", "on": False})
    held(step, waved[:1], show)
    assert step.obey({"type": "keep"})[0]
    step.sheets(write_setup(lane, board="checkerboard:7x5:25"))
    assert step.status()["views"] == []
    assert (step.status()["board"], step.status()["others"]) == ("checkerboard:7x5:25", 1)
    step.sheets(before)
    assert [view["name"] for view in step.status()["views"]] == ["view-001"]


def test_a_moving_board_is_not_kept(lane: Production, waved: list[np.ndarray], show: Show) -> None:
    step = step_of(lane)
    step.obey({"type": "auto", "on": False})
    step.look(show(waved[0], 0, 1.0))
    step.obey({"type": "auto", "on": True})
    step.look(show(waved[1], 1, 1.1))
    assert step.status()["seen"]["trouble"]["code"] == "moving"
    assert step.status()["views"] == []


def test_without_keeping_by_itself_a_view_is_kept_at_the_key_and_left_out_again(
    lane: Production, waved: list[np.ndarray], show: Show
) -> None:
    step = step_of(lane)
    step.obey({"type": "auto", "on": False})
    held(step, waved[:1], show)
    assert step.status()["views"] == []
    assert step.obey({"type": "keep"}) == (True, "kept")
    assert step.obey({"type": "drop", "view": "view-001"})[0]
    assert step.status()["views"] == []
    assert not list((lane.root / "camera" / "views").iterdir())
    assert not step.obey({"type": "drop", "view": "../setup"})[0]


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda luma: cv2.GaussianBlur(luma, (0, 0), 2.2), "blurred"),
        (lambda luma: np.ascontiguousarray(luma[:, ::-1]), "mirrored"),
        (lambda luma: (luma // 8).astype(np.uint8), "underexposed"),
        (lambda luma: np.full_like(luma, 120), "underexposed"),
    ],
)
def test_what_is_wrong_with_the_picture_is_named(
    lane: Production, waved: list[np.ndarray], show: Show, spoil: Any, code: str
) -> None:
    step = step_of(lane)
    held(step, [spoil(waved[4])], show, 10.0)
    said = step.status()
    assert said["seen"]["trouble"]["code"] == code
    assert said["views"] == []


def test_a_lens_is_not_worked_out_of_too_few_views(
    lane: Production, waved: list[np.ndarray], show: Show
) -> None:
    step = step_of(lane)
    held(step, waved[:2], show)
    assert not step.obey({"type": "solve"})[0]
    assert not step.obey({"type": "use"})[0]
    assert not step.obey({"type": "dance"})[0]


def test_before_the_first_picture_nothing_can_be_kept(lane: Production) -> None:
    assert not step_of(lane).obey({"type": "keep"})[0]

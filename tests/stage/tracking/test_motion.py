from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from openset.stage.tracking.motion import MotionLog, Sight, image_motion, image_step, working_picture

S = 1_000_000_000


def wall_paper(seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    coarse = rng.integers(60, 190, (60, 80)).astype(np.uint8)
    return cv2.resize(coarse, (1000, 720), interpolation=cv2.INTER_CUBIC)


def view(paper: np.ndarray, x: float, y: float, turn_deg: float = 0.0, zoom: float = 1.0) -> np.ndarray:
    about = cv2.getRotationMatrix2D((500.0, 360.0), turn_deg, zoom)
    about[:, 2] += [x - 180, y - 180]
    return cv2.warpAffine(paper, about, (640, 360), flags=cv2.INTER_CUBIC)


@pytest.mark.parametrize("shift", [(0.0, 0.0), (3.25, -1.5), (-14.0, 6.0)])
def test_the_flow_of_a_shifted_picture_is_its_shift(shift: tuple[float, float]) -> None:
    paper = wall_paper()
    found = image_motion(view(paper, 0, 0), view(paper, *shift))
    assert found == pytest.approx(shift, abs=0.1)


def test_roll_and_zoom_do_not_count_as_pan() -> None:
    paper = wall_paper()
    found = image_motion(view(paper, 0, 0), view(paper, 2.0, 1.0, turn_deg=1.0, zoom=1.01))
    assert found == pytest.approx((2.0, 1.0), abs=0.3)


def test_a_rolling_shutter_bends_the_picture_and_the_middle_row_is_read() -> None:
    paper = wall_paper()
    bent = np.array([[1.0, 4.0 / 360, 10.0 - 2.0], [0.0, 1.0, 0.0]])
    after = cv2.warpAffine(view(paper, 0, 0), bent, (640, 360), flags=cv2.INTER_CUBIC)
    found = image_step(view(paper, 0, 0)[:, 20:-20].copy(), after[:, 20:-20].copy())
    assert found is not None
    # The last row moved by 12 px, the first by 8: 4 px of shear, 10 in the middle.
    assert found.x_px == pytest.approx(10.0, abs=0.1)
    assert found.shear_x_px == pytest.approx(4.0, abs=0.15)
    assert found.shear_y_px == pytest.approx(0.0, abs=0.15)


def test_a_roll_is_read_clockwise() -> None:
    paper = wall_paper()
    found = image_step(view(paper, 0, 0), view(paper, 0, 0, turn_deg=-0.5))
    assert found is not None
    assert np.degrees(found.roll_rad) == pytest.approx(0.5, abs=0.03)


def test_a_known_lens_reads_a_turn_as_the_axis_sees_it() -> None:
    # A turn of 20 mrad by a homography of f = 500 px; off the middle it moves the picture by more.
    lens = Sight(640, 360, 500.0, 180.0, lambda pixels: (pixels - [320.0, 180.0]) / 500.0)
    camera = np.array([[500.0, 0, 319.5], [0, 500.0, 179.5], [0, 0, 1]])
    turn, _ = cv2.Rodrigues(np.array([0.0, 0.02, 0.0]))
    before = view(wall_paper(), 0, 0)
    after = cv2.warpPerspective(
        before, camera @ turn @ np.linalg.inv(camera), (640, 360), flags=cv2.INTER_CUBIC
    )
    seen, plain = image_step(before, after, lens), image_step(before, after)
    assert seen is not None
    assert plain is not None
    assert seen.x_px == pytest.approx(10.0, abs=0.05)
    assert plain.x_px > 10.1  # without the lens the edges pull it up


def test_an_actor_in_the_middle_does_not_pull_the_flow() -> None:
    paper, shirt = wall_paper(), wall_paper(2)
    before, after = view(paper, 0, 0), view(paper, 4.0, 0.0)
    before[60:, 200:440] = shirt[60:360, 200:440]
    after[60:, 200:440] = shirt[50:350, 215:455]
    assert image_motion(before, after) == pytest.approx((4.0, 0.0), abs=0.15)


def test_a_blank_or_a_changed_picture_gives_no_flow() -> None:
    blank = np.full((360, 640), 120, np.uint8)
    assert image_motion(blank, blank) is None
    assert image_motion(view(wall_paper(), 0, 0), blank) is None


def green_stage(shared_data: Path, frames: int) -> list[np.ndarray]:
    """Luma of real footage: two people fighting before a green cloth, the camera on sticks."""
    pictures = []
    with av.open(str(shared_data / "greenscreen" / "fight_green.mp4")) as clip:
        for frame in clip.decode(video=0):
            pictures.append(frame.to_ndarray(format="gray"))
            if len(pictures) == frames:
                return pictures
    return pictures


def test_actors_fighting_before_a_plain_cloth_do_not_move_the_camera(shared_data: Path) -> None:
    pictures = [working_picture(each) for each in green_stage(shared_data, 100)[60:]]
    flow = [image_motion(before, after) for before, after in pairwise(pictures)]
    assert None not in flow
    size = np.abs(np.array(flow))
    assert float(np.median(size)) < 0.1
    assert float(size.max()) < 0.6


def test_pictures_are_measured_at_640_and_small_ones_as_they_are() -> None:
    assert working_picture(np.zeros((1080, 1920), np.uint8)).shape == (360, 640)
    assert working_picture(np.zeros((360, 480), np.uint8)).shape == (360, 480)


def test_the_log_keeps_pairs_of_frames_and_forgets_old_ones() -> None:
    paper = wall_paper()
    log = MotionLog(capacity_s=1.0)
    for index in range(60):
        if index != 30:
            log.add(index * 40_000_000, view(paper, (index % 7) * 1.0, 0.0))
    motion = log.motion()
    assert motion.from_ns[0] >= 59 * 40_000_000 - S
    assert (
        80_000_000 in set((motion.to_ns - motion.from_ns).tolist())
        or motion.from_ns[0] > 30 * 40_000_000
    )
    assert len(motion.flow_px) == len(motion.to_ns) > 20

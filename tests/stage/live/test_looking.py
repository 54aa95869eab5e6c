"""Pictures looked at ahead: nothing lost of a clip, nothing old of a camera."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from openset.stage.lens.model import pinhole
from openset.stage.live.looking import Lookout
from openset.stage.live.plate import PlateSource


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five pictures of one tag that moves ten pixels a picture."""
    out = tmp_path_factory.mktemp("tags")
    dictionary = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_APRILTAG_36h11)
    tag = cv2.aruco.generateImageMarker(dictionary, 5, 64)
    for number in range(5):
        luma = np.full((240, 320), 200, np.uint8)
        luma[80:144, 60 + 10 * number : 124 + 10 * number] = tag
        cv2.imwrite(str(out / f"{number:03d}.png"), luma)
    return out


LENS = pinhole(320, 240, 30, 36)


def source(folder: Path, rate: int = 25, *, paced: bool = False) -> PlateSource:
    return PlateSource(str(folder), rate=Fraction(rate), paced=paced)


def test_every_picture_of_a_clip_is_looked_at_in_order(folder: Path) -> None:
    plate = source(folder)
    plate.start_at(0)
    lookout = Lookout([plate], [LENS])
    lefts, times = [], []
    while not lookout.ended:
        looked = lookout.next()
        if looked is not None:
            ((tag,),) = looked.tags
            lefts.append(float(tag.corners_px[:, 0].min()))
            times.append(looked.time_ns)
    lookout.close()
    assert lefts == pytest.approx([60, 70, 80, 90, 100], abs=0.5)
    assert times == [0, 40_000_000, 80_000_000, 120_000_000, 160_000_000]
    assert lookout.skipped == 0


def test_a_second_camera_s_nearest_picture_goes_along_with_its_own_time(folder: Path) -> None:
    # 25 against 20 a second: 0, 40, 80, 120, 160 ms beside 0, 50, 100, 150, 200 ms.
    plates = [source(folder), source(folder, 20)]
    for plate in plates:
        plate.start_at(0)
    lookout = Lookout(plates, [LENS, LENS])
    late_ms = []
    while not lookout.ended:
        looked = lookout.next()
        if looked is not None:
            assert len(looked.frames) == len(looked.tags) == 2
            late_ms.append(round(looked.late_s[1] * 1000))
    lookout.close()
    assert late_ms == [0, 10, 20, -20, -10]


def test_a_closer_look_finds_what_a_piece_of_the_picture_holds(folder: Path) -> None:
    plate = source(folder)
    plate.start_at(0)
    lookout = Lookout([plate], [LENS])
    looked = None
    while looked is None:
        looked = lookout.next()
    frame = looked.frames[0]
    assert [tag.id for tag in lookout.closer(0, frame, [(40, 60, 150, 170)])] == [5]
    assert lookout.closer(0, frame, [(200, 60, 310, 170)]) == ()
    assert [tag.id for tag in lookout.whole(0, frame)] == [5]
    lookout.close()
    plate.stop()
    assert lookout.ended

"""Tags are found where they were drawn: half a pixel is a centimetre on the stage."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from openset.primitives.image import F32Plane, U8Plane
from openset.primitives.space import F64
from openset.stage.markers.detect import TagDetector, twice_seen
from openset.stage.markers.model import SeenTag

Corners = list[tuple[float, float]]
CELLS = 10
"""A tag's eight cells and its white border."""
FINE = 4
BLUR_PX = 0.7


def bits(number: int) -> U8Plane:
    """A tag a cell a pixel, upright, with its white border."""
    dictionary = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_APRILTAG_36h11)
    marker = cv2.aruco.generateImageMarker(dictionary, number, CELLS - 2)
    return np.asarray(np.where(np.pad(marker, 1, constant_values=255) > 0, 226, 24), np.uint8)


def light(codes: U8Plane | int) -> F32Plane:
    return np.asarray((np.asarray(codes) / 255.0) ** 2.2, np.float32)


def picture(placed: dict[int, Corners], width: int = 480, height: int = 320) -> U8Plane:
    """A picture with tags whose black corners lie at the given points (top left, top right, bottom
    right, bottom left; (0, 0) is the picture's corner): drawn four times as large, its light averaged,
    then written by a display curve."""
    fine = np.full((height * FINE, width * FINE), light(200), np.float32)
    for number, corners in placed.items():
        texture = np.kron(light(bits(number % 1000)), np.ones((40, 40), np.float32))
        inner = np.array([[40, 40], [360, 40], [360, 360], [40, 360]], np.float32)
        # Both pictures' corners are at (0, 0) here; OpenCV's first pixel has its middle there.
        target = (np.array(corners, np.float32)) * FINE
        warp = cv2.getPerspectiveTransform(inner - 0.5, target - 0.5)
        cv2.warpPerspective(
            texture, warp, fine.shape[::-1], fine, cv2.INTER_LINEAR, cv2.BORDER_TRANSPARENT
        )
    soft = cv2.GaussianBlur(fine, (0, 0), BLUR_PX * FINE)
    seen = np.asarray(cv2.resize(soft, (width, height), interpolation=cv2.INTER_AREA))
    return np.rint(255.0 * seen ** (1 / 2.2)).astype(np.uint8)


SQUARE = [(120.3, 80.6), (200.3, 80.6), (200.3, 160.6), (120.3, 160.6)]
TURNED = [(300.2, 90.4), (381.7, 120.8), (351.3, 202.3), (269.8, 171.9)]


def errors(found: SeenTag, truth: Corners) -> F64:
    return found.corners_px - np.array(truth)


@pytest.mark.parametrize("decimate", [1.0, 2.0])
def test_corners_lie_where_they_were_drawn_and_not_half_a_pixel_off(decimate: float) -> None:
    seen = TagDetector(decimate=decimate).detect(picture({7: SQUARE, 12: TURNED}))
    assert [tag.id for tag in seen] == [7, 12]
    for tag, truth in zip(seen, (SQUARE, TURNED), strict=True):
        assert np.abs(errors(tag, truth)).max() < 0.05
        assert np.abs(errors(tag, truth).mean(axis=0)).max() < 0.025
        assert tag.mended_bits == 0
        assert tag.margin > 50


def test_the_first_corner_is_the_top_left_one_as_the_tag_is_read_however_it_hangs() -> None:
    upside_down = [SQUARE[2], SQUARE[3], SQUARE[0], SQUARE[1]]
    (seen,) = TagDetector().detect(picture({3: upside_down}))
    assert np.abs(errors(seen, upside_down)).max() < 0.05


def test_small_tags_are_found_at_full_size_only_and_cheaply_where_they_are_expected() -> None:
    small = [(60.4, 40.2), (76.4, 40.2), (76.4, 56.2), (60.4, 56.2)]
    luma = picture({5: small, 7: TURNED})
    detector = TagDetector()
    assert [tag.id for tag in detector.detect(luma)] == [7]
    assert [tag.id for tag in detector.detect_full(luma)] == [5, 7]
    (seen,) = detector.detect_in(luma, [(40, 20, 95, 75)])
    assert seen.id == 5
    assert np.abs(errors(seen, small)).max() < 0.3


def test_a_tag_in_the_dark_is_found_beside_one_in_the_light() -> None:
    luma = picture({7: SQUARE, 12: TURNED})
    luma[:, :240] //= 6
    assert [tag.id for tag in TagDetector().detect(luma)] == [7, 12]


def test_two_tags_with_one_id_are_both_kept_and_told() -> None:
    luma = np.hstack([picture({7: SQUARE}), picture({7: TURNED})])
    seen = TagDetector().detect(luma)
    assert [tag.id for tag in seen] == [7, 7]
    assert twice_seen(seen) == {7}


def test_a_mirrored_print_is_no_tag() -> None:
    mirrored = [SQUARE[1], SQUARE[0], SQUARE[3], SQUARE[2]]
    assert TagDetector().detect(picture({7: mirrored})) == ()


def test_a_piece_too_small_for_a_tag_or_outside_the_picture_holds_none() -> None:
    detector = TagDetector()
    luma = picture({7: SQUARE})
    assert detector.detect(np.zeros((4, 4), np.uint8)) == ()
    assert detector.detect_in(luma, [(-50, -50, 10, 10), (470, 310, 900, 900), (90, 90, 80, 80)]) == ()


@pytest.mark.parametrize(
    ("photo", "least"), [("34139872896_defdb2f8d9_c", 7), ("33369213973_9d9bb4cc96_c", 9)]
)
def test_real_photos_show_the_tags_the_reference_found(
    shared_data: Path, photo: str, least: int
) -> None:
    luma = cv2.imread(str(shared_data / "tags" / f"{photo}.jpg"), cv2.IMREAD_GRAYSCALE)
    lines = (shared_data / "tags" / f"{photo}.txt").read_text().splitlines()
    expected = [
        np.array([[float(n) for n in pair.strip("() ").split()] for pair in line.split(",")[1:]])
        for line in lines
        if line.strip()
    ]
    detector = TagDetector()
    assert len(detector.detect(luma)) >= least
    full = detector.detect_full(luma)
    # In light there are more: lids of boxes so slanted that the white around eats them in codes.
    assert len(full) >= len(expected)
    gaps = []
    for corners in expected:
        nearest = min(full, key=lambda tag: float(np.abs(tag.corners_px - corners.mean(0)).sum()))
        gaps += (
            np.linalg.norm(nearest.corners_px[:, None] - corners[None], axis=-1).min(axis=0).tolist()
        )
    # Theirs is another version with another JPEG decoder, and looks for edges in codes.
    assert np.median(gaps) < 0.6
    assert max(gaps) < 4.5


def test_detectors_may_come_and_go() -> None:
    code = """
import gc
import numpy as np
from openset.stage.markers.detect import TagDetector
picture = np.full((200, 300), 128, np.uint8)
for _ in range(20):
    detector = TagDetector()
    detector.detect(picture)
    detector.detect_full(picture)
    del detector
    gc.collect()
print("whole")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "whole"), done.stderr


def test_a_tag_that_the_picture_s_edge_cuts_is_left_out() -> None:
    whole = picture({7: SQUARE})
    for cut in (whole[:, 122:], whole[82:], whole[:, :199], whole[:159]):
        assert TagDetector().detect(np.ascontiguousarray(cut)) == ()
    assert len(TagDetector().detect(np.ascontiguousarray(whole[:, 100:]))) == 1

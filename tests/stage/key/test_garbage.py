"""What is thrown away beside the screen, and above all what is not."""

from __future__ import annotations

import cv2
import numpy as np

from openset.stage.key.garbage import keep_mask
from openset.stage.key.settings import KeySettings

ROWS, CELLS = 90, 160
SETTINGS = KeySettings()


def masks(subject: np.ndarray, cloth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(matte, seen) for a subject over a cloth: matte 1 wherever there is no bare cloth."""
    seen = cloth & ~subject
    return (~seen).astype(np.float32), seen


def person(at: int = 80, reach: int = 12) -> np.ndarray:
    out = np.zeros((ROWS, CELLS), np.uint8)
    cv2.ellipse(out, (at, 30), (reach // 2, reach // 2 + 2), 0, 0, 360, 1, -1)
    cv2.ellipse(out, (at, 90), (reach, 50), 0, 0, 360, 1, -1)
    return out > 0


def test_walls_beyond_the_sides_of_the_cloth_are_cut() -> None:
    cloth = np.zeros((ROWS, CELLS), np.bool_)
    cloth[:, 30:130] = True
    keep, cut = keep_mask(*masks(person(), cloth), SETTINGS, cut_before=False)
    assert cut
    assert keep[:, :28].max() == 0
    assert keep[:, 132:].max() == 0
    assert keep[person()].min() == 1


def test_a_subject_filling_a_corner_is_not_cut() -> None:
    cloth = np.ones((ROWS, CELLS), np.bool_)
    shoulder = np.zeros((ROWS, CELLS), np.uint8)
    cv2.ellipse(shoulder, (0, 90), (60, 55), 0, 0, 360, 1, -1)
    cv2.ellipse(shoulder, (22, 28), (18, 22), 0, 0, 360, 1, -1)
    keep, cut = keep_mask(*masks(shoulder > 0, cloth), SETTINGS, cut_before=False)
    assert not cut
    assert keep.min() == 1


def test_a_head_and_shoulders_across_the_bottom_is_not_cut() -> None:
    subject = np.zeros((ROWS, CELLS), np.uint8)
    cv2.ellipse(subject, (80, 40), (18, 24), 0, 0, 360, 1, -1)
    cv2.ellipse(subject, (80, 100), (100, 38), 0, 0, 360, 1, -1)
    keep, _ = keep_mask(
        *masks(subject > 0, np.ones((ROWS, CELLS), np.bool_)), SETTINGS, cut_before=False
    )
    assert keep.min() == 1


def test_a_table_along_the_bottom_is_not_cut() -> None:
    table = np.zeros((ROWS, CELLS), np.bool_)
    table[65:] = True
    keep, cut = keep_mask(*masks(table, ~table), SETTINGS, cut_before=True)
    assert not cut
    assert keep.min() == 1


def test_tape_on_the_cloth_goes_and_a_hand_near_the_arm_stays() -> None:
    subject = person()
    subject[20:22, 20:22] = True
    subject[60:62, 92:94] = True
    keep, _ = keep_mask(*masks(subject, np.ones((ROWS, CELLS), np.bool_)), SETTINGS, cut_before=False)
    assert keep[20:22, 20:23].max() == 0
    assert keep[60:62, 92:94].min() == 1


def test_a_ball_in_the_air_stays() -> None:
    subject = person()
    cv2_ball = np.zeros((ROWS, CELLS), np.uint8)
    cv2.circle(cv2_ball, (20, 20), 3, 1, -1)
    keep, _ = keep_mask(
        *masks(subject | (cv2_ball > 0), np.ones((ROWS, CELLS), np.bool_)), SETTINGS, cut_before=False
    )
    assert keep.min() == 1


def test_a_drawn_shape_is_cleared() -> None:
    shape = ((0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 1.0))
    settings = KeySettings(garbage="off", marks=False, garbage_shapes=(shape,))
    everything = np.ones((ROWS, CELLS), np.float32)
    keep, cut = keep_mask(everything, np.zeros((ROWS, CELLS), np.bool_), settings, cut_before=False)
    assert not cut
    assert keep[:, 81:].max() == 0
    assert keep[:, :79].min() == 1

"""Nuke scripts as they are written, checked by a projection that knows only Nuke's own rules."""

from __future__ import annotations

from fractions import Fraction

import pytest

from openset.formats.camera_shot import CameraShot, Key, Optics
from openset.formats.nuke_script import encode
from openset.formats.nuke_text import listed, nodes
from openset.primitives.space import pose_from_pan_tilt_roll

LEVEL = pose_from_pan_tilt_roll((1.0, 2.0, 3.0), 0.0, 0.0, 0.0)


def shot(*keys: Key, name: str = "1-A t01") -> CameraShot:
    return CameraShot(name, keys, Fraction(30000, 1001), (1920, 1080), "01:00:00;00")


def knobs(text: bytes, kind: str) -> dict[str, str]:
    return next(node for node in nodes(text.decode()) if node.kind == kind).knobs


def test_a_standing_camera_is_plain_numbers() -> None:
    camera = knobs(encode(shot(Key(1001, LEVEL, Optics(35.0, 36.0, 20.25), 2.5, 2.8))), "Camera3")
    assert listed(camera["translate"]) == ["1", "3", "-2"]
    assert listed(camera["rotate"]) == ["0", "0", "0"]
    assert (camera["focal"], camera["haperture"], camera["vaperture"]) == ("35", "36", "20.25")
    assert (camera["focal_point"], camera["fstop"]) == ("2.5", "2.8")
    assert (camera["rot_order"], camera["xform_order"], camera["inputs"]) == ("ZXY", "SRT", "0")
    assert "win_translate" not in camera


def test_a_moving_channel_is_a_curve_whose_every_key_has_its_frame() -> None:
    there = pose_from_pan_tilt_roll((1.5, 2.0, 3.0), 0.0, 0.0, 0.0)
    camera = knobs(encode(shot(Key(1, LEVEL), Key(2, there), Key(5, LEVEL))), "Camera3")
    assert listed(camera["translate"]) == ["curve x1 1 x2 1.5 x5 1", "3", "-2"]
    assert "focal" not in camera


def test_a_drop_frame_timecode_is_one_word() -> None:
    camera = knobs(encode(shot(Key(1, LEVEL))), "Camera3")
    assert camera["openset_start_timecode"] == "01:00:00;00"


def test_a_value_that_differs_only_in_the_last_bit_stands_still() -> None:
    lenses = (Optics(35.0, 36.0, 0.1 + 0.2), Optics(35.0, 36.0, 0.3))
    camera = knobs(encode(shot(*(Key(at, LEVEL, lens) for at, lens in enumerate(lenses)))), "Camera3")
    assert camera["vaperture"] == "0.3"


def test_an_axis_right_of_the_middle_moves_the_window_left() -> None:
    # 0.36 mm right of a half of 18 mm is 0.02; 0.2025 mm down of 10.125 mm is 0.02.
    camera = knobs(encode(shot(Key(1, LEVEL, Optics(35.0, 36.0, 20.25, (0.36, 0.2025))))), "Camera3")
    assert listed(camera["win_translate"]) == ["-0.02", "0.02"]


def test_the_root_holds_rate_format_and_frames() -> None:
    root = knobs(encode(shot(Key(1001, LEVEL), Key(1010, LEVEL))), "Root")
    assert (root["first_frame"], root["last_frame"], root["fps"]) == ("1001", "1010", "29.97002997")
    assert root["format"] == "1920 1080 0 0 1920 1080 1 openset"


def test_a_lens_that_bends_brings_the_nodes_of_its_st_map() -> None:
    text = encode(shot(Key(1, LEVEL), name="1-A-t01"), distorted=True)
    assert [node.kind for node in nodes(text.decode())] == ["Root", "Camera3", "Read", "STMap"]
    assert knobs(text, "Read")["file"] == "[file dirname [value root.name]]/1-A-t01.stmap.exr"


@pytest.mark.parametrize("name", ['a"b', "c]d", "$e", "f\\g", "{h", "ö 2"])
def test_a_name_cannot_become_a_command(name: str) -> None:
    text = encode(shot(Key(1, LEVEL), name=name), distorted=True)
    camera = knobs(text, "Camera3")
    assert all(letter.isascii() and (letter.isalnum() or letter == "_") for letter in camera["name"])
    assert b"\n $e" not in text
    assert len(nodes(text.decode())) == 4

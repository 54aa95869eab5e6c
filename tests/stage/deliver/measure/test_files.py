"""Figures measured once: what the movies say of themselves, and the key."""

from pathlib import Path
from typing import Any

import pytest

from openset.primitives.errors import PlateBroken
from openset.stage.deliver.measure.files import key_moments, probe
from openset.stage.record.files import read_take


def test_a_movie_says_its_codec_colour_and_rate(shot_once: tuple[Any, Path]) -> None:
    folder = shot_once[1] / "takes" / "1-A-t01"
    record = read_take(folder)
    plate, matte = probe(folder / "picture.mov", record), probe(folder / "matte.mkv", record)
    assert (plate.what, plate.container, plate.pixel_format) == ("plate", "QuickTime", "yuv420p")
    assert plate.codec.startswith("H.264")
    assert plate.colour == "BT.709 primaries, BT.709 transfer, limited range"
    assert plate.frames == 12
    size = (folder / "picture.mov").stat().st_size
    assert plate.megabits_per_s == pytest.approx(size * 8 / 0.48 / 1e6)
    assert (matte.codec, matte.container) == ("FFV1", "Matroska")
    assert matte.colour.endswith("full range")


def test_a_movie_that_does_not_open_is_named(film: Any) -> None:
    folder = film.shoot()
    (folder / "picture.mov").write_bytes(b"no movie")
    with pytest.raises(PlateBroken, match=r"picture\.mov"):
        probe(folder / "picture.mov", read_take(folder))


def test_the_key_is_measured_at_moments_spread_over_the_take(film: Any) -> None:
    folder = film.shoot(frames=20)
    found = key_moments(folder, read_take(folder))
    assert [moment.timecode for moment in found] == [
        "10:00:07:02", "10:00:07:06", "10:00:07:10", "10:00:07:14", "10:00:07:18",
    ]  # fmt: skip
    assert all(0.3 < moment.screen_coverage < 0.9 for moment in found)
    assert all(moment.score > 50 for moment in found)

"""EXR files whose header says where the camera stood."""

from __future__ import annotations

import struct
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import OpenEXR
import pytest

from openset.formats.exr_attributes import ExrTimecode
from openset.formats.faults import FormatError
from openset.formats.opentrackio import validate
from openset.primitives.errors import BadInput
from openset.stage.exchange import exr_frames
from openset.stage.exchange.loss import lost
from openset.stage.exchange.model import CameraMove, Options
from openset.stage.exchange.move import fields


def one(move: CameraMove, index: int) -> CameraMove:
    return replace(move, samples=(move.samples[index],), times_ns=(0,))


def test_a_frame_loses_nothing_of_its_sample(crane: CameraMove, tmp_path: Path) -> None:
    path = tmp_path / "crane.exr"
    exr_frames.write(crane, path, Options(frame=5))
    read = exr_frames.read(path, Options())
    assert lost(fields(one(crane, 5)), fields(read.value)) == []
    assert validate(read.value.samples[0]) == []
    assert read.value.size_px == (1920, 1080)


def test_the_header_holds_openexrs_own_types(crane: CameraMove, tmp_path: Path) -> None:
    path = tmp_path / "crane.exr"
    exr_frames.write(crane, path, Options(frame=5))
    header = exr_frames.read_header(path)
    assert header["timeCode"] == ExrTimecode(10, 0, 0, 5)
    assert header["framesPerSecond"] == Fraction(25)
    assert header["entrancePupilOffset"] == pytest.approx(50.0)
    assert header["imageCounter"] == 6
    # The bytes: 16 floats row by row, so that the camera's place is in the last row.
    data = path.read_bytes()
    at = data.index(b"worldToCamera\0m44f\0") + len(b"worldToCamera\0m44f\0") + 4
    rows = np.array(struct.unpack("<16f", data[at : at + 64])).reshape(4, 4)
    assert rows[:, 3] == pytest.approx([0.0, 0.0, 0.0, 1.0])
    assert rows == pytest.approx(header["worldToCamera"])


def test_ndc_says_where_our_lens_sees_the_points(crane: CameraMove, seen: Any, tmp_path: Path) -> None:
    path = tmp_path / "crane.exr"
    for index in (0, 11):
        exr_frames.write(crane, path, Options(frame=index))
        header = exr_frames.read_header(path)
        world, pixels = seen(crane, index)
        x, y, _, w = (np.c_[world, np.ones(len(world))] @ header["worldToNDC"]).T
        # Single precision in the header: a hundredth of a pixel.
        assert np.stack([x / w * 1920, y / w * 1080], axis=1) == pytest.approx(pixels, abs=0.02)


def test_pixels_are_kept_as_they_are(crane: CameraMove, tmp_path: Path) -> None:
    path = tmp_path / "a.exr"
    pixels = np.linspace(0, 4, 6 * 8 * 3, dtype=np.float32).reshape(6, 8, 3)
    exr_frames.write_frame(path, pixels, crane.samples[0], None, 7)
    with OpenEXR.File(str(path)) as file:
        stored = file.channels()["RGB"].pixels
    assert stored.dtype == np.float16
    assert stored == pytest.approx(pixels, rel=1e-3)


def test_the_takes_picture_is_put_in_linear_light(crane: CameraMove, tmp_path: Path) -> None:
    movie = tmp_path / "picture.mkv"
    with av.open(str(movie), "w") as out:
        stream = out.add_stream("ffv1", rate=25, width=64, height=64, pix_fmt="yuv420p")
        for level in (0, 255, 128):
            plane = np.full((64, 64, 3), level, np.uint8)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(plane, format="rgb24")))
        out.mux(stream.encode(None))
    path = tmp_path / "a.exr"
    levels = []
    for frame in (0, 1, 2):
        exr_frames.write(replace(crane, picture=movie), path, Options(frame=frame))
        with OpenEXR.File(str(path)) as file:
            levels.append(float(file.channels()["RGB"].pixels.mean()))
    # Code 128 of 255 is 0.216 in linear light (IEC 61966-2-1).
    assert levels == pytest.approx([0.0, 1.0, 0.216], abs=0.01)


def test_a_frame_the_move_has_not_got_is_refused(crane: CameraMove, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="0 to 11, not 12"):
        exr_frames.write(crane, tmp_path / "a.exr", Options(frame=12))


def test_the_static_block_of_an_earlier_sample_comes_along(crane: CameraMove) -> None:
    bare = {key: value for key, value in crane.samples[1].items() if key != "static"}
    move = replace(crane, samples=(crane.samples[0], bare))
    assert exr_frames.whole_sample(move, 1)["static"] == crane.samples[0]["static"]


def test_a_frame_without_a_camera_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.exr"
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    OpenEXR.File(header, {"RGB": np.zeros((4, 4, 3), np.float16)}).write(str(path))
    with pytest.raises(FormatError, match="no attribute"):
        exr_frames.read(path, Options())
    path.write_bytes(b"no EXR at all")
    with pytest.raises(FormatError, match="not a readable EXR"):
        exr_frames.read(path, Options())


@pytest.mark.parametrize("damage", range(60))
def test_a_damaged_header_never_brings_the_program_down(
    crane: CameraMove, tmp_path: Path, damage: int
) -> None:
    path = tmp_path / "a.exr"
    exr_frames.write_frame(path, np.zeros((4, 4, 3), np.float16), crane.samples[0], None)
    data = bytearray(path.read_bytes())
    rng = np.random.default_rng(damage)
    for at in rng.integers(0, len(data), 4):
        data[at] = int(rng.integers(0, 256))
    path.write_bytes(bytes(data[: int(rng.integers(1, len(data) + 1))] if damage % 3 == 0 else data))
    with suppress(FormatError):
        exr_frames.read(path, Options())


def test_a_name_with_signs_stands_for_all_frames_and_is_read_back_as_one_move(
    crane: CameraMove, tmp_path: Path
) -> None:
    path = tmp_path / "plate.####.exr"
    exr_frames.write(crane, path, Options(format="exr"))
    found = exr_frames.files_of(path)
    assert len(found) == len(crane.samples)
    assert found[0][1].name == f"plate.{found[0][0]:04d}.exr"
    back = exr_frames.read(path, Options(format="exr")).value
    assert back.times_ns == pytest.approx(crane.times_ns, abs=1000)
    assert lost(fields(crane), fields(back)) == []


def test_a_broken_frame_of_a_sequence_costs_itself(crane: CameraMove, tmp_path: Path) -> None:
    path = tmp_path / "plate.####.exr"
    exr_frames.write(crane, path, Options(format="exr"))
    files = [each for _, each in exr_frames.files_of(path)]
    files[0].write_bytes(b"no EXR at all")
    files[5].write_bytes(files[5].read_bytes()[:100])
    back = exr_frames.read(path, Options(format="exr"))
    assert (len(back.value.samples), back.skipped) == (10, 2)
    assert back.faults[0] == "plate.0001.exr: this is not a readable EXR"
    # Frames 2 to 5, then 7 to 12: the gap stays a gap, 40 ms a frame.
    assert [time // 40_000_000 for time in back.value.times_ns] == [0, 1, 2, 3, 5, 6, 7, 8, 9, 10]
    for each in files:
        each.write_bytes(b"")
    with pytest.raises(FormatError, match=r"no frame of this name can be used \(plate.0001.exr"):
        exr_frames.read(path, Options(format="exr"))


def test_a_sequence_with_no_frame_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="no frame"):
        exr_frames.read(tmp_path / "plate.####.exr", Options(format="exr"))

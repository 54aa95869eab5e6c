"""Every frame that goes into a movie comes out, at its exact time and with its colours named."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.video.reformatter import ColorRange, Colorspace

from openset.primitives.time import Timecode, parse_timecode
from openset.stage.record.movie import COMPOSITE, MATTE, PICTURE, Movie, yuv_planes
from openset.store.recording import RecordingFile

SIZE = (190, 106)  # no multiple of 16, and rows that FFmpeg pads


def planes(index: int) -> list[np.ndarray]:
    ramp = np.roll(np.linspace(40, 200, SIZE[0]).astype(np.uint8), 5 * index)
    y = np.tile(ramp, (SIZE[1], 1))
    return [y, np.full((53, 95), 90 + index, np.uint8), np.full((53, 95), 160, np.uint8)]


def decoded(path: Path) -> tuple[list[av.VideoFrame], Any]:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        facts = (
            stream.average_rate,
            stream.duration,
            stream.time_base,
            stream.metadata,
            stream.codec_context,
        )
        return list(container.decode(stream)), facts


@pytest.mark.parametrize(
    "rate", [Fraction(25), Fraction(30000, 1001), Fraction(24000, 1001), Fraction(50)]
)
def test_frames_come_back_at_their_exact_times(tmp_path: Path, rate: Fraction) -> None:
    movie = Movie(RecordingFile(tmp_path / "a.mov"), COMPOSITE, *SIZE, Timecode(0, rate))
    for index in range(31):
        movie.add(*planes(index))
    movie.close()
    frames, (average, duration, base, _, _) = decoded(tmp_path / "a.mov")
    assert [frame.pts * base for frame in frames] == [index / rate for index in range(31)]
    assert average == rate
    assert duration * base == 31 / rate


def test_the_picture_is_near_what_went_in_and_every_frame_stands_alone(tmp_path: Path) -> None:
    movie = Movie(RecordingFile(tmp_path / "a.mov"), PICTURE, *SIZE, Timecode(0, Fraction(25)))
    for index in range(5):
        movie.add(*planes(index))
    movie.close()
    frames, _ = decoded(tmp_path / "a.mov")
    assert all(frame.key_frame for frame in frames)
    for index, frame in enumerate(frames):
        for wanted, plane in zip(planes(index), frame.planes, strict=True):
            rows = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)
            found = rows[:, : plane.width].astype(int)
            assert np.abs(found - wanted).mean() < 1.5


def test_the_matte_is_what_went_in_to_the_last_bit(tmp_path: Path) -> None:
    movie = Movie(RecordingFile(tmp_path / "a.mkv"), MATTE, *SIZE, Timecode(0, Fraction(25)))
    mattes = [np.random.default_rng(index).integers(0, 256, SIZE[::-1], np.uint8) for index in range(4)]
    for matte in mattes:
        movie.add(matte)
    movie.close()
    frames, _ = decoded(tmp_path / "a.mkv")
    for matte, frame in zip(mattes, frames, strict=True):
        assert np.array_equal(frame.to_ndarray(), matte)


def test_a_composite_has_a_whole_frame_every_second(tmp_path: Path, kit: Any) -> None:
    movie = Movie(RecordingFile(tmp_path / "a.mov"), COMPOSITE, 192, 108, Timecode(0, Fraction(25)))
    still = kit.picture(0)
    for _ in range(60):
        movie.add(*yuv_planes(still))
    movie.close()
    frames, (*_, context) = decoded(tmp_path / "a.mov")
    assert [index for index, frame in enumerate(frames) if frame.key_frame] == [0, 25, 50]
    assert not context.has_b_frames


@pytest.mark.parametrize(("kind", "name"), [(PICTURE, "a.mov"), (COMPOSITE, "a.mov"), (MATTE, "a.mkv")])
def test_colours_and_timecode_are_named(tmp_path: Path, kind: Any, name: str) -> None:
    start = parse_timecode("10:59:59;28", Fraction(30000, 1001))
    movie = Movie(RecordingFile(tmp_path / name), kind, *SIZE, start)
    grey = kind is MATTE
    movie.add(*(planes(0)[:1] if grey else planes(0)))
    movie.close()
    _, (*_, metadata, context) = decoded(tmp_path / name)
    assert {key.lower(): value for key, value in metadata.items()}["timecode"] == "10:59:59;28"
    assert context.color_range == (ColorRange.JPEG if grey else ColorRange.MPEG)
    assert context.colorspace == Colorspace.ITU709


def test_a_closed_mov_is_an_ordinary_one(tmp_path: Path) -> None:
    movie = Movie(RecordingFile(tmp_path / "a.mov"), PICTURE, *SIZE, Timecode(0, Fraction(25)))
    for index in range(30):
        movie.add(*planes(index))
    movie.close()
    data = (tmp_path / "a.mov").read_bytes()
    assert data[4:8] == b"ftyp"
    boxes, at = [], 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16], "big")
        boxes.append(data[at + 4 : at + 8])
        at += size
    assert boxes[-1] == b"moov"
    assert b"moof" not in boxes


def test_a_movie_of_no_frames_closes_quietly(tmp_path: Path) -> None:
    Movie(RecordingFile(tmp_path / "a.mov"), PICTURE, *SIZE, Timecode(0, Fraction(25))).close()
    assert (tmp_path / "a.mov").stat().st_size == 0

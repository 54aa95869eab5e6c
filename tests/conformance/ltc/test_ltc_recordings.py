"""Linear timecode against sound and decodes of others: libltc's own test recording, and its encoder's
two seconds over midnight."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from openset.formats.ltc import LtcFrame, encode, samples_from_pcm
from openset.formats.ltc_decode import Decoder
from openset.formats.ltc_follow import Follower
from openset.primitives.time import parse_timecode

Expected = list[tuple[str, int, int]]


@pytest.fixture
def timecode_folder(shared_data: Path) -> Path:
    folder = shared_data / "timecode"
    if not (folder / "ltc_48k_u8.raw").is_file():
        pytest.skip("the timecode recordings are absent")
    return folder


def expected(file: Path) -> Expected:
    """Each line: date, zone, timecode, |, the first and the last sample of the frame."""
    lines = [line.split() for line in file.read_text(encoding="ascii").splitlines() if line.strip()]
    return [(line[2], int(line[4]), int(line[5])) for line in lines]


def decode(sound: np.ndarray, sample_rate: int) -> list[LtcFrame]:
    decoder = Decoder(sample_rate)
    return decoder.feed(sound) + decoder.finish()


def test_every_frame_of_the_recording_is_found(timecode_folder: Path) -> None:
    # The recording's frames are 885 samples long at 25 a second: 22.05 kHz and a tape 0.35 % slow,
    # whatever its name says. It went through a transformer: its edges are pulses that sag to zero.
    wanted = expected(timecode_folder / "ltc_timecode.txt")
    sound = samples_from_pcm((timecode_folder / "ltc_48k_u8.raw").read_bytes(), 8)
    found = decode(sound, 22050)
    assert [str(frame) for frame in found] == [code for code, _, _ in wanted]
    # The other decoder places frames a little differently; three samples are a quarter of a bit.
    for frame, (_, first, last) in zip(found, wanted, strict=True):
        assert frame.start == pytest.approx(first, abs=3)
        assert frame.end - 1 == pytest.approx(last, abs=3)


def test_the_recording_is_the_same_faster_in_pieces_and_but_for_one_frame_backwards(
    timecode_folder: Path,
) -> None:
    wanted = [code for code, _, _ in expected(timecode_folder / "ltc_timecode.txt")]
    sound = samples_from_pcm((timecode_folder / "ltc_48k_u8.raw").read_bytes(), 8)
    assert [str(frame) for frame in decode(sound, 33075)][-46:] == wanted[-46:]
    # Backwards it sags before its edges, as no tape does: the frame with a blemish is lost.
    backwards = [str(frame) for frame in decode(sound[::-1], 22050)]
    assert backwards == [code for code in wanted[::-1] if code != "00:05:28:15"]
    decoder = Decoder(22050)
    pieces = [sound[begin : begin + 333] for begin in range(0, len(sound), 333)]
    found = [frame for piece in pieces for frame in decoder.feed(piece)] + decoder.finish()
    assert [str(frame) for frame in found] == wanted


def test_all_its_frames_are_believed_and_it_counts_25(timecode_folder: Path) -> None:
    sound = samples_from_pcm((timecode_folder / "ltc_48k_u8.raw").read_bytes(), 8)
    follower = Follower(22050)
    believed = [each for frame in decode(sound, 22050) for each in follower.feed(frame)]
    assert len(believed) == 47
    assert str(follower.rate) == "25"


def test_what_we_write_lies_where_the_other_encoder_puts_it(timecode_folder: Path) -> None:
    wanted = expected(timecode_folder / "ltc_expected_48k_2s.txt")
    first = parse_timecode(wanted[0][0], Fraction(25))
    sound = encode([first.plus(number) for number in range(len(wanted))], 48000)
    found = decode(sound, 48000)
    assert [str(frame) for frame in found] == [code for code, _, _ in wanted]
    for frame, (_, begin, end) in zip(found, wanted, strict=True):
        assert frame.start == pytest.approx(begin, abs=1)
        assert frame.end - 1 == pytest.approx(end, abs=1)

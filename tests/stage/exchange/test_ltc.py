"""Timecode in sound files and tables, in and out."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.formats.faults import FormatError
from openset.formats.ltc import TimecodeTrack, encode
from openset.primitives.space import IDENTITY
from openset.primitives.time import Timecode, parse_timecode
from openset.stage.exchange.convert import convert
from openset.stage.exchange.ltc import blocks_of_track, from_move, read, stretches, write
from openset.stage.exchange.model import CameraMove, Options
from openset.stage.exchange.move import even_times, sample_of
from openset.stage.exchange.opentrackio import write as write_move
from openset.stage.exchange.sound import write_sound

PAL, NTSC = Fraction(25), Fraction(30000, 1001)
RATES = [
    (Fraction(24), False),
    (Fraction(24000, 1001), False),
    (PAL, False),
    (NTSC, True),
    (NTSC, False),
    (Fraction(30), False),
]
LTC, TABLE = Options(format="ltc"), Options(format="timecode-csv")


def track(first: Timecode, count: int, begin_s: float = 0.0) -> TimecodeTrack:
    frames = tuple((first.plus(n), begin_s + float(n / first.rate)) for n in range(count))
    return TimecodeTrack(first.rate, first.drop_frame, frames)


@pytest.mark.parametrize("kind", RATES, ids=str)
@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.aif"])
def test_a_sound_file_gives_back_its_timecode_and_when_each_frame_begins(
    tmp_path: Path, kind: tuple[Fraction, bool], name: str
) -> None:
    wrote = track(Timecode(0, *kind).plus(-40), 80, begin_s=0.1234)
    write(wrote, tmp_path / name, LTC)
    found = read(tmp_path / name, LTC)
    assert (found.skipped, found.faults, found.unheld) == (0, (), ())
    assert (found.value.rate, found.value.drop_frame) == kind
    assert [code for code, _ in found.value.frames] == [code for code, _ in wrote.frames]
    for (_, read_s), (_, wrote_s) in zip(found.value.frames, wrote.frames, strict=True):
        assert read_s == pytest.approx(wrote_s, abs=5e-6)


@given(begin_s=st.floats(0, 2), pace=st.floats(0.9, 1.1), hole=st.integers(0, 20))
@settings(max_examples=10, deadline=None)
def test_jumps_pauses_and_tapes_off_speed_keep_their_times(
    tmp_path_factory: pytest.TempPathFactory, begin_s: float, pace: float, hole: int
) -> None:
    first = [(parse_timecode("10:00:00:00", PAL).plus(n), begin_s + 0.04 * pace * n) for n in range(40)]
    later_s = begin_s + 0.04 * pace * 40 + 0.04 * hole
    second = [(parse_timecode("12:00:00:00", PAL).plus(n), later_s + 0.04 * n) for n in range(40)]
    path = tmp_path_factory.mktemp("sound") / "a.wav"
    write(TimecodeTrack(PAL, False, (*first, *second)), path, LTC)
    found = read(path, replace(LTC, rate=PAL)).value
    times = dict(found.frames)
    assert len(times) >= 78
    for code, time_s in (*first[1:], *second[1:]):
        if code in times:
            assert times[code] == pytest.approx(time_s, abs=3e-4)


def test_frames_that_were_not_heard_are_filled_and_longer_gaps_are_silence() -> None:
    whole = track(parse_timecode("10:00:00:00", PAL), 200)
    holed = replace(whole, frames=whole.frames[:20] + whole.frames[25:50] + whole.frames[150:])
    found = list(stretches(holed))
    assert [(len(codes), float(begin)) for codes, begin, _ in found] == [(50, 0.0), (50, 6.0)]
    sound = np.concatenate(list(blocks_of_track(holed, 48000)))
    assert len(sound) == 200 * 1920
    assert not sound[50 * 1920 + 5 : 150 * 1920 - 5].any()
    assert np.abs(sound[40 * 1920 : 50 * 1920]).mean() > 0.4


def test_what_is_wrong_with_a_recording_is_counted(tmp_path: Path) -> None:
    code = parse_timecode("10:00:00:00", PAL)
    sound = encode([code.plus(n) for n in range(50)], 48000, user_bits=0x1234)
    odd = encode([code.plus(5000)], 48000)
    sound[20 * 1920 : 21 * 1920] = odd
    write_sound(tmp_path / "a.wav", 48000, [sound])
    found = read(tmp_path / "a.wav", LTC)
    assert len(found.value.frames) == 49
    assert found.skipped == 1
    assert found.faults == ("1 frames stood by themselves and are not believed",)
    assert found.unheld == ("user bits",)


def test_a_doubtful_rate_is_said_and_can_be_told(tmp_path: Path) -> None:
    code = Timecode(0, NTSC)
    slow = encode([code.plus(n) for n in range(60)], 48000 * 1001 // 1000)
    write_sound(tmp_path / "a.wav", 47000, [slow])
    found = read(tmp_path / "a.wav", LTC)
    assert any("--rate says which" in fault for fault in found.faults)
    told = read(tmp_path / "a.wav", replace(LTC, rate=NTSC))
    assert told.value.rate == NTSC
    assert told.faults == ()


def test_sound_without_timecode_is_a_named_error(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    write_sound(tmp_path / "a.wav", 48000, [rng.normal(0, 0.3, 96000).astype(np.float32)])
    with pytest.raises(FormatError, match="no timecode"):
        read(tmp_path / "a.wav", LTC)
    (tmp_path / "a.wav").write_bytes(b"RIFF")
    with pytest.raises(FormatError):
        read(tmp_path / "a.wav", LTC)


def test_a_recording_cut_off_keeps_what_came_before(tmp_path: Path) -> None:
    write(track(parse_timecode("10:00:00:00", PAL), 50), tmp_path / "a.wav", LTC)
    data = (tmp_path / "a.wav").read_bytes()
    (tmp_path / "a.wav").write_bytes(data[: len(data) // 2])
    assert 23 <= len(read(tmp_path / "a.wav", LTC).value.frames) <= 25


def test_a_table_goes_out_and_in(tmp_path: Path) -> None:
    wrote = track(parse_timecode("10:00:00;00", NTSC), 30, begin_s=0.5)
    write(wrote, tmp_path / "a.tc.csv", TABLE)
    found = read(tmp_path / "a.tc.csv", TABLE)
    assert [code for code, _ in found.value.frames] == [code for code, _ in wrote.frames]
    assert found.value.frames[7][1] == pytest.approx(wrote.frames[7][1], abs=1e-6)


def test_what_ltc_cannot_carry_is_a_named_error(tmp_path: Path) -> None:
    for wrong in (
        track(Timecode(0, Fraction(50)), 3),
        track(Timecode(0, PAL), 3, begin_s=-1.0),
        track(Timecode(0, PAL), 3, begin_s=1e6),
        TimecodeTrack(PAL, False, ()),
    ):
        with pytest.raises(FormatError):
            write(wrong, tmp_path / "a.wav", LTC)


def test_a_move_gives_its_timecode() -> None:
    code = parse_timecode("10:00:00:00", PAL)
    samples = tuple(
        sample_of(
            name="a", index=n, time_ns=n * 40_000_000, pose=IDENTITY, rate=PAL,
            timecode=None if n == 1 else code.plus(n),
        )
        for n in range(4)
    )  # fmt: skip
    move = CameraMove("a", samples, even_times(4, PAL), PAL)
    found = from_move(move)
    assert found.rate == PAL
    assert [(str(each), time_s) for each, time_s in found.frames] == [
        ("10:00:00:00", 0.0), ("10:00:00:02", 0.08), ("10:00:00:03", 0.12),
    ]  # fmt: skip
    bare = tuple({k: v for k, v in s.items() if k != "timing"} for s in samples)
    with pytest.raises(FormatError, match="no frame has a timecode"):
        from_move(CameraMove("a", bare, even_times(4, PAL), PAL))


def test_a_take_s_track_becomes_ltc_to_hand_to_the_sound_department(tmp_path: Path) -> None:
    code = parse_timecode("10:00:00:00", PAL)
    samples = tuple(
        sample_of(
            name="a", index=n, time_ns=n * 40_000_000, pose=IDENTITY, rate=PAL, timecode=code.plus(n)
        )
        for n in range(60)
    )
    write_move(
        CameraMove("a", samples, even_times(60, PAL), PAL),
        tmp_path / "a.otrk.jsonl",
        Options(format="opentrackio"),
    )
    done = convert(tmp_path / "a.otrk.jsonl", tmp_path / "a.wav", Options())
    assert (done.kind, done.frames) == ("timecode", 60)
    assert not any(name.startswith("frames") for name in done.lost_fields)
    again = convert(tmp_path / "a.wav", tmp_path / "a.tc.csv", Options())
    assert (again.frames, again.skipped, again.lost_fields) == (60, 0, ())

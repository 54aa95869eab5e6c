"""LTC for the engine: files in step with the picture, sound inputs that come and go."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from openset.formats.ltc import encode
from openset.primitives.time import parse_timecode
from openset.stage.exchange.sound import write_sound
from openset.stage.live import ltc_input
from openset.stage.live.ltc import parse_ltc
from openset.stage.live.ltc_input import LtcInput, sound_clock

PAL, NTSC = Fraction(25), Fraction(30000, 1001)
MS = 1_000_000
S = 1000 * MS


def tape(path: Path, first: str, frames: int, rate: Fraction = PAL, backwards: bool = False) -> str:
    code = parse_timecode(first, rate)
    sound = encode([code.plus(n) for n in range(frames)], 48000)
    write_sound(path, 48000, [sound[::-1].copy() if backwards else sound])
    return f"ltc:{path}"


def until(true: Callable[[], bool]) -> bool:
    """Wait a while for something another thread does."""
    for _ in range(500):
        if true():
            return True
        time.sleep(0.02)
    return False


def test_a_file_is_read_as_far_as_the_picture_is(tmp_path: Path) -> None:
    ltc = LtcInput(parse_ltc(tape(tmp_path / "a.wav", "10:00:00:00", 250)), PAL)
    assert ltc.state_at(0) == "none"
    ltc.start_at(0, realtime=False)
    ltc.advance(0)
    line = ltc.jam_at(0)
    assert line is not None
    assert str(line.timecode_at(1 * MS)) == "10:00:00:00"
    for seconds in range(12):
        ltc.advance(seconds * S)
        line = ltc.jam_at(seconds * S)
        assert line is not None
        assert str(line.timecode_at(seconds * S + MS)) == f"10:00:{seconds:02d}:00"
    assert ltc.state_at(9 * S) == "locked"
    assert ltc.state_at(11 * S) == "free"  # the file ended after ten seconds
    assert ltc.note == ""
    ltc.stop()


def test_a_file_that_plays_in_real_time_is_ahead_of_the_picture(tmp_path: Path) -> None:
    ltc = LtcInput(parse_ltc(tape(tmp_path / "a.wav", "10:00:00:00", 250)), PAL)
    start_ns = time.monotonic_ns()
    ltc.start_at(start_ns, realtime=True)
    assert until(lambda: ltc.state_at(start_ns) == "locked")
    line = ltc.jam_at(start_ns + S)
    assert line is not None
    assert str(line.timecode_at(start_ns + S + MS)) == "10:00:01:00"
    ltc.stop()


def test_a_source_s_delay_moves_its_timecode_earlier(tmp_path: Path) -> None:
    source = tape(tmp_path / "a.wav", "10:00:00:00", 100)
    ltc = LtcInput(parse_ltc(source + "?delay_ms=80"), PAL)
    ltc.start_at(0, realtime=False)
    ltc.advance(S)
    line = ltc.jam_at(S)
    assert line is not None
    # What is heard at 1 s was sent at 0.92 s, with the frame of that moment: two frames more by now.
    assert str(line.timecode_at(S + MS)) == "10:00:01:02"
    ltc.stop()


@pytest.mark.parametrize(
    ("ltc_rate", "picture", "times"),
    [(PAL, PAL, 1), (PAL, Fraction(50), 2), (NTSC, Fraction(60000, 1001), 2)],
)
def test_ltc_of_the_picture_s_rate_or_half_of_it_is_used(
    tmp_path: Path, ltc_rate: Fraction, picture: Fraction, times: int
) -> None:
    ltc = LtcInput(parse_ltc(tape(tmp_path / "a.wav", "10:00:00:00", 100, ltc_rate)), picture)
    ltc.start_at(0, realtime=False)
    ltc.advance(S)
    assert ltc.state_at(S) == "locked"
    assert ltc.times == times
    ltc.stop()


def test_ltc_of_another_rate_is_said_and_not_used(tmp_path: Path) -> None:
    source = parse_ltc(tape(tmp_path / "a.wav", "10:00:00;00", 100, NTSC))
    ltc = LtcInput(source, PAL)
    ltc.start_at(0, realtime=False)
    ltc.advance(2 * S)
    assert ltc.jam_at(S) is None
    assert ltc.note == (
        "the timecode counts 29.97 drop-frame, the picture 25 frames a second: it is not used"
    )
    ltc.stop()


def test_ltc_that_runs_backwards_is_said_and_not_used(tmp_path: Path) -> None:
    source = parse_ltc(tape(tmp_path / "a.wav", "10:00:00:00", 100, backwards=True))
    ltc = LtcInput(source, PAL)
    ltc.start_at(0, realtime=False)
    ltc.advance(2 * S)
    assert ltc.jam_at(S) is None
    assert "backwards" in ltc.note
    ltc.stop()


def test_sound_that_a_busy_machine_lost_moves_the_clock_within_seconds() -> None:
    # Blocks of 1024 samples that come up to 5 ms late; after 20 s the card has lost 100 ms of sound, so
    # that its own count is as much behind for ever: two and a half frames.
    rng = np.random.default_rng(1)
    clock = sound_clock()
    off_ms = {}
    for number in range(1, 1200):
        true_ns = round(number * 1024 / 48000 * S)
        counted_ns = true_ns - (100 * MS if true_ns > 20 * S else 0)
        told_ns = clock.update(counted_ns, true_ns + round(rng.uniform(0, 5) * MS))
        off_ms[true_ns // S] = abs(told_ns - true_ns) / MS
    assert max(off for second, off in off_ms.items() if second < 20) < 1.0
    assert max(off for second, off in off_ms.items() if second > 21) < 5.0


def test_a_sound_input_that_is_not_there_is_a_state_and_is_heard_once_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ltc_input, "RETRY_S", 0.1)
    code = parse_timecode("10:00:00:00", PAL)
    mono = (encode([code.plus(n) for n in range(250)], 48000) * 32767).astype("<i2")
    np.stack([mono, mono], 1).tofile(tmp_path / "tape.raw")
    config = tmp_path / "asound.conf"
    config.write_text("# nothing is plugged in\n", encoding="utf-8")
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(config))
    ltc = LtcInput(parse_ltc("ltc:alsa:tape"), PAL)
    assert not ltc.wait_for_lock(0.0)
    ltc.start()
    assert until(lambda: "cannot be heard" in ltc.note)
    plugged = tmp_path / "plugged.conf"
    plugged.write_text(
        f'pcm.tape {{ type file; slave.pcm {{ type null }}; file "/dev/null"; '
        f'infile "{tmp_path}/tape.raw"; format "raw" }}\n',
        encoding="utf-8",
    )
    shutil.move(plugged, config)
    # ALSA's null input gives sound as fast as it is asked for: its pace means nothing, but it is heard.
    assert until(lambda: "cannot be heard" not in ltc.note)
    ltc.stop()

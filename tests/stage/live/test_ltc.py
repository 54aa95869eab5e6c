"""Where LTC is heard: what a source is called, real files, a real sound input, and what is said."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from openset.formats.ltc import encode
from openset.primitives.errors import BadInput
from openset.primitives.time import Timecode, parse_timecode
from openset.stage.exchange.sound import write_sound
from openset.stage.live.ltc import Ear, LtcSource, parse_ltc, watch

PAL = Fraction(25)


def codes(first: str, count: int, rate: Fraction = PAL) -> list[Timecode]:
    code = parse_timecode(first, rate)
    return [code.plus(n) for n in range(count)]


@pytest.fixture
def wav(tmp_path: Path) -> Path:
    sound = encode(codes("10:00:00:00", 75), 48000, user_bits=0x12)
    write_sound(tmp_path / "tape.wav", 48000, [sound])
    return tmp_path / "tape.wav"


@pytest.fixture
def sound_card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A sound input of ALSA's own making, `tape`, which plays raw stereo sound from a file."""
    left = np.zeros(250 * 1920, np.int16)
    right = (encode(codes("10:00:00:00", 250), 48000) * 32767).astype(np.int16)
    np.stack([left, right], 1).astype("<i2").tofile(tmp_path / "tape.raw")
    config = tmp_path / "asound.conf"
    config.write_text(
        f'pcm.tape {{ type file; slave.pcm {{ type null }}; file "/dev/null"; '
        f'infile "{tmp_path}/tape.raw"; format "raw" }}\n',
        encoding="utf-8",
    )
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(config))
    return config


def test_a_source_is_an_input_or_a_file_with_its_channel_and_delay(wav: Path) -> None:
    text = "ltc:alsa:hw:1,0?channel=2&delay_ms=12.5"
    assert parse_ltc(text) == LtcSource(text, "alsa", "hw:1,0", 1, 0.0125)
    assert parse_ltc(f"ltc:{wav}") == LtcSource(f"ltc:{wav}", "", str(wav))
    assert parse_ltc(f"ltc:{wav}?channel=1").channel == 0


@pytest.mark.parametrize(
    "text",
    ["tape.wav", "ltc:", "ltc:no-such-file.wav", "ltc:alsa:", "ltc:alsa:hw:1?channel=0",
     "ltc:alsa:hw:1?channel=two", "ltc:alsa:hw:1?loud", "ltc:alsa:hw:1?delay_ms=1e9",
     "ltc:alsa:hw:1?delay_ms=nan"],
)  # fmt: skip
def test_what_is_no_source_says_what_to_write(text: str) -> None:
    with pytest.raises(BadInput, match="Write ltc:FILE"):
        parse_ltc(text)


def test_a_file_without_sound_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"no sound at all")
    with pytest.raises(BadInput, match="cannot be heard"):
        Ear(parse_ltc(f"ltc:{tmp_path / 'a.wav'}"))


def test_an_ear_gives_every_frame_with_its_time(wav: Path) -> None:
    ear = Ear(parse_ltc(f"ltc:{wav}"))
    heard = []
    while (found := ear.hear()) is not None:
        heard += found
    ear.close()
    assert [str(frame) for frame, _ in heard] == [str(code) for code in codes("10:00:00:00", 75)]
    for number, (_, began_s) in enumerate(heard):
        assert began_s == pytest.approx(number * 0.04, abs=1e-5)
    assert ear.hear() is None


def test_a_channel_that_is_not_there_is_named(wav: Path) -> None:
    ear = Ear(parse_ltc(f"ltc:{wav}?channel=4"))
    with pytest.raises(BadInput, match="no channel 4"):
        ear.hear()
    ear.close()


def test_what_is_heard_of_a_file_is_told_each_second_and_at_its_end(wav: Path) -> None:
    reports = list(watch(f"ltc:{wav}"))
    last = reports[-1]
    assert len(reports) in (3, 4)
    assert (last.timecode, last.rate, last.certain) == ("10:00:02:24", "25", True)
    assert (last.frames, last.missing, last.jumps, last.faults) == (75, 0, 0, ())
    assert (last.channel, last.user_bits, last.reverse) == (1, 0x12, False)
    assert last.level_db == pytest.approx(-8, abs=2)
    assert last.speed == pytest.approx(1.0, abs=1e-5)
    assert last.trouble == ""
    assert len(list(watch(f"ltc:{wav}", seconds=1.5))) == 2


def test_a_sound_input_is_heard_through_alsa(sound_card: Path) -> None:
    reports = list(watch("ltc:alsa:tape?channel=2", seconds=2.0))
    assert reports[-1].trouble == ""
    assert reports[-1].rate == "25"
    assert reports[-1].channel == 2
    assert reports[-1].frames >= 45


def test_a_sound_input_that_is_not_there_is_reported_and_not_raised(sound_card: Path) -> None:
    reports = list(watch("ltc:alsa:gone", seconds=0.1))
    assert "cannot be heard" in reports[0].trouble
    assert "arecord -l" in reports[0].trouble

"""Where LTC is heard: what a source is called, real files, a real sound input, and what is said."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from openset.formats.ltc import encode
from openset.primitives.errors import BadInput
from openset.primitives.time import Timecode, parse_timecode
from openset.stage.exchange.sound import write_sound
from openset.stage.live.ltc import Ear, LtcSource, open_sound, parse_ltc, watch

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


def write_clip(path: Path, codec: str, sound: np.ndarray, begin_s: float) -> None:
    """Three seconds of grey with a sound track that begins `begin_s` after the picture."""
    with av.open(str(path), "w") as clip:
        video = clip.add_stream("libx264", rate=PAL)
        video.width, video.height, video.pix_fmt = 64, 36, "yuv420p"
        audio = clip.add_stream(codec, rate=48000, layout="mono")
        for number in range(75):
            picture = av.VideoFrame.from_ndarray(np.full((54, 64), 128, np.uint8), format="yuv420p")
            picture.pts, picture.time_base = number, 1 / PAL
            clip.mux(video.encode(picture))
        clip.mux(video.encode(None))
        for first in range(0, len(sound), 1024):
            piece = sound[None, first : first + 1024]
            whole = piece if codec == "aac" else (piece * 32767).astype(np.int16)
            kind = "fltp" if codec == "aac" else "s16"
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(whole), format=kind, layout="mono")
            frame.sample_rate, frame.time_base = 48000, Fraction(1, 48000)
            frame.pts = round(begin_s * 48000) + first
            clip.mux(audio.encode(frame))
        clip.mux(audio.encode(None))


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


@pytest.mark.parametrize(
    ("name", "codec", "begin_s"),
    [("a.mov", "pcm_s16le", 0.5), ("a.mp4", "aac", 0.5), ("a.ts", "aac", 0.0), ("a.mkv", "aac", 0.5)],
)
def test_the_sound_of_a_clip_counts_from_its_first_picture(
    tmp_path: Path, name: str, codec: str, begin_s: float
) -> None:
    # Timecode true to the picture, in sound that begins later than it.
    sound = encode(codes("10:00:00:00", 75), 48000)[round(begin_s * 48000) :]
    write_clip(tmp_path / name, codec, sound, begin_s)
    ear = Ear(parse_ltc(f"ltc:{tmp_path / name}"))
    heard = {}
    while (found := ear.hear()) is not None:
        heard |= {str(frame): began_s for frame, began_s in found}
    ear.close()
    # A container may round the sound's beginning to a millisecond.
    assert heard["10:00:02:00"] == pytest.approx(2.0, abs=1.1e-3)


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


def test_a_card_with_one_channel_is_heard_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "asound.conf"
    config.write_text(
        'pcm.null { type null }\npcm.one { type multi; slaves.a.pcm "null"; slaves.a.channels 1; '
        "bindings.0.slave a; bindings.0.channel 0 }\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(config))
    container = open_sound(parse_ltc("ltc:alsa:one"))
    assert container.streams.audio[0].channels == 1
    container.close()
    with pytest.raises(BadInput, match="cannot be heard"):
        open_sound(parse_ltc("ltc:alsa:one?channel=2"))


def test_a_sound_input_that_is_not_there_is_reported_and_not_raised(sound_card: Path) -> None:
    reports = list(watch("ltc:alsa:gone", seconds=0.1))
    assert "cannot be heard" in reports[0].trouble
    assert "arecord -l" in reports[0].trouble


def test_a_sound_input_that_is_not_there_leaves_the_terminal_clean(
    sound_card: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    list(watch("ltc:alsa:gone", seconds=0.1))
    os.write(2, b"others are still heard\n")
    assert capfd.readouterr().err == "others are still heard\n"

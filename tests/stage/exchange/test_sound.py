"""Sound files, block by block."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from openset.formats.faults import FormatError
from openset.stage.exchange.sound import read_sound, write_sound


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.aif", "a.aiff"])
def test_what_is_written_is_read_back_to_a_step_of_sixteen_bits(tmp_path: Path, name: str) -> None:
    rng = np.random.default_rng(1)
    blocks = [rng.uniform(-1, 1, size).astype(np.float32) for size in (10_000, 1, 333)]
    write_sound(tmp_path / name, 48000, blocks)
    read = list(read_sound(tmp_path / name))
    assert {rate for _, rate in read} == {48000}
    samples = np.concatenate([block[0] for block, _ in read])
    scale = float(2 ** (8 * samples.dtype.itemsize - 1))
    assert np.abs(samples / scale - np.concatenate(blocks)).max() < 6e-5


def test_where_a_file_leaves_sound_out_there_is_silence(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "a.mkv"), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=48000, layout="mono")
        for begin in (0, 4800, 4800 * 21):  # the third comes 1.9 s late
            loud = np.full((1, 4800), 1000, np.int16)
            frame = av.AudioFrame.from_ndarray(loud, format="s16", layout="mono")
            frame.sample_rate, frame.pts = 48000, begin
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    sound = np.concatenate([block[0] for block, _ in read_sound(tmp_path / "a.mkv")])
    assert len(sound) == 4800 * 22
    assert not sound[9600 : 4800 * 21].any()
    assert (sound[:9600] == 1000).all()
    assert (sound[4800 * 21 :] == 1000).all()


def test_a_wav_can_grow_past_four_gigabytes(tmp_path: Path) -> None:
    write_sound(tmp_path / "a.wav", 48000, [np.zeros(480, np.float32)])
    # EBU Tech 3306: the place for the 64-bit sizes is kept free by a JUNK chunk.
    data = (tmp_path / "a.wav").read_bytes()
    assert (data[:4], data[8:16]) == (b"RIFF", b"WAVEJUNK")


def test_no_sound_is_a_named_error(tmp_path: Path) -> None:
    for data in (b"", b"RIFF1234WAVE", b"\x00" * 100, b"some words"):
        (tmp_path / "a.wav").write_bytes(data)
        with pytest.raises(FormatError):
            list(read_sound(tmp_path / "a.wav"))

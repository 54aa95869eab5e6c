"""Sound files, block by block."""

from __future__ import annotations

from pathlib import Path

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


def test_no_sound_is_a_named_error(tmp_path: Path) -> None:
    for data in (b"", b"RIFF1234WAVE", b"\x00" * 100, b"some words"):
        (tmp_path / "a.wav").write_bytes(data)
        with pytest.raises(FormatError):
            list(read_sound(tmp_path / "a.wav"))

"""The seal's own files: no byte of them changes unnoticed."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.stage.deliver.verify.chain import CHAIN_FILE, seal_troubles


@pytest.fixture(scope="module")
def seal(shot_once: tuple[Any, Path]) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (shot_once[1] / "ascmhl").iterdir()}


def test_a_seal_as_it_was_made_is_whole(seal: dict[str, bytes]) -> None:
    assert len(seal) == 2
    assert seal_troubles(seal) == {}


def test_every_bit_of_the_chain_file_counts(seal: dict[str, bytes]) -> None:
    chain = seal[CHAIN_FILE]
    missed = []
    for place in range(len(chain)):
        for bit in range(8):
            spoilt = bytearray(chain)
            spoilt[place] ^= 1 << bit
            if CHAIN_FILE not in seal_troubles({**seal, CHAIN_FILE: bytes(spoilt)}):
                missed.append((place, bytes(spoilt[max(0, place - 8) : place + 8])))
    assert missed == []


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_any_changed_manifest_is_named(seal: dict[str, bytes], data: Any) -> None:
    name = next(name for name in seal if name != CHAIN_FILE)
    place = data.draw(st.integers(0, len(seal[name]) - 1))
    spoilt = bytearray(seal[name])
    spoilt[place] ^= data.draw(st.integers(1, 255))
    assert name in seal_troubles({**seal, name: bytes(spoilt)})


def test_missing_and_strange_files_are_named(seal: dict[str, bytes]) -> None:
    name = next(name for name in seal if name != CHAIN_FILE)
    assert seal_troubles({name: seal[name]}) == {CHAIN_FILE: "is missing"}
    assert seal_troubles({CHAIN_FILE: seal[CHAIN_FILE]})[name] == "is missing"
    assert "0002_x.mhl" in seal_troubles({**seal, "0002_x.mhl": b""})


@pytest.mark.parametrize("text", [b"", b"<?xml version='1.0' encoding='UTF-8'?>\n<a/>", b"\xff"])
def test_rubbish_is_named_and_no_exception(text: bytes) -> None:
    assert CHAIN_FILE in seal_troubles({CHAIN_FILE: text})


@given(st.binary(max_size=200))
def test_any_bytes_are_named_and_no_exception(text: bytes) -> None:
    assert CHAIN_FILE in seal_troubles({CHAIN_FILE: text})

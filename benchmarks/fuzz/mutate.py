"""Valid bytes made wrong in every way a wire, a disk or an enemy makes them wrong; one seed, one sequence."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Sequence

MAGIC = [
    b"\x00", b"\xff", b"\x7f", b"\x80", b"\x00\x00\x00\x00", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\x80\x00\x00\x00",
    struct.pack("<d", float("nan")), struct.pack("<d", float("inf")), struct.pack(">d", 1e308), struct.pack("<f", float("nan")),
    b"1e400", b"NaN", b"Infinity", b"-0", b"99999999999999999999", b"[[[[[[[[", b"{{{{{{{{", b'"', b"\\u0000", b"\r\n", b"\n", b"\t", b",",
    b"<!DOCTYPE a [<!ENTITY b 'c'>]>", b"&b;", b"<a>", b"</a>", b"]]>", b"\xef\xbb\xbf", b"\xff\xfe", b"\xc3", b"\xed\xa0\x80",
    "\u202e".encode(), "Ａ".encode(), "٣".encode(), b"%s%n", b"../../",
]  # fmt: skip


def mutated(seed: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    """One to four changes of `seed`; `others` are spliced in."""
    data = bytearray(seed)
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 4))):
        _CHANGES[int(rng.random() * len(_CHANGES))](data, others, rng)
    return bytes(data[:200_000])


def _at(data: bytearray, rng: random.Random) -> int:
    return int(rng.random() * (len(data) + 1))


def _flip(data: bytearray, _: Sequence[bytes], rng: random.Random) -> None:
    if data:
        data[int(rng.random() * len(data))] ^= 1 << int(rng.random() * 8)


def _byte(data: bytearray, _: Sequence[bytes], rng: random.Random) -> None:
    if data:
        data[int(rng.random() * len(data))] = int(rng.random() * 256)


def _cut(data: bytearray, _: Sequence[bytes], rng: random.Random) -> None:
    del data[_at(data, rng) :]


def _drop(data: bytearray, _: Sequence[bytes], rng: random.Random) -> None:
    start = _at(data, rng)
    del data[start : start + 1 + int(rng.random() * 16)]


def _insert(data: bytearray, _: Sequence[bytes], rng: random.Random) -> None:
    at = _at(data, rng)
    data[at:at] = MAGIC[int(rng.random() * len(MAGIC))]


def _overwrite(data: bytearray, _: Sequence[bytes], rng: random.Random) -> None:
    piece, at = MAGIC[int(rng.random() * len(MAGIC))], _at(data, rng)
    data[at : at + len(piece)] = piece


def _repeat(data: bytearray, _: Sequence[bytes], rng: random.Random) -> None:
    start = _at(data, rng)
    piece = data[start : start + 1 + int(rng.random() * 64)]
    data[start:start] = piece * (1 + int(rng.random() * 4))


def _splice(data: bytearray, others: Sequence[bytes], rng: random.Random) -> None:
    other = others[int(rng.random() * len(others))]
    start, at = int(rng.random() * (len(other) + 1)), _at(data, rng)
    data[at:] = other[start:]


_CHANGES: list[Callable[[bytearray, Sequence[bytes], random.Random], None]] = [
    _flip, _flip, _byte, _byte, _cut, _drop, _insert, _overwrite, _repeat, _splice,
]  # fmt: skip

"""One journal entry: its fields, its canonical bytes, its hash and its signature.

Canonical bytes are RFC 8785 JSON over a narrow value space: text, whole numbers within +-(2^53 - 1),
true, false, null, lists, and maps with ASCII keys. Fractions are refused, since two machines may print
one number in two ways; money travels in minor units. Signatures are Ed25519 (RFC 8032) over a fixed
prefix and those bytes; a device is named by its public key, so any log proves itself with no directory.
See docs/decisions/0003-journal-entries.md.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from openset.hub.journal.clock import LARGEST_COUNT, LARGEST_WALL_MS, Stamp

SCHEMA = 1
FIRST = "0" * 64
"""What the first entry of a log names as its previous."""

PREFIX = b"openset journal entry 1\n"
LARGEST_BYTES = 1_000_000
DEEPEST = 16
_LARGEST_INT = 2**53 - 1
_HASH = re.compile(r"[0-9a-f]{64}")
_SIGNATURE = re.compile(r"[0-9a-f]{128}")
_KIND = re.compile(r"[a-z][a-z_]{0,39}\.[a-z][a-z_]{0,39}")


class EntryError(ValueError):
    """The entry cannot stand in a journal; the message says which field and why."""


@dataclass(frozen=True)
class Entry:
    """One change of one shared record.

    `schema` numbers the envelope, `version` the payload of this `kind`. `device` is the writer's public
    key, hex; `sequence` counts from 1 without gaps on that device; `previous` is the hash of the
    device's entry before it. `author` is a person's id, or "" where the device acted by itself.
    `subject` is the id of the changed thing. `signature` is hex, and no part of the hash.
    """

    schema: int
    version: int
    device: str
    sequence: int
    previous: str
    time: Stamp
    author: str
    kind: str
    subject: str
    payload: Mapping[str, Any]
    signature: str = ""


def canonical(value: object) -> bytes:
    """The one byte form of a value (see the module); EntryError for what has none."""
    _check_value(value, "value", 0)
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError as error:
        raise EntryError(f"value has no canonical form: {error}") from None


def _check_value(value: object, where: str, depth: int) -> None:
    if depth > DEEPEST:
        raise EntryError(f"{where} is nested deeper than {DEEPEST}")
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, int):
        if abs(value) > _LARGEST_INT:
            raise EntryError(f"{where} is a number beyond 2^53")
    elif isinstance(value, str):
        if not value.isascii() and any(0xD800 <= ord(letter) <= 0xDFFF for letter in value):
            raise EntryError(f"{where} is not valid Unicode text")
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            _check_value(item, f"{where}[{index}]", depth + 1)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if not isinstance(key, str) or not key.isascii():
                raise EntryError(f"{where} has a key that is not ASCII text: {key!r}")
            _check_value(item, f"{where}.{key}", depth + 1)
    else:
        raise EntryError(f"{where} is a {type(value).__name__}, which has no canonical form")


def body(entry: Entry) -> bytes:
    """The canonical bytes that are hashed and signed: every field but the signature."""
    return canonical(
        {
            "author": entry.author,
            "device": entry.device,
            "kind": entry.kind,
            "payload": entry.payload,
            "previous": entry.previous,
            "schema": entry.schema,
            "sequence": entry.sequence,
            "subject": entry.subject,
            "time": {"count": entry.time.count, "wall_ms": entry.time.wall_ms},
            "version": entry.version,
        }
    )


def entry_hash(entry: Entry) -> str:
    """SHA-256 of the body, hex: how the next entry of the log names this one."""
    return hashlib.sha256(body(entry)).hexdigest()


def device_id(key: Ed25519PrivateKey) -> str:
    """The device's name: its raw public key, 64 hex digits."""
    return key.public_key().public_bytes_raw().hex()


def sign(entry: Entry, key: Ed25519PrivateKey) -> Entry:
    """The entry with its signature; EntryError when the key is another device's or a field is wrong."""
    if device_id(key) != entry.device:
        raise EntryError("device is not the one that holds this key")
    _check_fields(entry)
    data = body(entry)
    if len(data) > LARGEST_BYTES:
        raise EntryError(f"payload makes an entry of {len(data)} bytes; at most {LARGEST_BYTES} fit")
    return replace(entry, signature=key.sign(PREFIX + data).hex())


def signature_holds(entry: Entry) -> bool:
    """Whether the device named in the entry signed exactly these fields."""
    if not _HASH.fullmatch(entry.device) or not _SIGNATURE.fullmatch(entry.signature):
        return False
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(entry.device))
        key.verify(bytes.fromhex(entry.signature), PREFIX + body(entry))
    except (InvalidSignature, EntryError, ValueError):
        return False
    return True


def parse(data: bytes, signature: str) -> Entry:
    """A stored or received body to an entry; EntryError unless the bytes are exactly canonical.

    The signature is carried along, not checked: `signature_holds` says whether it holds.
    """
    if len(data) > LARGEST_BYTES:
        raise EntryError(f"the entry has {len(data)} bytes; at most {LARGEST_BYTES} are taken")
    try:
        fields = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise EntryError(f"the entry is not JSON: {error}") from None
    entry = _from_fields(fields, signature)
    _check_fields(entry)
    if body(entry) != data:
        raise EntryError("the entry is not in canonical form")
    return entry


def _from_fields(fields: object, signature: str) -> Entry:
    names = {"author", "device", "kind", "payload", "previous"}
    names |= {"schema", "sequence", "subject", "time", "version"}
    if not isinstance(fields, dict) or set(fields) != names:
        raise EntryError("the entry does not have exactly the fields of an entry")
    time = fields.pop("time")
    if not isinstance(time, dict) or set(time) != {"count", "wall_ms"}:
        raise EntryError("time is not a wall_ms and a count")
    return Entry(**fields, time=Stamp(**time), signature=signature)


def _check_fields(entry: Entry) -> None:
    for name, largest in (("schema", 2**16), ("version", 2**16), ("sequence", _LARGEST_INT)):
        _check_whole(name, getattr(entry, name), 1, largest)
    _check_whole("time.wall_ms", entry.time.wall_ms, 0, LARGEST_WALL_MS)
    _check_whole("time.count", entry.time.count, 0, LARGEST_COUNT)
    for name, form in (("device", _HASH), ("previous", _HASH), ("kind", _KIND)):
        value = getattr(entry, name)
        if not isinstance(value, str) or not form.fullmatch(value):
            raise EntryError(f"{name} is not of the right form")
    for name in ("author", "subject"):
        value = getattr(entry, name)
        if not isinstance(value, str) or len(value) > 200:
            raise EntryError(f"{name} is not a text of at most 200 letters")
    if not isinstance(entry.payload, Mapping):
        raise EntryError("payload is not a map")


def _check_whole(name: str, value: object, least: int, largest: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= largest:
        raise EntryError(f"{name} is not a whole number from {least} to {largest}")

"""An entry has one byte form, and its signature covers every field."""

import json
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import assume, given
from hypothesis import strategies as st

from openset.hub.journal.clock import Stamp
from openset.hub.journal.entry import (
    FIRST,
    LARGEST_BYTES,
    Entry,
    EntryError,
    body,
    canonical,
    device_id,
    entry_hash,
    parse,
    sign,
    signature_holds,
)

# RFC 8032, section 7.1, test 1: a published key pair.
KEY = Ed25519PrivateKey.from_private_bytes(
    bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
)
DEVICE = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"

texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
keys = st.text(st.characters(max_codepoint=126, min_codepoint=32), max_size=8)
leaves = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | texts
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=8,
)
payloads = st.dictionaries(keys, values, max_size=4)


def entry(**changes: Any) -> Entry:
    plain = Entry(
        1,
        1,
        DEVICE,
        1,
        FIRST,
        Stamp(1_700_000_000_000, 0),
        "ama",
        "take.circled",
        "1-A-t03",
        {"on": True},
    )
    return replace(plain, **changes)


def test_the_device_is_named_by_its_public_key() -> None:
    assert device_id(KEY) == DEVICE


def test_the_bytes_are_sorted_and_tight_and_stay_as_decision_0003_shows_them() -> None:
    assert body(entry()) == (
        b'{"author":"ama","device":"'
        + DEVICE.encode()
        + b'","kind":"take.circled","payload":{"on":true},'
        b'"previous":"' + FIRST.encode() + b'","schema":1,"sequence":1,"subject":"1-A-t03",'
        b'"time":{"count":0,"wall_ms":1700000000000},"version":1}'
    )


@given(values)
def test_canonical_bytes_are_what_plain_json_with_sorted_keys_writes(value: Any) -> None:
    plain = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert canonical(value) == plain.encode()


@given(payloads)
def test_an_entry_is_read_back_as_it_was_signed(payload: dict[str, Any]) -> None:
    signed = sign(entry(payload=payload), KEY)
    assert parse(body(signed), signed.signature) == signed
    assert signature_holds(signed)


@pytest.mark.parametrize(
    "payload",
    [
        {"share": 0.5},
        {"big": 2**53},
        {"é": 1},
        {1: "one"},
        {"half": "\ud800"},
        {"raw": b"bytes"},
        {"set": {1}},
    ],
)
def test_a_payload_two_machines_could_write_differently_is_refused(payload: Any) -> None:
    with pytest.raises(EntryError):
        sign(entry(payload=payload), KEY)


def test_a_payload_nested_without_end_is_refused() -> None:
    deep: Any = "bottom"
    for _ in range(2000):
        deep = [deep]
    with pytest.raises(EntryError, match="nested deeper"):
        sign(entry(payload={"deep": deep}), KEY)


def test_an_oversized_payload_is_refused_with_its_size() -> None:
    with pytest.raises(EntryError, match="at most 1000000 fit"):
        sign(entry(payload={"text": "x" * LARGEST_BYTES}), KEY)


def test_a_device_cannot_sign_for_another() -> None:
    with pytest.raises(EntryError, match="device"):
        sign(entry(), Ed25519PrivateKey.generate())


tampered = st.one_of(
    st.fixed_dictionaries({"schema": st.integers(2, 99)}),
    st.fixed_dictionaries({"version": st.integers(2, 99)}),
    st.fixed_dictionaries({"sequence": st.integers(2, 2**40)}),
    st.fixed_dictionaries({"previous": st.text("0123456789abcdef", min_size=64, max_size=64)}),
    st.fixed_dictionaries({"time": st.builds(Stamp, st.integers(0, 2**40), st.integers(0, 9))}),
    st.fixed_dictionaries({"author": texts}),
    st.fixed_dictionaries({"kind": st.sampled_from(["take.noted", "grant.created"])}),
    st.fixed_dictionaries({"subject": texts}),
    st.fixed_dictionaries({"payload": payloads}),
    st.fixed_dictionaries({"device": st.just(device_id(Ed25519PrivateKey.generate()))}),
    st.fixed_dictionaries({"signature": st.text("0123456789abcdef", min_size=128, max_size=128)}),
)


@given(tampered)
def test_a_change_of_any_field_breaks_the_signature(changes: dict[str, Any]) -> None:
    signed = sign(entry(), KEY)
    changed = replace(signed, **changes)
    assume(changed != signed)
    assert not signature_holds(changed)


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_a_flipped_byte_is_either_unreadable_or_does_not_verify(place: int, flip: int) -> None:
    signed = sign(entry(), KEY)
    data = bytearray(body(signed))
    data[place % len(data)] ^= flip
    try:
        read = parse(bytes(data), signed.signature)
    except EntryError:
        return
    assert not signature_holds(read)


@given(st.binary(max_size=200))
def test_random_bytes_are_refused_and_never_crash(data: bytes) -> None:
    with pytest.raises(EntryError):
        parse(data, "")


@pytest.mark.parametrize(
    "data",
    [
        b"[]",
        b"{}",
        b"null",
        b'{"author":1}',
        body(entry()).replace(b'{"count":0,', b"{"),
        body(entry()).replace(b'"sequence":1', b'"sequence":0'),
        body(entry()).replace(b'"sequence":1', b'"sequence":true'),
        body(entry()).replace(b'"sequence":1', b'"sequence":1.0'),
        body(entry()).replace(b"take.circled", b"Take Circled"),
        body(entry()).replace(b'"version":1', b'"version": 1'),
        body(entry()).replace(b'{"on":true}', b'{"on":true,"on":true}'),
        body(entry()).replace(b'{"on":true}', b"[]"),
        body(entry()).replace(b'"author":"ama"', b'"author":"' + b"a" * 201 + b'"'),
        b" " * (LARGEST_BYTES + 1),
    ],
)
def test_bytes_that_are_no_canonical_entry_are_refused(data: bytes) -> None:
    with pytest.raises(EntryError):
        parse(data, "")


def test_the_hash_covers_the_fields_and_not_the_signature() -> None:
    signed = sign(entry(), KEY)
    assert entry_hash(signed) == entry_hash(entry())
    assert entry_hash(signed) != entry_hash(entry(subject="1-A-t04"))


def test_a_signature_made_without_the_prefix_does_not_count() -> None:
    bare = replace(entry(), signature=KEY.sign(body(entry())).hex())
    assert not signature_holds(bare)

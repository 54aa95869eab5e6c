"""CBOR of the JSON kinds, and of no others."""

from __future__ import annotations

from typing import Any

import cbor2
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.formats.faults import FormatError
from openset.formats.opentrackio_cbor import cbor_dumps, cbor_loads

TREES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8"), max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=15,
)


@given(st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=8), TREES, max_size=5))
@settings(max_examples=100, deadline=None)
def test_whatever_json_holds_comes_back(tree: dict[str, Any]) -> None:
    assert cbor_loads(cbor_dumps(tree)) == tree


def test_a_hand_made_item_is_read_as_the_rfc_says() -> None:
    # RFC 8949, 3.1: a1 map of one; 61 78 text "x"; f9 3e00 half float: 2^(15-15) * (1 + 512/1024) = 1.5
    assert cbor_loads(bytes.fromhex("a1 6178 f93e00")) == {"x": 1.5}


@pytest.mark.parametrize(
    "item",
    [
        float("nan"),
        [1.0, {"a": float("-inf")}],
        {"a": b"bytes"},
        {1: 2},
        2**64,
        -(2**63) - 1,
        cbor2.undefined,
        cbor2.CBORSimpleValue(77),
        cbor2.CBORTag(35, "(a+)+$"),
        cbor2.CBORTag(0, "2013-03-21T20:04:00Z"),
        cbor2.CBORTag(61234, 1),
    ],
    ids=str,
)
def test_what_json_has_not_is_refused(item: Any) -> None:
    with pytest.raises(FormatError):
        cbor_loads(cbor2.dumps(item))


@given(st.binary(max_size=80))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_an_item_or_refused(data: bytes) -> None:
    try:
        value = cbor_loads(data)
    except FormatError:
        return
    assert orjson.loads(orjson.dumps(value)) == value


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x81" * 3000 + b"\x00",
        bytes.fromhex("9bffffffffffffffff"),
        bytes.fromhex("7bffffffffffffffff"),
        bytes.fromhex("bb0000ffffffffffff"),
        bytes.fromhex("d81c81d81d00"),
    ],
)
def test_absurd_sizes_and_depths_are_refused(data: bytes) -> None:
    with pytest.raises(FormatError):
        cbor_loads(data)

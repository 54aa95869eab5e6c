"""CBOR as OpenTrackIO uses it: the kinds JSON has and no others, within bounds.

Source: OpenTrackIO 1.0.1, "Transport" (encoding 2); RFC 8949. Tags, byte strings, keys that are not
text, NaN and infinity have no place in a sample.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import cbor2
import orjson

from openset.formats.faults import FormatError

_TROUBLES = (
    ValueError,
    TypeError,
    OverflowError,
    RecursionError,
    EOFError,
    MemoryError,
    cbor2.CBORError,
)
_SELF_DESCRIBED = bytes.fromhex("d9d9f7")
_DEPTH = 32
_TAGS = (0, 1, 2, 3, 4, 5, 25, 28, 29, 30, 35, 36, 37, 52, 54, 100, 256, 258, 260, 261, 1004, 43000)


def _refuse_tag(value: Any, immutable: bool) -> Any:
    raise ValueError("OpenTrackIO uses no CBOR tags")


_REFUSALS: Mapping[int, Any] = dict.fromkeys(_TAGS, _refuse_tag)


def cbor_loads(payload: bytes) -> Any:
    """One CBOR item of the JSON kinds; FormatError for anything else."""
    source = io.BytesIO(payload.removeprefix(_SELF_DESCRIBED))
    decoder = cbor2.CBORDecoder(
        source, semantic_decoders=_REFUSALS, max_depth=_DEPTH, strict_hashable_types=True
    )
    try:
        value = decoder.decode()
        # What JSON cannot hold is refused by its writer (bytes, keys that are not text, wide integers)
        # or comes back as null (NaN, infinity): a walk in Python takes three times as long.
        plain: bool = orjson.loads(orjson.dumps(value)) == value
    except _TROUBLES as trouble:
        raise FormatError(f"no CBOR that a sample can be ({trouble})") from trouble
    if not plain:
        raise FormatError("a number is not finite")
    return value


def cbor_dumps(sample: Mapping[str, Any]) -> bytes:
    """A sample as CBOR."""
    return cbor2.dumps(dict(sample))

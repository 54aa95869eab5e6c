"""Complete OpenTrackIO samples, made from the schema: every one of its fields, any allowed value."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import strategies as st

from openset.formats.opentrackio_schema import schema

Schema = dict[str, Any]
FAR = 1e12  # beyond any stage; the standard itself sets no bound
TEXT = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)
PATTERNS = {
    "^urn": r"\Aurn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z",
    "^[0-9A-F": r"\A[0-9a-f]{2}(:[0-9a-f]{2}){5}\Z",
}


def values(part: Schema) -> st.SearchStrategy[Any]:
    """Any value that a part of the schema allows, groups with all of their fields."""
    kind = part["type"]
    if kind == "object":
        return st.fixed_dictionaries({name: values(each) for name, each in part["properties"].items()})
    if kind == "array":
        most = part.get("maxItems", max(2, part.get("minItems", 0)))
        return st.lists(values(part["items"]), min_size=part.get("minItems", 0), max_size=most)
    if kind == "boolean":
        return st.booleans()
    if kind == "integer":
        return st.integers(part.get("minimum"), part.get("maximum"))
    if kind == "number":
        return numbers(part)
    if "enum" in part:
        return st.sampled_from(part["enum"])
    if "pattern" in part:
        pattern = next(text for start, text in PATTERNS.items() if part["pattern"].startswith(start))
        return st.from_regex(pattern)
    return TEXT


def numbers(part: Schema) -> st.SearchStrategy[float]:
    """Numbers of a part, whole ones too."""
    above = part.get("exclusiveMinimum")
    least = part.get("minimum", -FAR if above is None else above)
    floats = st.floats(
        least, part.get("maximum", FAR), exclude_min=above is not None, allow_subnormal=False
    )
    whole = st.integers(int(least) + (above is not None), int(part.get("maximum", 1000)))
    return floats | whole


@pytest.fixture(scope="session")
def complete_samples() -> st.SearchStrategy[dict[str, Any]]:
    """Samples with every field that OpenTrackIO 1.0.1 has, to `draw` from."""
    return values(schema())

"""An OpenTrackIO sample of anyone's made strict 1.0.1: what the standard forbids is left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from openset.formats.faults import FormatError
from openset.formats.opentrackio_schema import offending, problems

PROTOCOL = {"name": "OpenTrackIO", "version": [1, 0, 1]}
_ROUNDS = 8


def strict(sample: Mapping[str, Any]) -> dict[str, Any]:
    """The sample with a 1.0.1 protocol and without its fields that are not allowed, nor what cannot be
    without them. `sample` itself is left alone. Raises FormatError where nothing valid remains."""
    if sample.get("protocol") == PROTOCOL and not problems(sample):
        return dict(sample)
    made: dict[str, Any] = {"protocol": PROTOCOL, **orjson.loads(orjson.dumps(dict(sample)))}
    made["protocol"] = PROTOCOL
    for _ in range(_ROUNDS):
        places = offending(made)
        if not places:
            return made
        for place in sorted(places, key=lambda steps: (len(steps), str(steps)), reverse=True):
            _drop(made, place)
    raise FormatError(problems(made)[0], "sample")


def _drop(sample: Any, place: tuple[str | int, ...]) -> None:
    """Take out what stands at `place`, unless it went with something around it."""
    parent = sample
    try:
        for step in place[:-1]:
            parent = parent[step]
        del parent[place[-1]]
    except (KeyError, IndexError, TypeError):
        return

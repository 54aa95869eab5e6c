"""What OpenTrackIO 1.0.1 allows in a sample, as a JSON Schema of our own and as plain sentences.

Source: OpenTrackIO 1.0.1 (SMPTE RIS OSVP), parameter tables; units as in the standard: metres for
positions, focus distance and entrance pupil, millimetres for sensor, focal length and offsets, degrees
for angles, whole seconds and nanoseconds for time stamps. Keys nobody defined are refused below the top
level and allowed at it. One deviation: a PTP leader may be named by an EUI-64 and in upper case, which
the published schema refuses although IEEE 1588 clocks are named so.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from jsonschema_rs import Draft202012Validator

Schema = dict[str, Any]

U31 = 2**31 - 1
U32 = 2**32 - 1
U48 = 2**48 - 1
TEXT_LIMIT = 1023

URN_UUID = r"^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
_PAIR = "[0-9A-Fa-f]{2}"
_EUI = "|".join(f"^{_PAIR}(?:{mark}{_PAIR}){{{more}}}$" for mark in ":-" for more in (5, 7))

NUMBER: Schema = {"type": "number"}
FLAG: Schema = {"type": "boolean"}
TEXT: Schema = {"type": "string", "minLength": 1, "maxLength": TEXT_LIMIT}
URN: Schema = {"type": "string", "pattern": URN_UUID}
ABOVE_ZERO: Schema = {"type": "number", "exclusiveMinimum": 0}
FROM_ZERO: Schema = {"type": "number", "minimum": 0}
FROM_ONE: Schema = {"type": "number", "minimum": 1}


def _whole(most: int, least: int = 0) -> Schema:
    return {"type": "integer", "minimum": least, "maximum": most}


def _one_of(*words: str) -> Schema:
    return {"type": "string", "enum": list(words)}


def _many(item: Schema, least: int = 0) -> Schema:
    return {"type": "array", "items": item, "minItems": least}


def _group(fields: Schema, *required: str) -> Schema:
    return {
        "type": "object",
        "properties": fields,
        "required": list(required),
        "additionalProperties": False,
    }


def _each(schema: Schema, *names: str) -> Schema:
    return dict.fromkeys(names, schema)


RATIONAL = _group({"num": _whole(U31, 1), "denom": _whole(U32, 1)}, "num", "denom")
TIMESTAMP = _group({"seconds": _whole(U48), "nanoseconds": _whole(U32)}, "seconds", "nanoseconds")
OFFSET_MM = _group(_each(NUMBER, "x", "y"), "x", "y")
MAKER = _each(TEXT, "make", "model", "serialNumber", "firmwareVersion")


def _camera() -> Schema:
    return _group(
        {
            **MAKER,
            "label": TEXT,
            "captureFrameRate": RATIONAL,
            "activeSensorPhysicalDimensions": _group(
                _each(FROM_ZERO, "width", "height"), "width", "height"
            ),
            "activeSensorResolution": _group(_each(_whole(U31), "width", "height"), "width", "height"),
            "anamorphicSqueeze": RATIONAL,
            "isoSpeed": _whole(U32, 1),
            "fdlLink": URN,
            "shutterAngle": {"type": "number", "minimum": 0, "maximum": 360},
        }
    )


def _static() -> Schema:
    lens = {
        **MAKER,
        "nominalFocalLength": ABOVE_ZERO,
        "calibrationHistory": _many(TEXT),
        "distortionOverscanMax": FROM_ONE,
        "undistortionOverscanMax": FROM_ONE,
    }
    return _group(
        {"duration": RATIONAL, "camera": _camera(), "lens": _group(lens), "tracker": _group(MAKER)}
    )


def _synchronization() -> Schema:
    ptp = _group(
        {
            "profile": _one_of("IEEE Std 1588-2019", "IEEE Std 802.1AS-2020", "SMPTE ST2059-2:2021"),
            "domain": _whole(127),
            "leaderIdentity": {"type": "string", "pattern": _EUI},
            "leaderPriorities": _group(
                _each(_whole(255), "priority1", "priority2"), "priority1", "priority2"
            ),
            "leaderAccuracy": FROM_ZERO,
            "leaderTimeSource": _one_of("GNSS", "Atomic clock", "NTP"),
            "meanPathDelay": FROM_ZERO,
            "vlan": _whole(U32),
        },
        "profile",
        "domain",
        "leaderIdentity",
        "leaderPriorities",
        "leaderAccuracy",
        "meanPathDelay",
    )
    return _group(
        {
            "locked": FLAG,
            "present": FLAG,
            "source": _one_of("genlock", "videoIn", "ptp", "ntp"),
            "frequency": RATIONAL,
            "offsets": _group(_each(NUMBER, "translation", "rotation", "lensEncoders")),
            "ptp": ptp,
        },
        "locked",
        "source",
    )


def _timing() -> Schema:
    clock = {"hours": _whole(23), "minutes": _whole(59), "seconds": _whole(59), "frames": _whole(119)}
    timecode = {**clock, "frameRate": RATIONAL, "subFrame": _whole(U32), "dropFrame": FLAG}
    return _group(
        {
            "mode": _one_of("internal", "external"),
            "sampleTimestamp": TIMESTAMP,
            "recordedTimestamp": TIMESTAMP,
            "sampleRate": RATIONAL,
            "sequenceNumber": _whole(U32),
            "synchronization": _synchronization(),
            "timecode": _group(timecode, *clock, "frameRate"),
        }
    )


def _encoders(value: Schema) -> Schema:
    names = ("focus", "iris", "zoom")
    return {**_group(_each(value, *names)), "anyOf": [{"required": [name]} for name in names]}


def _lens() -> Schema:
    distortion = {
        "model": TEXT,
        "radial": _many(NUMBER, 1),
        "tangential": _many(NUMBER, 1),
        "overscan": FROM_ONE,
    }
    return _group(
        {
            "pinholeFocalLength": ABOVE_ZERO,
            "focusDistance": ABOVE_ZERO,
            "fStop": ABOVE_ZERO,
            "tStop": ABOVE_ZERO,
            "entrancePupilOffset": NUMBER,
            "projectionOffset": OFFSET_MM,
            "distortion": _many(_group(distortion, "radial"), 1),
            "distortionOffset": OFFSET_MM,
            "exposureFalloff": _group(_each(NUMBER, "a1", "a2", "a3"), "a1"),
            "encoders": _encoders({"type": "number", "minimum": 0, "maximum": 1}),
            "rawEncoders": _encoders(_whole(U32)),
            "custom": _many(NUMBER),
        }
    )


def _transform() -> Schema:
    return _group(
        {
            "translation": _group(_each(NUMBER, "x", "y", "z")),
            "rotation": _group(_each(NUMBER, "pan", "tilt", "roll")),
            "scale": _group(_each(NUMBER, "x", "y", "z")),
            "id": TEXT,
        },
        "translation",
        "rotation",
    )


def schema() -> Schema:
    """The whole sample as a JSON Schema (draft 2020-12)."""
    version = {"type": "array", "items": _whole(9), "minItems": 3, "maxItems": 3}
    stage = ("E", "N", "U", "lat0", "lon0", "h0")
    fields = {
        "static": _static(),
        "tracker": _group({"notes": TEXT, "recording": FLAG, "slate": TEXT, "status": TEXT}),
        "timing": _timing(),
        "lens": _lens(),
        "protocol": _group({"name": TEXT, "version": version}, "name", "version"),
        "sampleId": URN,
        "sourceId": URN,
        "sourceNumber": _whole(U32),
        "relatedSampleIds": _many(URN),
        "globalStage": _group(_each(NUMBER, *stage), *stage),
        "transforms": _many(_transform(), 1),
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "OpenTrackIO 1.0.1 sample",
        "type": "object",
        "properties": fields,
    }


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(schema())


def is_valid(sample: Any) -> bool:
    """Whether OpenTrackIO 1.0.1 allows `sample`; quick, for every sample that arrives."""
    try:
        return _validator().is_valid(sample)
    except ValueError:  # a key that is not text, a value JSON does not know
        return False


def problems(sample: Any) -> list[str]:
    """Everything in `sample` that OpenTrackIO 1.0.1 forbids, one sentence each; empty if valid."""
    if is_valid(sample):
        return []
    try:
        errors = list(_validator().iter_errors(sample))
    except ValueError as trouble:
        return [f"sample: {trouble}"]
    return [f"{_path(error.instance_path)}: {error.message}" for error in errors]


def offending(sample: Any) -> list[tuple[str | int, ...]]:
    """Where `sample` is not allowed, as steps from its top: keys nobody defined by their own place.

    A list with an entry in trouble is one place, whole: coefficients and links of a chain mean nothing
    without those before them.
    """
    places: list[tuple[str | int, ...]] = []
    for error in _validator().iter_errors(sample):
        place = tuple(error.instance_path)
        entry = next((at for at, step in enumerate(place) if isinstance(step, int)), None)
        if entry is not None:
            places.append(place[:entry])
            continue
        unknown = getattr(error.kind, "unexpected", None) or ()
        places += [(*place, name) for name in unknown] or [place]
    return places


def leaf_paths(root: Schema | None = None) -> set[tuple[str, ...]]:
    """The path of every field that is not a group of others, "[]" standing for a list's entries."""
    root = schema() if root is None else root
    if "properties" in root:
        return {(name, *rest) for name, part in root["properties"].items() for rest in leaf_paths(part)}
    if root.get("type") == "array" and "properties" in root["items"]:
        return {("[]", *rest) for rest in leaf_paths(root["items"])}
    return {()}


def _path(steps: list[str | int]) -> str:
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
    return text.lstrip(".") or "sample"

"""What an OpenTrackIO sample carries beyond its pose, in the words of a floor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_NAMES: Mapping[str, Mapping[str, str]] = {
    "lens": {
        "pinholeFocalLength": "focal length",
        "focusDistance": "focus distance",
        "fStop": "f-stop",
        "tStop": "T-stop",
        "entrancePupilOffset": "entrance pupil",
        "projectionOffset": "projection offset",
        "distortion": "distortion",
        "distortionOffset": "distortion offset",
        "exposureFalloff": "exposure falloff",
        "encoders": "lens encoders",
        "rawEncoders": "raw lens encoders",
        "custom": "custom lens values",
    },
    "timing": {
        "sampleTimestamp": "time stamp",
        "recordedTimestamp": "recording time",
        "sampleRate": "sample rate",
        "sequenceNumber": "sequence number",
        "synchronization": "synchronization",
        "timecode": "timecode",
    },
    "tracker": {
        "status": "status",
        "recording": "record flag",
        "slate": "slate",
        "notes": "notes",
    },
    "static": {
        "camera": "camera data",
        "lens": "lens data",
        "tracker": "tracker data",
        "duration": "duration",
    },
}
_WHOLE: Mapping[str, str] = {"globalStage": "place on the globe", "relatedSampleIds": "related samples"}
_QUIET = {"protocol", "sampleId", "sourceId", "sourceNumber", "transforms", *_NAMES, *_WHOLE}
_MOST_OWN = 8
_LONGEST = 40


def names_of(sample: Mapping[str, Any]) -> tuple[str, ...]:
    """The fields of a sample by name, in the order of the standard; a maker's own come last, in its
    words."""
    found: list[str] = []
    for group, names in _NAMES.items():
        block = sample.get(group)
        if isinstance(block, dict):
            found += [words for key, words in names.items() if key in block]
    found += [words for key, words in _WHOLE.items() if key in sample]
    own = [key for key in sample if key not in _QUIET and key.isprintable()]
    return (*found, *(f"{key[:_LONGEST]} (the maker's own)" for key in own[:_MOST_OWN]))

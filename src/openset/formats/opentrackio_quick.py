"""The part of an OpenTrackIO sample that a stage needs for every frame, taken in one pass.

A few hundred trackers' worth of samples arrive each second, and reading them field by field in Python
takes longer than parsing and validating them. `quick` reads a valid sample as `opentrackio.read` does,
in compiled code; a sample it does not like is left to that function.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from msgspec import Meta, Struct, ValidationError, convert

from openset.formats.opentrackio_schema import U32, U48

_Number = Annotated[float, Meta(gt=-1e300, lt=1e300)]
_AboveZero = Annotated[float, Meta(gt=0, lt=1e300)]
_Share = Annotated[float, Meta(ge=0, le=1)]
_Whole = Annotated[int, Meta(ge=0, le=U32)]
_Coefficients = Annotated[tuple[_Number, ...], Meta(min_length=1, max_length=16)]


class _Place(Struct, gc=False, frozen=True, rename="camel"):
    x: _Number = 0.0
    y: _Number = 0.0
    z: _Number = 0.0


class _Turn(Struct, gc=False, frozen=True, rename="camel"):
    pan: _Number = 0.0
    tilt: _Number = 0.0
    roll: _Number = 0.0


class Link(Struct, gc=False, frozen=True, rename="camel"):
    """One transform of the chain: metres and degrees."""

    translation: _Place
    rotation: _Turn


class Pair(Struct, gc=False, frozen=True, rename="camel"):
    """An offset, right and down."""

    x: _Number | None = None
    y: _Number | None = None


class _Distortion(Struct, gc=False, frozen=True, rename="camel"):
    radial: _Coefficients
    tangential: _Coefficients | None = None
    model: str = "Brown-Conrady D-U"


class Encoders(Struct, gc=False, frozen=True, rename="camel"):
    """Where the rings stand, 0 to 1."""

    focus: _Share | None = None
    zoom: _Share | None = None


class Lens(Struct, gc=False, frozen=True, rename="camel"):
    """The lens block, in the standard's own words and units."""

    pinhole_focal_length: _AboveZero | None = None
    focus_distance: _AboveZero | None = None
    f_stop: _AboveZero | None = None
    entrance_pupil_offset: _Number | None = None
    projection_offset: Pair | None = None
    distortion_offset: Pair | None = None
    distortion: tuple[_Distortion, ...] = ()
    encoders: Encoders | None = None


class Rational(Struct, gc=False, frozen=True, rename="camel"):
    """A fraction."""

    num: _Whole
    denom: _Whole


class Clock(Struct, gc=False, frozen=True, rename="camel"):
    """Timecode."""

    hours: _Whole
    minutes: _Whole
    seconds: _Whole
    frames: _Whole
    frame_rate: Rational
    drop_frame: bool = False


class _Stamp(Struct, gc=False, frozen=True, rename="camel"):
    seconds: Annotated[int, Meta(ge=0, le=U48)]
    nanoseconds: _Whole


class _Timing(Struct, gc=False, frozen=True, rename="camel"):
    sample_timestamp: _Stamp | None = None
    sequence_number: _Whole | None = None
    timecode: Clock | None = None


class _Tracker(Struct, gc=False, frozen=True, rename="camel"):
    status: str = ""


class Quick(Struct, gc=False, frozen=True, rename="camel"):
    """A sample's pose, lens, time and source."""

    transforms: tuple[Link, ...] = ()
    lens: Lens | None = None
    timing: _Timing = _Timing()
    tracker: _Tracker = _Tracker()
    source_id: str = ""
    source_number: _Whole | None = None


def quick(sample: Mapping[str, Any]) -> Quick | None:
    """A valid sample's fields; None where `opentrackio.read` has to judge them one by one."""
    try:
        return convert(sample, Quick)
    except ValidationError:
        return None

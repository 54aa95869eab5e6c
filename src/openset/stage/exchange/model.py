"""What conversions pass between files: eleven kinds of value, and what was lost on the way in.

move      the camera over time: OpenTrackIO samples, which can say all that trackers and cameras say
lens      one lens over focus and zoom             timeline  an OTIO timeline
grade     colour decisions (ASC CDL)               lut       a cube of colours
script    scenes and their lines                   motion    a skeleton moving
records   scenes, slates, takes, people (OMC)      timecode  timecode against sound
framing   framing decisions (ASC FDL)              rights    who owns it and what is allowed
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

from openset.formats.opentrackio import Sample

Kind = Literal[
    "move",
    "lens",
    "timeline",
    "grade",
    "lut",
    "script",
    "motion",
    "records",
    "timecode",
    "framing",
    "rights",
]

MOST_FAULTS = 20
"""Faults told in words; the rest are only counted."""


@dataclass(frozen=True)
class Read:
    """What a reader made of a file.

    `skipped` counts entries (frames, rows, packets) that could not be used; `faults` says why, with the
    line or byte, for the first of them. `unheld` names what the file says and `value` has no place for,
    in the file's own words.
    """

    value: Any
    skipped: int = 0
    faults: tuple[str, ...] = ()
    unheld: tuple[str, ...] = ()


@dataclass(frozen=True)
class CameraMove:
    """A camera over time: one OpenTrackIO 1.0.1 sample a frame, without `transforms` where the file
    holds no pose. `times_ns` counts from the first frame. `size_px` is the picture's, where known, and
    `picture` the movie that was shot with it."""

    name: str
    samples: tuple[Sample, ...]
    times_ns: tuple[int, ...]
    rate: Fraction | None = None
    size_px: tuple[int, int] | None = None
    picture: Path | None = None


@dataclass(frozen=True)
class Options:
    """What a file cannot say and the user may: see `openset convert --help`.

    `format` is the name of the format in hand, for adapters that serve several, and `folder` where the
    new file will lie, for paths relative to it. `rate` in frames a second. `size_px` is the picture's
    width and height. `profile` is a FreeD profile's name. `frame` chooses one frame where the target
    holds one. Long work tells how far it is through `say`.
    """

    format: str = ""
    name: str = ""
    rate: Fraction | None = None
    sensor_width_mm: float | None = None
    size_px: tuple[int, int] | None = None
    profile: str = "raw"
    frame: int = 0
    folder: Path = Path()
    say: Callable[[str], None] = field(default=lambda _: None, compare=False)

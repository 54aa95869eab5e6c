"""Nuke scripts: the camera as a Camera3 node, and the first camera of any script."""

from __future__ import annotations

from pathlib import Path

from openset.formats.nuke_camera import decode
from openset.formats.nuke_script import encode
from openset.primitives.time import Timecode, parse_timecode
from openset.stage.exchange.model import CameraMove, Options, Read
from openset.stage.exchange.move import lens_reports
from openset.stage.exchange.shot import LARGEST, move_of, shot_of
from openset.stage.exchange.whole_file import contents


def read(path: Path, options: Options) -> Read:
    """The first camera of a script, in metres; 24 frames a second, as in Nuke, where nobody says."""
    found = decode(contents(path, LARGEST), options.name)
    rate = options.rate or found.shot.rate
    start: Timecode | None = None
    if found.shot.start_timecode and rate:
        try:
            start = parse_timecode(found.shot.start_timecode, rate)
        except ValueError:
            start = None
    move = move_of(found.shot, options, start_timecode=start)
    return Read(move, found.skipped, found.faults, found.unheld)


def write(value: CameraMove, path: Path, options: Options) -> None:
    """The move as a script; with nodes for an ST map where the lens bends."""
    bent = any(report is not None and any(report.radial) for report in lens_reports(value))
    path.write_bytes(encode(shot_of(value, options), distorted=bent))

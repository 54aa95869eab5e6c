"""After Effects camera scripts: written only, since After Effects does not write them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from openset.formats.after_effects import KEPT, encode
from openset.stage.exchange.model import CameraMove, Options
from openset.stage.exchange.shot import shot_of

KEEPS: frozenset[str] = frozenset(KEPT)
"""Beginnings of the names of the fields that the script says."""

_USUAL_PX = (1920, 1080)


def write(value: CameraMove, path: Path, options: Options) -> None:
    """The move as a script; a comp of 1920 x 1080 where the picture's size is unknown."""
    shot = shot_of(value, options)
    path.write_bytes(encode(replace(shot, size_px=shot.size_px or _USUAL_PX)))

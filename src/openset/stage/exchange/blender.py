"""Blender camera scripts: written only; Blender runs them in its own process."""

from __future__ import annotations

from pathlib import Path

from openset.formats.blender_script import KEPT, encode
from openset.stage.exchange.model import CameraMove, Options
from openset.stage.exchange.shot import shot_of

KEEPS: frozenset[str] = frozenset(KEPT)
"""Beginnings of the names of the fields that the script says."""


def write(value: CameraMove, path: Path, options: Options) -> None:
    """The move as a script with a key on every frame that has a pose."""
    path.write_bytes(encode(shot_of(value, options)))

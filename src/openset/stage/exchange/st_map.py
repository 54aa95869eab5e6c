"""A lens as a pair of ST maps, which any compositing program reads.

The file named straightens the camera's picture; the one beside it, "distort" in its name, bends a
straight picture as the lens does. The straight picture is larger than the camera's so that it holds all
of it. A map holds the lens at one place of its rings: `--frame` chooses the setting, counted from 0.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from openset.primitives.errors import BadInput
from openset.stage.exchange.model import Options
from openset.stage.lens.files import write_st_map
from openset.stage.lens.model import Lens, project, rays
from openset.stage.lens.report import lens_from_report
from openset.stage.lens.stmap import overscan, st_map, straight_size
from openset.stage.lens.table import LensTable

KEEPS = (
    "radial.",
    "tangential.",
    "distortion_model.",
    "distortion_offset_mm.",
    "projection_offset_mm.",
    "size_px.",
)
"""An ST map has no units: the field of view is not in it."""

LARGEST_PX = 16_384
MOST_PIXELS = 64 * 1024 * 1024
_USUAL_SIZE = (1920, 1080)


def write(value: LensTable, path: Path, options: Options) -> None:
    """Write both maps at the table's picture size, else `options.size_px`, else 1920 x 1080.

    Raises BadInput for a setting there is none of, a size no picture has, or a lens that folds the
    picture over or bends it so much that a straight one cannot hold its corners.
    """
    lens = chosen(value, options)
    _refuse_folded(lens)
    factor = overscan(lens)
    width, height = straight_size(lens, factor)
    if max(width, height) > LARGEST_PX or width * height > MOST_PIXELS:
        raise BadInput(
            f"a straight picture of this lens would be {width} x {height} pixels",
            todo="Choose a smaller size with --size, or check the lens",
        )
    write_st_map(path, st_map(lens, "undistort", factor))
    write_st_map(beside(path), st_map(lens, "distort", factor))


def _refuse_folded(lens: Lens) -> None:
    """BadInput where two places of a straight picture fall on one of the camera's picture."""
    x, y = np.meshgrid(np.linspace(0, lens.width_px, 33), np.linspace(0, lens.height_px, 21))
    pixels = np.stack([x, y], axis=-1)
    if not float(np.abs(project(lens, rays(lens, pixels)) - pixels).max()) < 0.01:
        raise BadInput("this lens folds the picture over", todo="Calibrate it again")


def beside(path: Path) -> Path:
    """Where the map goes that bends: lens.stmap.exr has lens.distort.stmap.exr at its side."""
    stem, dot, ending = path.name.partition(".")
    return path.with_name(f"{stem}.distort{dot}{ending}")


def chosen(table: LensTable, options: Options) -> Lens:
    """The lens of one setting for the picture's size. Raises BadInput."""
    if options.frame >= len(table.settings):
        raise BadInput(
            f"the lens has {len(table.settings)} settings", where="--frame", todo="They count from 0"
        )
    width, height = options.size_px or table.size_px or _USUAL_SIZE
    if not (2 <= width <= LARGEST_PX and 2 <= height <= LARGEST_PX):
        raise BadInput(f"{width} x {height} is no size of a picture", where="--size")
    optics = table.settings[options.frame].optics
    if not optics.sensor_width_mm:
        optics = replace(optics, sensor_width_mm=options.sensor_width_mm)
    return lens_from_report(optics, width, height)

"""A lens from any file that tells of one: our own, .ulens, lensfun, Gyroflow, a move's reports.

Whatever it is, it leaves here as a `LensFile` for pictures of one size.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from openset.stage.exchange.kinds import as_kind
from openset.stage.exchange.model import Options
from openset.stage.exchange.openset_lens import file_of
from openset.stage.exchange.registry import HEAD_BYTES
from openset.stage.exchange.sources import open_source
from openset.stage.lens.files import read_lens
from openset.stage.lens.lens_file import WHAT
from openset.stage.lens.measured import LensFile, MeasuredLens
from openset.stage.lens.model import Lens
from openset.stage.lens.picture import other_shape, same_shape


def open_lens(
    path: Path, width_px: int, height_px: int, *, name: str = "", sensor_width_mm: float | None = None
) -> LensFile:
    """The lens in a file, for pictures of this size. `name` picks one of many (lensfun).

    A lens measured on pictures of another size is scaled where the shape is the same. Raises BadInput
    naming the file where it holds no lens, or one for pictures of another shape.
    """
    if _is_own(path):
        file = read_lens(path)
        return replace(
            file, settings=tuple(_fitted(each, width_px, height_px, path) for each in file.settings)
        )
    options = Options(name=name, size_px=(width_px, height_px), sensor_width_mm=sensor_width_mm)
    table = as_kind(open_source(path), "lens", options)[0].value
    if table.size_px is not None and not same_shape(table.size_px, (width_px, height_px)):
        raise other_shape(table.size_px, (width_px, height_px), str(path))
    return file_of(table, options)


def _is_own(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            return f'"{WHAT}"'.encode() in stream.read(HEAD_BYTES)
    except OSError:
        return path.suffix == ".json"  # its reader says what is wrong


def _fitted(each: MeasuredLens, width_px: int, height_px: int, path: Path) -> MeasuredLens:
    lens = each.lens
    if (lens.width_px, lens.height_px) == (width_px, height_px):
        return each
    if not same_shape((lens.width_px, lens.height_px), (width_px, height_px)):
        raise other_shape((lens.width_px, lens.height_px), (width_px, height_px), str(path))
    return scaled(each, lens.scaled_to(width_px, height_px))


def scaled(each: MeasuredLens, lens: Lens) -> MeasuredLens:
    """What was measured, told in the pixels of `lens`: the same lens in another size."""
    by_x, by_y = lens.width_px / each.lens.width_px, lens.height_px / each.lens.height_px
    covariance = each.covariance
    if covariance is not None:
        steps = np.array([by_x, by_y, by_x, by_y, 1.0, 1.0, 1.0, 1.0, 1.0])
        covariance = covariance * np.outer(steps, steps)
    apart = each.map_uncertainty_px
    return replace(
        each,
        lens=lens,
        covariance=covariance,
        rms_px=each.rms_px * by_x,
        map_uncertainty_px=None if apart is None else apart * by_x,
    )

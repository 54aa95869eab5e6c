"""A lens for the picture that is shot: of its size and shape, and one that can be drawn and told."""

from __future__ import annotations

from dataclasses import replace

from openset.primitives.errors import BadInput
from openset.stage.lens.model import Lens, pinhole
from openset.stage.lens.report import report_from_lens

_SAME_SHAPE = 0.01


def same_shape(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether two pictures, width by height, are of one shape: within a percent."""
    return abs(one[0] * other[1] / (one[1] * other[0]) - 1.0) < _SAME_SHAPE


def other_shape(measured: tuple[int, int], wanted: tuple[int, int], where: str) -> BadInput:
    """The refusal of a lens that was measured on pictures of another shape."""
    return BadInput(
        f"this lens was measured on pictures of {measured[0]} x {measured[1]}, and these are "
        f"{wanted[0]} x {wanted[1]}, another shape",
        where=where,
        todo="Calibrate with pictures framed as they are shot",
    )


def measured_lens_for(lens: Lens, width_px: int, height_px: int, where: str) -> Lens:
    """A measured lens for a picture of this size. Raises BadInput naming `where` for pictures of
    another shape, and for a fisheye lens too wide to be drawn and recorded."""
    if not same_shape((lens.width_px, lens.height_px), (width_px, height_px)):
        raise other_shape((lens.width_px, lens.height_px), (width_px, height_px), where)
    try:
        report_from_lens(lens)
    except BadInput as trouble:
        raise BadInput(
            trouble.what,
            where=where,
            todo="Shoot with a lens of less than 100 degrees; this camera can still track as a witness",
        ) from trouble
    return lens.scaled_to(width_px, height_px)


def plain_lens_for(lens: Lens, width_px: int, height_px: int) -> Lens:
    """A lens without distortion, its pixels square in a picture of this size."""
    plain = pinhole(width_px, height_px, lens.focal_length_mm, lens.sensor_width_mm)
    return replace(
        plain,
        entrance_pupil_offset_m=lens.entrance_pupil_offset_m,
        focus_distance_m=lens.focus_distance_m,
        f_stop=lens.f_stop,
    )

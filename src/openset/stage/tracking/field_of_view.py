"""Lenses of senders that tell only a vertical field of view, and back.

Where nobody names the sensor, a nominal one of 36 x 20.25 mm stands in, as for Mo-Sys: every angle
stays right, only the millimetres are nominal. f = h / (2 tan(fov / 2)).
"""

from __future__ import annotations

import math

from openset.stage.tracking.samples import LensReport

NOMINAL_WIDTH_MM = 36.0
NOMINAL_HEIGHT_MM = 20.25


def lens_of_fov(fov_rad: float) -> LensReport:
    """A vertical field of view as a lens on the nominal sensor."""
    return LensReport(
        focal_length_mm=NOMINAL_HEIGHT_MM / 2.0 / math.tan(fov_rad / 2.0),
        sensor_width_mm=NOMINAL_WIDTH_MM,
        sensor_height_mm=NOMINAL_HEIGHT_MM,
    )


def fov_of_lens(lens: LensReport | None) -> float | None:
    """The vertical field of view in radians; None where no focal length is known.

    A sensor that is not known is the nominal one, a height that is not known that of a 16:9 picture.
    """
    if lens is None or lens.focal_length_mm is None or not 0.0 < lens.focal_length_mm < math.inf:
        return None
    height_mm = lens.sensor_height_mm or (lens.sensor_width_mm or NOMINAL_WIDTH_MM) * 9.0 / 16.0
    return 2.0 * math.atan(height_mm / 2.0 / lens.focal_length_mm)

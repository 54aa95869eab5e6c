"""A lens as it was measured: numbers with their uncertainty, over focus and zoom, for one camera.

The value of Openset's own lens file (stage/lens/lens_file.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from openset.primitives.space import F64, Pose, Xyz
from openset.stage.lens.model import Lens


@dataclass(frozen=True)
class MeasuredMount:
    """Where the entrance pupil sits on the tracker's body at one setting (the nodal offset), with its
    standard deviations, metres and radians about the tracker's axes, and from how many views."""

    tracker_from_camera: Pose
    sd_m: Xyz
    sd_rad: Xyz
    views: int = 0


@dataclass(frozen=True, eq=False)
class MeasuredLens:
    """One setting of the rings (`focus`, `zoom`: 0..1). `covariance` (9, 9) is of the lens's numbers in
    the order of stage/lens/derivatives.PARAMETERS, in the pixels of `lens`; None where it was not
    measured. `map_uncertainty_px` is half of what lenses solved from one half of the views and from the
    other disagree over the whole picture, rms. `focal_mm` is what the zoom ring's own scale says, None
    where nobody read it; what the focus ring's says is `lens.focus_distance_m`."""

    lens: Lens
    focus: float = 0.0
    zoom: float = 0.0
    covariance: F64 | None = None
    rms_px: float = 0.0
    map_uncertainty_px: float | None = None
    views_used: int = 0
    focal_mm: float | None = None
    mount: MeasuredMount | None = None


@dataclass(frozen=True, eq=False)
class LensFile:
    """What is known of one lens on one camera. `readout_s` is the sensor's measured read-out from the
    first row to the last; `tracker_from_camera` where the entrance pupil sits on the tracker's body
    (the nodal offset), None where it was not measured: at the setting that was measured last, where
    settings have their own."""

    name: str
    settings: tuple[MeasuredLens, ...]
    readout_s: float | None = None
    tracker_from_camera: Pose | None = None
    notes: Mapping[str, str] = field(default_factory=dict)

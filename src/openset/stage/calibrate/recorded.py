"""Which lens of a series a take was shot through, where only the take's own lens was kept.

A take holds a focal length and a focus distance and no rings. The distance says where the focus stood;
the zoom stood where the series has that focal length, in pixels.
"""

from __future__ import annotations

import numpy as np

from openset.stage.calibrate.rings import LensSeries, Rings
from openset.stage.calibrate.series import at_setting
from openset.stage.calibrate.series_doubt import measured_at, missed_between
from openset.stage.lens.measured import LensFile, MeasuredLens
from openset.stage.lens.model import Lens

_STEPS = 129


def recorded_setting(file: LensFile, taken: Lens) -> MeasuredLens:
    """The file's lens as it stood when a take kept `taken`, both for pictures of one size; beyond what
    was measured its end. Raises BadInput for a file of settings that do not belong together."""
    if len(file.settings) == 1:
        return file.settings[0]
    told = LensSeries(file).at(Rings(focus_m=taken.focus_distance_m))
    near = min(file.settings, key=lambda each: abs(each.lens.fx_px - taken.fx_px))
    focus = near.focus if "focus" in told.missing else told.measured.focus
    places = [each.zoom for each in file.settings]
    zooms = np.linspace(min(places), max(places), _STEPS)
    focal_px = np.array([at_setting(file, focus, float(zoom)).fx_px for zoom in zooms])
    rising = np.argsort(focal_px)
    zoom = float(np.interp(taken.fx_px, focal_px[rising], zooms[rising]))
    return measured_at(file, missed_between(file), focus, zoom)

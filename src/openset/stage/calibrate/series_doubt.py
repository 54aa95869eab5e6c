"""How far a lens between two measured settings may be from what a series says of it.

Each setting that has neighbours on both sides of a ring is left out in turn and foretold from the
others; what that misses is one standard deviation in the middle between two settings. Focal length and
centre count whole, for they wander with how a ring's marks are cut and read, however near the settings
are. The bending counts by a quarter: it follows a smooth curve, and neighbours are twice as far apart
when one is left out as they are in use (a cubic would miss an eighth).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.special import stdtrit

from openset.primitives.space import F64
from openset.stage.calibrate.series import at_setting, nearest_setting
from openset.stage.lens.derivatives import parameters_of
from openset.stage.lens.measured import LensFile, MeasuredLens

_SAME_PLACE = 1e-3
_SHARES = np.array([1.0] * 4 + [0.25] * 5)


def missed_between(file: LensFile) -> F64 | None:
    """What settings left out were missed by: the covariance (9, 9) in the middle between two settings,
    focal lengths as parts of themselves, all else in the file's own pixels. None where no setting
    stands between two others."""
    missed = []
    for each in file.settings:
        if not _has_neighbours(each, file):
            continue
        others = tuple(one for one in file.settings if one is not each)
        told = parameters_of(at_setting(replace(file, settings=others), each.focus, each.zoom))
        off = told - parameters_of(each.lens)
        off[:2] /= (each.lens.fx_px, each.lens.fy_px)
        missed.append(off * _SHARES)
    if not missed:
        return None
    found = np.array(missed)
    # So few tell their own spread only roughly: nine in ten lie as far out as Student's t says.
    wider = float(stdtrit(len(found), 0.95)) / 1.645
    return np.asarray(found.T @ found / len(found) * wider**2, np.float64)


def measured_at(file: LensFile, missed: F64 | None, focus: float, zoom: float) -> MeasuredLens:
    """The lens with its rings at these places (0..1), and what is known of it there."""
    near = nearest_setting(file, focus, zoom)
    at = replace(near, lens=at_setting(file, focus, zoom), focus=focus, zoom=zoom)
    return replace(at, covariance=doubt_at(file, missed, at))


def doubt_at(file: LensFile, missed: F64 | None, at: MeasuredLens) -> F64 | None:
    """The covariance of the lens `at` a place of the rings: that of its own setting, and more the
    nearer the middle between two settings it stands; None where its setting has none."""
    if at.covariance is None or missed is None:
        return at.covariance
    share = max(
        _way_off([each.zoom for each in file.settings], at.zoom),
        _way_off([each.focus for each in file.settings], at.focus),
    )
    steps = np.ones(9)
    steps[:2] = at.lens.fx_px, at.lens.fy_px
    return np.asarray(at.covariance + share * missed * np.outer(steps, steps), np.float64)


def _has_neighbours(each: MeasuredLens, file: LensFile) -> bool:
    zooms = [one.zoom - each.zoom for one in file.settings if abs(one.focus - each.focus) < _SAME_PLACE]
    focuses = [
        one.focus - each.focus for one in file.settings if abs(one.zoom - each.zoom) < _SAME_PLACE
    ]
    return any(min(steps) < -_SAME_PLACE and max(steps) > _SAME_PLACE for steps in (zooms, focuses))


def _way_off(places: list[float], place: float) -> float:
    """0 at a measured place of a ring, 1 in the middle between two; beyond the ends 0."""
    known = np.unique(places)
    after = int(np.searchsorted(known, place))
    if after == 0 or after == len(known):
        return 0.0
    part = (place - known[after - 1]) / (known[after] - known[after - 1])
    return float(4.0 * part * (1.0 - part))

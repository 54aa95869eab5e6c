"""A solved lens as the bench tells it: figures, and how sure it is all over the picture."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from openset.primitives.rotation import skew
from openset.primitives.space import F64
from openset.stage.calibrate.conclude import Conclusion
from openset.stage.lens.derivatives import project_with_derivatives
from openset.stage.lens.model import Lens, project, rays

COLUMNS, ROWS = 16, 9
_LINES, _ALONG = 9, 25
NINETY = 1.645
"""Standard deviations to each side of a 90 % interval."""


def result_said(found: Conclusion, sensor_mm: float) -> dict[str, Any]:
    """Everything a page shows of a solved lens. Figures after ± are 90 % intervals."""
    lens, inner = found.found.lens, found.found
    sure = math.sqrt(max(0.0, float(inner.covariance[0, 0]))) * NINETY
    spread = spread_map(lens, inner.covariance)
    # The map has the covariance's shape and the measured uncertainty's size, if that is larger.
    rms = float(np.sqrt(np.mean(spread**2)))
    grown = max(1.0, inner.map_uncertainty_px / rms) if rms > 0 else 1.0
    mm = replace(lens, sensor_width_mm=sensor_mm).focal_length_mm if sensor_mm else None
    return {
        "model": "brown-conrady" if lens.fisheye is None else "fisheye",
        "width_px": lens.width_px,
        "height_px": lens.height_px,
        "fx_px": round(lens.fx_px, 2),
        "fx_90_px": round(sure, 2),
        "focal_mm": None if mm is None else round(mm, 2),
        "degrees": round(across_deg(lens), 2),
        "rms_px": round(inner.rms_px, 3),
        "map_px": round(inner.map_uncertainty_px, 3),
        "map": np.round(spread * grown, 3).tolist(),
        "grid": [np.round(line, 1).tolist() for line in bent_grid(lens)],
        "views": len(inner.views),
        "refused": [
            {"view": each.view, "code": each.code, "text": each.reason, "todo": each.todo}
            for each in found.refused
        ],
        "warnings": [{"code": each.code, "text": each.text} for each in found.warnings],
    }


def across_deg(lens: Lens) -> float:
    """The field of view through the middle, left to right, in degrees."""
    ends = rays(lens, np.array([[0.0, lens.height_px / 2], [lens.width_px, lens.height_px / 2]]))
    ends = ends / np.linalg.norm(ends, axis=-1, keepdims=True)
    return math.degrees(math.acos(float(np.clip(ends[0] @ ends[1], -1.0, 1.0))))


def spread_map(lens: Lens, covariance: F64) -> F64:
    """How unsure the lens is at the middles of cells (ROWS, COLUMNS): standard deviation in pixels,
    with what a turn of the camera takes up taken out."""
    x = (np.arange(COLUMNS) + 0.5) * lens.width_px / COLUMNS
    y = (np.arange(ROWS) + 0.5) * lens.height_px / ROWS
    pixels = np.stack([each.ravel() for each in np.meshgrid(x, y)], axis=-1)
    sights = rays(lens, pixels)
    _, by_point, by_lens = project_with_derivatives(lens, sights)
    turning = (by_point @ -skew(sights)).reshape(-1, 3)
    slope = by_lens.reshape(-1, 9)
    left = slope - turning @ np.linalg.lstsq(turning, slope, rcond=None)[0]
    variance = np.einsum("ij,jk,ik->i", left, covariance, left).reshape(-1, 2).sum(axis=1)
    return np.asarray(np.sqrt(np.maximum(variance, 0.0)).reshape(ROWS, COLUMNS))


def bent_grid(lens: Lens) -> list[F64]:
    """Straight lines of the world as the lens draws them, across and down; points (n, 2) each."""
    edge = rays(lens, np.array([[0.0, lens.height_px / 2], [lens.width_px / 2, 0.0]]))
    wide, high = abs(float(edge[0, 0] / edge[0, 2])), abs(float(edge[1, 1] / edge[1, 2]))
    lines = []
    along = np.linspace(-1.0, 1.0, _ALONG)
    for place in np.linspace(-1.0, 1.0, _LINES):
        for across, down in ((along, np.full(_ALONG, place)), (np.full(_ALONG, place), along)):
            points = np.stack([across * wide, down * high, np.full(_ALONG, -1.0)], axis=-1)
            lines.append(project(lens, points))
    return lines

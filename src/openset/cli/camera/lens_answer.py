"""How `calibrate lens` answers: figures for programs, rows for people."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from openset.cli.output import Figures
from openset.stage.calibrate.conclude import Conclusion
from openset.stage.calibrate.sighting import Refusal
from openset.stage.lens.measured import MeasuredLens
from openset.stage.lens.model import Lens, rays

NINETY = 1.645
"""Standard deviations to each side of a 90 % interval."""
MOST_OFF_PX = 0.5
"""How far a drawn picture may be off, rms, before the lens wants more views: it then shows."""


def figures_of(
    found: Conclusion,
    measured: MeasuredLens,
    refused: Sequence[Refusal],
    size: tuple[int, int],
    *,
    sensor_known: bool,
) -> Figures:
    """Everything that was measured."""
    lens, inner = measured.lens, found.found
    sd = np.sqrt(np.maximum(np.diag(inner.covariance), 0.0)).tolist()
    cover = found.coverage
    return {
        "model": "brown-conrady" if lens.fisheye is None else "fisheye",
        "width_px": size[0],
        "height_px": size[1],
        "fx_px": lens.fx_px,
        "fy_px": lens.fy_px,
        "cx_px": lens.cx_px,
        "cy_px": lens.cy_px,
        "cx_opencv": lens.cx_px - 0.5,
        "cy_opencv": lens.cy_px - 0.5,
        "distortion": _distortion(lens),
        "sd": dict(zip(("fx_px", "fy_px", "cx_px", "cy_px"), sd[:4], strict=True)),
        "field_of_view_deg": field_deg(lens),
        "focal_length_mm": lens.focal_length_mm if sensor_known else None,
        "sensor_width_mm": lens.sensor_width_mm if sensor_known else None,
        "rms_px": inner.rms_px,
        "map_uncertainty_px": inner.map_uncertainty_px,
        "map_spread_px": inner.map_spread_px,
        "views_used": len(inner.views),
        "views_rejected": [
            {"view": each.view, "code": each.code, "reason": each.reason, "todo": each.todo}
            for each in refused
        ],
        "views": [
            {"view": view.name, "rms_px": rms, "blur_px": view.blur_px, "corners": len(view.seen.index)}
            for view, rms in zip(inner.views, inner.view_rms_px, strict=True)
        ],
        "corners_used": inner.corners_used,
        "corners_dropped": inner.corners_dropped,
        "coverage": {
            "part": cover.part,
            "cells": [list(row) for row in cover.cells],
            "corners": list(cover.corners),
            "tilts": list(cover.tilts),
        },
        "board_bend_mm": found.board_bend_m * 1000.0,
        "board_shape_solved": inner.shaped,
        "warnings": [{"code": each.code, "text": each.text} for each in found.warnings],
        "advice": [{"code": each.code, "text": each.text} for each in cover.shortfalls],
        "focus": measured.focus,
        "zoom": measured.zoom,
    }


def _distortion(lens: Lens) -> dict[str, float]:
    if lens.fisheye is not None:
        return dict(zip(("k1", "k2", "k3", "k4"), lens.fisheye, strict=True))
    return {"k1": lens.k1, "k2": lens.k2, "p1": lens.p1, "p2": lens.p2, "k3": lens.k3}


def field_deg(lens: Lens) -> float:
    """The field of view across the middle of the picture, left to right, degrees."""
    ends = rays(lens, np.array([[0.0, lens.height_px / 2], [lens.width_px, lens.height_px / 2]]))
    ends = ends / np.linalg.norm(ends, axis=-1, keepdims=True)
    return math.degrees(math.acos(float(np.clip(ends[0] @ ends[1], -1.0, 1.0))))


def title_of(found: Conclusion, out: Path | None) -> str:
    """One line: the focal length, and where it went."""
    lens = found.found.lens
    written = f", written to {out}" if out is not None else " (not written: give --out lens.json)"
    off_px = found.found.map_uncertainty_px
    if off_px > MOST_OFF_PX:
        return f"Lens measured, but drawn only within {off_px:.1f} px: shoot more views{written}"
    return f"Lens: {lens.fx_px:.1f} px, {field_deg(lens):.1f} degrees across{written}"


def rows_of(
    found: Conclusion,
    measured: MeasuredLens,
    refused: Sequence[Refusal],
    *,
    sensor_known: bool,
    bar_mm: float | None = None,
) -> list[tuple[str, str]]:
    """The figures as people read them; `bar_mm` is what the sheet's bar was said to measure."""
    lens, inner = measured.lens, found.found
    sd = np.sqrt(np.maximum(np.diag(inner.covariance), 0.0)) * NINETY
    rows: list[tuple[str, str]] = []
    if sensor_known:
        rows.append(
            ("focal length", f"{lens.focal_length_mm:.2f} mm on {lens.sensor_width_mm:g} mm of sensor")
        )
    rows += [
        ("focal length, px", f"{lens.fx_px:.2f} across, {lens.fy_px:.2f} down, ± {sd[0]:.2f} (90 %)"),
        ("centre", f"{lens.cx_px:.2f}, {lens.cy_px:.2f} px, ± {max(sd[2], sd[3]):.2f}"),
        ("distortion", "  ".join(f"{key} {value:.5f}" for key, value in _distortion(lens).items())),
        ("corners", f"{inner.rms_px:.3f} px rms, {inner.corners_used} used"),
        ("whole picture", f"drawn within {inner.map_uncertainty_px:.3f} px rms"),
        ("views", f"{len(inner.views)} used, {len(refused)} left out"),
        ("picture covered", f"{found.coverage.part * 100:.0f} %"),
    ]
    if bar_mm is not None:
        rows.append(
            (
                "bar",
                f"{bar_mm:g} mm: the board taken as {bar_mm:g} % of what --board says (it changes "
                "nothing of the lens)",
            )
        )
    if refused:
        rows.append(("left out", ""))
        rows += [(each.view, f"{each.reason}. {each.todo}") for each in refused[:12]]
        if len(refused) > 12:
            rest = Counter(each.code for each in refused[12:])
            said = ", ".join(f"{count} {code}" for code, count in rest.items())
            rows.append(("and", said))
    told: list[Any] = [*found.warnings, *found.coverage.shortfalls]
    if told:
        rows.append(("what would make it better", ""))
        rows += [(str(number), each.text) for number, each in enumerate(told[:6], start=1)]
    return rows

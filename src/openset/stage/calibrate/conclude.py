"""From views to a lens that can be trusted: views that spoil it are left out and named.

In order: views much more blurred than the rest, views that fit no lens the others agree on (another
zoom, a wrong reading), views in which the board is bent. What is left must tell the focal length; where
it does not, there is no answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from openset.primitives.errors import BadInput
from openset.stage.calibrate.bent import bent_views, shared_bend_m
from openset.stage.calibrate.coverage import Coverage, Shortfall, coverage
from openset.stage.calibrate.gate import blunt, blurred
from openset.stage.calibrate.intrinsics import LEAST_VIEWS, Calibration, calibrate
from openset.stage.calibrate.sighting import Refusal, View
from openset.stage.lens.measured import MeasuredLens
from openset.stage.prints.model import Board

MISFIT = 4.0
"""A view with more than so many times the usual residual does not belong."""
LEAST_MISFIT_PX = 0.6
MOST_FOCAL_SD = 0.02
"""A focal length less sure than this (one standard deviation, as a part) is no answer."""
FLAT_PART = 0.0025
"""A board curved by more than this part of its diagonal is called bent."""


@dataclass(frozen=True, eq=False)
class Conclusion:
    """The lens, which views were left out and why, what the views cover, what is wrong with the whole
    set (`warnings`) and how far the board is curved in metres."""

    found: Calibration
    refused: tuple[Refusal, ...]
    coverage: Coverage
    warnings: tuple[Shortfall, ...]
    board_bend_m: float


def conclude(
    views: Sequence[View],
    board: Board,
    width_px: int,
    height_px: int,
    *,
    model: str = "auto",
    start: MeasuredLens | None = None,
) -> Conclusion:
    """The lens of these views. Raises BadInput where they do not tell one."""
    refused = [blurred(view.name, view.blur_px) for view in blunt(views)]
    kept = _without(views, refused)
    first = calibrate(kept, board, width_px, height_px, model=model, start=start, thorough=False)
    for _ in range(2):
        spoilt = _spoilt(first, board)
        if not spoilt or len(kept) - len(spoilt) < max(LEAST_VIEWS, len(kept) // 2):
            break
        refused += spoilt
        kept = _without(kept, spoilt)
        first = calibrate(kept, board, width_px, height_px, model=model, start=start, thorough=False)
    _refuse_unsure(first)
    found = calibrate(kept, board, width_px, height_px, model=model, start=start)
    bend_m = _board_bend_m(found, board)
    covered = coverage(found.views, found.poses, width_px, height_px)
    warnings = _warnings(found, covered, bend_m, board)
    return Conclusion(found, tuple(refused), covered, tuple(warnings), bend_m)


def _without(views: Sequence[View], refused: Sequence[Refusal]) -> list[View]:
    names = {each.view for each in refused}
    return [view for view in views if view.name not in names]


def _misfits(found: Calibration) -> list[Refusal]:
    usual = float(np.median(found.view_rms_px))
    return [
        Refusal(
            view.name,
            "misfit",
            f"it does not fit the other views: its corners are {rms:.1f} px off, theirs {usual:.1f}",
            "Keep zoom and focus as they are for all pictures, and the board flat",
        )
        for view, rms in zip(found.views, found.view_rms_px, strict=True)
        if rms > max(LEAST_MISFIT_PX, MISFIT * usual)
    ]


def _spoilt(found: Calibration, board: Board) -> list[Refusal]:
    """Views to leave out: those that do not fit, else those in which the board is bent. Where it is
    bent in more than a third it is the board itself, whose shape is then solved with the lens."""
    bent = {refusal.view: refusal for _, refusal in bent_views(found, board.points_m)}
    misfits = _misfits(found)
    if misfits:
        return [bent.get(each.view, each) for each in misfits]
    return [] if len(bent) > len(found.views) // 3 else list(bent.values())


def _board_bend_m(found: Calibration, board: Board) -> float:
    """The curve shared by all views, or where most are bent each on its own, how far they are."""
    return shared_bend_m(found, board.points_m)


def _refuse_unsure(found: Calibration) -> None:
    part = found.focal_sd_px / found.lens.fx_px
    if part > MOST_FOCAL_SD:
        raise BadInput(
            f"these views do not tell the focal length: {found.lens.fx_px:.0f} px, give or take "
            f"{part * 100:.0f} %",
            todo="Tilt the board by 20 to 40 degrees, left, right, up and down, and come nearer",
        )


def _warnings(found: Calibration, covered: Coverage, bend_m: float, board: Board) -> list[Shortfall]:
    out = []
    bent = bent_views(found, board.points_m)
    diagonal = float(np.linalg.norm(np.ptp(board.points_m, axis=0)))
    if bend_m > FLAT_PART * diagonal or len(bent) > len(found.views) // 3:
        size = f" by {bend_m * 1000:.1f} mm" if bend_m > 0 else ""
        out.append(
            Shortfall(
                "board-bent",
                f"The board is bent{size}: glue the sheet to glass, a mirror or aluminium",
            )
        )
    missing = [place for place, there in enumerate(covered.corners) if not there]
    if missing:
        out.append(
            Shortfall(
                "corners",
                f"{len(missing)} of the picture's four corners never saw the board: the lens is "
                "guessed there",
            )
        )
    if not any(covered.tilts):
        out.append(Shortfall("tilt", "The board was never tilted: the focal length is weak"))
    soft = [view for view in found.views if view.blur_px > 1.7]
    if len(soft) * 2 > len(found.views):
        worst = max(view.blur_px for view in soft)
        out.append(
            Shortfall("soft", f"Most views are soft, edges up to {worst:.1f} px: focus, or light")
        )
    return out

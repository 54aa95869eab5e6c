"""solved.toml: what was solved, from what, how well, and what the take could not tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import numpy as np

from openset.stage.solve.image import lens_with
from openset.stage.solve.model import Figure, Problem, Solution

METHOD = (
    "one robust least-squares fit of path, lens, delay, mount and read-out to the take's own picture, "
    "the tracker's reports as prior"
)
_UNITS = {"_m": (1000.0, "mm"), "_s": (1000.0, "ms"), "_rad": (180_000.0 / np.pi, "mdeg")}
_HALF = 0.5
_ALMOST_NONE = 0.3
_HARDLY = 0.8
_HARDLY_WITHOUT_TAGS = 0.5
"""Natural marks alone fit a little better whatever the path does: they must say more to be believed."""


def report_tables(
    solution: Solution,
    problem: Problem,
    *,
    delay_s: float,
    inputs: Mapping[str, str],
    software: str,
    made_at: datetime,
    notes: Sequence[str],
    every: int = 1,
) -> dict[str, Any]:
    """The report as TOML tables. `delay_s` is what the take was shot with; `inputs` are the files that
    were read, by name, with their hashes; of `every` so many frames one was looked at."""
    spread = np.sqrt(np.einsum("nii->ni", solution.covariance))
    lens = lens_with(problem.lenses[0], solution.shared)
    return {
        "solve": {
            "method": METHOD,
            "software": software,
            "made_at": made_at,
            "frames": len(problem.times_s),
            "frames_without_marks": int((solution.seen[::every] == 0).sum()),
            "marks_used": solution.marks_used,
            "marks_dropped": solution.marks_dropped,
            "tags_dropped": list(solution.tags_dropped),
            "steps": solution.steps,
            "better": is_better(solution, problem),
            "notes": list(notes),
        },
        "inputs": dict(inputs),
        "residuals": {
            "before": rounded(asdict(solution.before)),
            "after": rounded(asdict(solution.after)),
        },
        "pose_sd": {
            "position_mm": round(float(np.median(np.linalg.norm(spread[:, :3], axis=1))) * 1e3, 4),
            "rotation_mdeg": round(
                float(np.degrees(np.median(np.linalg.norm(spread[:, 3:], axis=1)))) * 1e3, 4
            ),
        },
        "delay": {
            "assumed_s": round(delay_s, 6),
            "solved_s": round(delay_s + solution.figures["delay_s"].value, 6),
        },
        "lens": {
            "fx_px": round(lens.fx_px, 4),
            "fy_px": round(lens.fy_px, 4),
            "cx_px": round(lens.cx_px, 4),
            "cy_px": round(lens.cy_px, 4),
            **{name: round(getattr(lens, name), 9) for name in ("k1", "k2", "p1", "p2", "k3")},
        },
        "parameters": {name: figure_table(figure) for name, figure in solution.figures.items()},
    }


def is_better(solution: Solution, problem: Problem) -> bool:
    """Whether the solve knows more than the tracker did; else the track as shot is handed over."""
    most = _HARDLY if problem.marks.known.any() else _HARDLY_WITHOUT_TAGS
    return solution.after.rms_px <= most * solution.before.rms_px


def figure_table(figure: Figure) -> dict[str, Any]:
    """One shared number as a table."""
    return {key: value for key, value in rounded(asdict(figure)).items() if value != ""}


def notes_of(solution: Solution, problem: Problem, zooms: bool, every: int = 1) -> tuple[str, ...]:
    """What somebody should know before using the solve, in plain sentences. Of `every` so many frames
    one was looked at."""
    out = [
        f"tag {tag} does not hang where the others say: it was moved, or another tag has its number"
        for tag in solution.tags_dropped
    ]
    if not is_better(solution, problem):
        out.append(
            "the picture knows hardly better than the tracker did "
            f"({solution.after.rms_px:.2f} against {solution.before.rms_px:.2f} px): "
            "the track as shot is what is handed over"
        )
    if solution.marks_dropped > _HALF * (solution.marks_used + solution.marks_dropped):
        out.append("more than half of what was followed moves by itself: actors fill the picture")
    bare = float(np.mean(solution.seen[::every] == 0))
    if bare > _ALMOST_NONE:
        out.append(
            f"{bare:.0%} of the frames show nothing that stands still; there the tracker alone counts"
        )
    if not problem.marks.known.any():
        out.append("no mapped tags: place and scale are the tracker's own")
    if zooms:
        out.append("the lens zooms: one factor for the focal length holds for the whole take")
    gaps = int((np.diff(problem.times_s) > 1.5 * np.median(np.diff(problem.times_s))).sum())
    if gaps:
        out.append(f"the picture has {gaps} gaps; each frame stands at its own time")
    return tuple(out)


def told(name: str, figure: Figure) -> str:
    """A shared number for people."""
    if not figure.determined:
        return figure.note
    for ending, (scale, unit) in _UNITS.items():
        if name.endswith(ending):
            return f"{figure.value * scale:+.3g} ± {figure.sd * scale:.2g} {unit}"
    if name == "focal_ratio":
        return f"{100 * (figure.value - 1):+.3f} ± {100 * figure.sd:.2g} %"
    unit = " px" if name.endswith("_px") else ""
    return f"{figure.value:+.4g} ± {figure.sd:.2g}{unit}"


def rounded(table: Mapping[str, Any]) -> dict[str, Any]:
    """Floats to nine places."""
    return {key: round(value, 9) if isinstance(value, float) else value for key, value in table.items()}

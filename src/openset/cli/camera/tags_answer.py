"""How `calibrate tags` answers: figures for programs, rows for people."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from openset.cli.output import Figures
from openset.stage.live.walk import Walk
from openset.stage.markers.finding import Finding
from openset.stage.markers.quality import MapQuality
from openset.stage.markers.solution import MapSolution


def figures_of(solution: MapSolution, quality: MapQuality, walk: Walk, out: Path) -> Figures:
    """The answer for programs."""
    scale, checked = solution.scale, solution.lens_check
    return {
        "out": str(out),
        "usable": quality.usable,
        "tags_mapped": len(solution.tag_map.tags),
        "sd_mm": round(quality.sd_m * 1000, 4),
        "worst_sd_mm": round(quality.worst_sd_m * 1000, 4),
        "residual_px": round(solution.corner_sd_px, 4),
        "edge_px": round(solution.edge_px, 4),
        "pictures_read": walk.read,
        "pictures_looked_at": len(walk.frames),
        "pictures_used": len(solution.cameras),
        "sightings_used": solution.used,
        "sightings_dropped": solution.dropped,
        "scale_from": solution.tag_map.scale_from,
        "scale_factor": round(scale.factor, 6),
        "scale_sd": round(scale.sd, 6),
        "print_percent": round(scale.factor * 100, 3) if scale.taped else None,
        "tapes_left_mm": [None if each is None else round(each * 1000, 3) for each in scale.left_m],
        "lens_focal_off_percent": None if checked is None else round(checked.focal_off * 100, 4),
        "lens_focal_off_sd_percent": None if checked is None else round(checked.focal_sd * 100, 4),
        "mirrored": list(walk.mirrored),
        "tags": [_tag(solution, row) for row in quality.tags],
        "findings": [_finding(each) for each in quality.findings],
    }


def _tag(solution: MapSolution, row: Any) -> Figures:
    placed = solution.tag_map.tags[row.id]
    return {
        "id": row.id,
        "size_mm": round(placed.size_m * 1000, 3),
        "position_m": [round(each, 6) for each in placed.stage_from_tag.position_m],
        "rotation_wxyz": [round(each, 8) for each in placed.stage_from_tag.rotation_wxyz],
        "sd_mm": round(row.sd_m * 1000, 4),
        "seen_in": row.seen_in,
        "residual_px": round(row.residual_px, 4),
        "seen_from_deg": round(row.seen_from_deg, 1),
        "advice": row.advice,
    }


def _finding(each: Finding) -> Figures:
    return {
        "kind": each.kind,
        "tags": list(each.tags),
        "what": each.text,
        "todo": each.todo,
        "grave": each.grave,
        "value": None if each.value is None else round(each.value, 4),
    }


def title_of(solution: MapSolution, quality: MapQuality, out: Path) -> str:
    """The headline: good, or what stands against it."""
    count = len(solution.tag_map.tags)
    tags = f"{count} tag" if count == 1 else f"{count} tags"
    if not quality.usable:
        return f"{out}: {tags}, and not good enough to track on yet"
    return f"{out}: {tags}, sure to {quality.sd_m * 1000:.2g} mm"


def rows_of(solution: MapSolution, quality: MapQuality, walk: Walk) -> list[tuple[str, str]]:
    """The answer for people: the map, its tags, what to do."""
    rows = [
        ("scale from", solution.tag_map.scale_from),
        (
            "usual tag",
            f"sure to {quality.sd_m * 1000:.2f} mm, the least sure {quality.worst_sd_m * 1000:.2f} mm",
        ),
        ("corners fit to", f"{solution.corner_sd_px:.3f} px"),
        ("pictures", f"{len(solution.cameras)} used of {len(walk.frames)} looked at, {walk.read} read"),
        ("sightings", f"{solution.used} used, {solution.dropped} left out"),
    ]
    if solution.scale.taped:
        rows.insert(1, ("print", f"{solution.scale.factor * 100:.2f} % of the size given"))
    unused = [each.text for each in solution.scale.findings if each.kind == "tape unused"]
    if unused and not solution.scale.taped:
        rows[0] = ("scale from", f"{solution.tag_map.scale_from}: {'; '.join(unused)}")
    rows.append(("tag", ""))
    for tag in quality.tags:
        x, y, z = solution.tag_map.tags[tag.id].stage_from_tag.position_m
        text = (
            f"{x:8.3f} {y:8.3f} {z:8.3f} m  {tag.sd_m * 1000:6.2f} mm  "
            f"{tag.seen_in:4d} pictures  {tag.residual_px:.3f} px"
        )
        rows.append((f"{tag.id:>3}", f"{text}  {tag.advice}".rstrip()))
    if quality.findings:
        rows.append(("what to do", ""))
        for each in quality.findings:
            rows.append((each.kind, f"{each.text}. {each.todo}."))
    return rows

"""A solved map of tags, and how it is put together from an adjusted attempt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from openset.primitives.space import F64, Pose, pose_from_matrix
from openset.stage.lens.model import Lens
from openset.stage.markers.finding import Finding
from openset.stage.markers.lens_check import LensCheck
from openset.stage.markers.model import PlacedTag, TagMap
from openset.stage.markers.overlay import Overlay
from openset.stage.markers.started import Solved, rms
from openset.stage.markers.tape import PRINTER_SD, Scale, Taped

NO_SCALE = Scale(1.0, PRINTER_SD, (), taped=False)


@dataclass(frozen=True, eq=False)
class MapSolution:
    """A solved map. `cameras` are stage_from_camera by the index of the picture, `slips` (6,) how far
    each moved from the first row to the last. `tag_ids` are those solved here, in the order of
    `covariance` (6n, 6n), which is of their poses within the map: rigid motions of the map as a whole
    are taken out, the scale's uncertainty is in. `corner_sd_px` is the rms of the corners' errors per
    axis. `scale` says what the tapes did."""

    tag_map: TagMap
    cameras: Mapping[int, Pose]
    slips: Mapping[int, F64]
    lens: Lens
    lens_covariance: F64 | None
    corner_sd_px: float
    used: int
    dropped: int
    tag_ids: tuple[int, ...]
    covariance: F64
    findings: tuple[Finding, ...] = ()
    scale: Scale = NO_SCALE
    looks: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    """The pictures in which each tag was used."""
    lens_check: LensCheck | None = None
    overlay: Overlay | None = None
    edge_px: float = 0.0
    """How far outside of where they are the camera saw edges (edge.py)."""


def placed_tags(
    solved: Solved,
    tags: Mapping[int, F64],
    sizes_m: Mapping[int, float],
    stage_from_map: F64,
    whole: F64,
) -> dict[int, PlacedTag]:
    """The solved tags, map_from_tag (4, 4) by id, on the stage; `whole` is of all of them there."""
    errors = solved.adjusted.errors_px
    placed = {}
    for index, number in enumerate(solved.ids):
        mine = solved.problem.tag == index
        placed[number] = PlacedTag(
            number,
            sizes_m[number],
            pose_from_matrix(stage_from_map @ tags[number]),
            whole[6 * index : 6 * index + 6, 6 * index : 6 * index + 6],
            int(mine.sum()),
            rms(errors[mine]),
        )
    return placed


def solution_of(
    solved: Solved,
    tag_map: TagMap,
    motion: F64,
    whole: F64,
    lens_covariance: F64 | None,
    findings: tuple[Finding, ...],
    scale: Scale,
    checked: LensCheck | None,
    laid: Overlay | None,
) -> MapSolution:
    """Everything together; `motion` (4, 4) carried the attempt's frame to the stage, and its scale."""
    looks = {
        number: tuple(
            solved.pictures[each] for each in solved.problem.camera[solved.problem.tag == index]
        )
        for index, number in enumerate(solved.ids)
    }
    factor = float(np.cbrt(np.linalg.det(motion[:3, :3])))
    turn = np.eye(4)
    turn[:3, :3], turn[:3, 3] = motion[:3, :3] / factor, motion[:3, 3]
    cameras = {}
    for picture, pose in solved.cameras.items():
        pose[:3, 3] *= factor
        cameras[picture] = pose_from_matrix(turn @ pose)
    slip = solved.state.slip.copy()
    slip[:, :3] = slip[:, :3] @ motion[:3, :3].T
    return MapSolution(
        tag_map=tag_map,
        cameras=cameras,
        slips=dict(zip(solved.pictures, slip, strict=True)),
        lens=solved.state.lens,
        lens_covariance=lens_covariance,
        corner_sd_px=tag_map.residual_px,
        used=len(solved.problem.tag),
        dropped=len(solved.outside),
        tag_ids=tuple(solved.ids),
        covariance=whole,
        findings=findings,
        scale=scale,
        looks={each: seen for each, seen in looks.items() if seen},
        lens_check=checked,
        overlay=laid,
        edge_px=solved.state.edge_px,
    )


def scale_words(taped: Sequence[Taped], scale: Scale) -> str:
    """Where the map's scale comes from, for its file."""
    if not scale.taped:
        return "the printed size"
    used = [each for each, left in zip(taped, scale.left_m, strict=True) if left is not None]
    return "tape " + ", ".join(f"{each.first}-{each.second} {each.distance_m:.4g} m" for each in used)

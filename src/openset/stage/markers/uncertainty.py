"""How sure a pose is when the map and the lens are not exact either.

The covariance a pose is found with knows only of its own corners' errors, which one picture can show.
What the map's tags and the lens's numbers may be wrong by is carried through the same equations
(first-order propagation): it does not shrink with the number of corners.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from openset.primitives.rotation import skew
from openset.primitives.space import F64
from openset.stage.markers.equations import SeenCorners, equations, seen_corners
from openset.stage.markers.model import CameraView, PlacedTag, PoseEstimate, TagMap
from openset.stage.prints.model import tag_corners_m


def with_uncertainty(
    estimate: PoseEstimate,
    views: Sequence[CameraView],
    tags: TagMap,
    lens_covariance: F64 | Sequence[F64 | None] | None = None,
    late_s: Sequence[float] = (),
) -> PoseEstimate:
    """The estimate with the map's and the lens's uncertainty in its covariance.

    `views`, `tags` and `late_s` are what it was solved from; `lens_covariance` is (9, 9) for all
    cameras, or one or None for each view.
    """
    known = {tag.id for view in views for tag in view.tags} & set(tags.tags)
    corners = {number: tags.tags[number].corners_m for number in known}
    covariances = (
        [lens_covariance] * len(views)
        if lens_covariance is None or isinstance(lens_covariance, np.ndarray)
        else list(lens_covariance)
    )
    added = np.zeros((6, 6))
    total = np.zeros((6, 6))
    parts: list[tuple[F64, F64]] = []
    by_tag: dict[int, F64] = {}
    late_s = late_s or [0.0] * len(views)
    for number, (view, covariance, late) in enumerate(zip(views, covariances, late_s, strict=True)):
        edge_px, _ = estimate.edges_px.get(number, (view.edge_px, view.edge_sd_px))
        for seen in seen_corners([view], corners, [late]):
            slopes = _slopes(seen, estimate, edge_px)
            if slopes is None:
                continue
            by_motion, by_point, by_lens, by_edge = slopes
            # What the edges' own number takes up says nothing of the pose.
            taken = by_edge @ by_motion / (by_edge @ by_edge + 1.0 / seen.edge_sd_px**2)
            own = by_motion - np.outer(by_edge, taken)
            total += by_motion.T @ own
            if covariance is not None:
                parts.append((own.T @ by_lens, np.asarray(covariance)))
            _add_tags(by_tag, seen, own, by_point, tags.tags)
    for number, pull in by_tag.items():
        covariance = tags.tags[number].covariance
        if covariance is not None:
            parts.append((pull, covariance))
    if not parts:
        return estimate
    try:
        inverse = np.linalg.inv(total)
    except np.linalg.LinAlgError:
        return estimate
    for pull, covariance in parts:
        moved = inverse @ pull
        added += moved @ covariance @ moved.T
    return replace(estimate, covariance=estimate.covariance + added)


def _slopes(
    seen: SeenCorners, estimate: PoseEstimate, edge_px: float
) -> tuple[F64, F64, F64, F64] | None:
    """Derivatives by pose (m, 6), corner (m / 8, 8, 4, 3), lens (m, 9) and edges (m,) of the tags that
    fit, all as multiples of what is expected of a tag's eight numbers; zeros for the tags that do
    not."""
    matrix = estimate.stage_from_body.matrix
    twist = np.zeros(6) if estimate.twist is None else estimate.twist
    motion = np.concatenate([twist, np.zeros(6)])
    now = equations([seen], matrix[:3, 3], matrix[:3, :3], motion, [edge_px])
    if now is None:
        return None
    off = np.sqrt((now.residuals.reshape(-1, 8) ** 2).mean(axis=1) * 2)
    fits = (off <= max(1.0, 6.0 * estimate.residual_px)).astype(np.float64)[:, None, None]
    by_motion = now.sure(now.by_motion[:, :6]) * fits
    by_lens = now.sure(now.by_lens) * fits
    by_point = np.zeros((len(fits), 8, 4, 3))
    points = now.by_point.reshape(-1, 4, 2, 3)
    for corner in range(4):
        by_point[:, 2 * corner : 2 * corner + 2, corner] = points[:, corner]
    sure = (now.whitening @ by_point.reshape(-1, 8, 12)).reshape(-1, 8, 4, 3)
    by_edge = now.sure(now.by_edges) * fits
    points_by = sure * fits[..., None]
    return by_motion.reshape(-1, 6), points_by, by_lens.reshape(-1, 9), by_edge.reshape(-1)


def _add_tags(
    by_tag: dict[int, F64],
    seen: SeenCorners,
    by_motion: F64,
    by_point: F64,
    placed: Mapping[int, PlacedTag],
) -> None:
    """How each tag's own six numbers pull at the pose: summed over the views that see it."""
    slopes = by_motion.reshape(-1, 8, 6)
    for index, number in enumerate(seen.ids[::4].tolist()):
        tag = placed[number]
        turned = -tag.stage_from_tag.matrix[:3, :3] @ skew(tag_corners_m(tag.size_m))
        by_pose = np.concatenate([np.broadcast_to(np.eye(3), turned.shape), turned], axis=2)
        pull = slopes[index].T @ np.einsum("rcx,cxp->rp", by_point[index], by_pose)
        by_tag[number] = by_tag.get(number, np.zeros((6, 6))) + pull

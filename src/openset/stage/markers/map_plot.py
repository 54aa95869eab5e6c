"""The map of tags from above and from the front, as SVG: where each hangs and how sure that is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from html import escape

import numpy as np

from openset.primitives.space import F64
from openset.stage.markers.model import PlacedTag
from openset.stage.markers.quality import MapQuality, spread_of
from openset.stage.markers.solution import MapSolution

_WIDTH = 1000.0
_EDGE = 70.0
_HEAD = 84.0
_GOOD, _FAIR, _POOR = "#1f7a4d", "#a05a00", "#b3261e"
_AXES = "XYZ"
_FAIR_M, _POOR_M = 0.001, 0.003
_MOST_ELLIPSE_M = 0.25
_FACE = 0.3
"""The cosine to the line of sight from which a tag counts as facing the reader."""


@dataclass(frozen=True)
class _View:
    """Two of the three axes, and where they fall on the sheet."""

    title: str
    right: int
    up: int
    left_px: float
    bottom_px: float
    scale: float
    low: F64

    def at(self, point: F64) -> tuple[float, float]:
        return (
            self.left_px + (float(point[self.right]) - float(self.low[self.right])) * self.scale,
            self.bottom_px - (float(point[self.up]) - float(self.low[self.up])) * self.scale,
        )


def plot_of(solution: MapSolution, quality: MapQuality) -> str:
    """An SVG of both views. Ellipses are the tags' spreads, magnified as the sheet says; dots are the
    cameras of the walk."""
    tags = [solution.tag_map.tags[each] for each in sorted(solution.tag_map.tags)]
    eyes = np.array([pose.position_m for pose in solution.cameras.values()]).reshape(-1, 3)
    points = np.concatenate([tag.corners_m for tag in tags] + [eyes])
    low, high = points.min(axis=0) - 0.15, points.max(axis=0) + 0.15
    span = high - low
    scale = (_WIDTH - 2 * _EDGE) / float(span[0])
    scale = min(scale, 900.0 / float(span[1] + span[2]))
    magnified = _magnified([tag.covariance for tag in tags])
    plan_bottom = _HEAD + 30 + float(span[1]) * scale
    front_bottom = plan_bottom + 90 + float(span[2]) * scale
    left = (_WIDTH - float(span[0]) * scale) / 2
    views = (
        _View("From above (X to the right, Y away)", 0, 1, left, plan_bottom, scale, low),
        _View("From the front (X to the right, Z up)", 0, 2, left, front_bottom, scale, low),
    )
    height = front_bottom + 70
    parts = [_head(solution, quality, magnified, height)]
    for view in views:
        parts.append(_frame(view, span))
        parts += [_eye(view, eye) for eye in eyes]
        parts += [_tag(view, tag, magnified) for tag in sorted(tags, key=partial(_shows_face, view))]
        parts.append(_origin(view, span))
    parts.append(_ruler(views[1], span))
    return "\n".join([*parts, "</svg>\n"])


def _head(solution: MapSolution, quality: MapQuality, magnified: int, height: float) -> str:
    said = (
        f"{len(solution.tag_map.tags)} tags, usually sure to {quality.sd_m * 1000:.2f} mm, "
        f"the least sure to {quality.worst_sd_m * 1000:.2f} mm"
    )
    more = (
        f"scale from {solution.tag_map.scale_from}. Ellipses: one standard deviation, {magnified} "
        "times enlarged. Small dots: the walk."
    )
    style = (
        "text{font-family:system-ui,sans-serif;fill:#1c1b1a}.id{font-size:13px;text-anchor:middle}"
        ".t{font-size:20px;font-weight:600}.s{font-size:14px}.v{font-size:14px;font-weight:600}"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH:.0f} {height:.0f}" '
        f'width="{_WIDTH:.0f}" height="{height:.0f}" role="img">\n<title>{escape(said)}</title>\n'
        f'<style>{style}</style>\n<rect width="100%" height="100%" fill="#fbfaf8"/>\n'
        f'<text class="t" x="{_EDGE:.0f}" y="38">{escape(said)}</text>\n'
        f'<text class="s" x="{_EDGE:.0f}" y="62">{escape(more)}</text>'
    )


def _frame(view: _View, span: F64) -> str:
    width, height = float(span[view.right]) * view.scale, float(span[view.up]) * view.scale
    top = view.bottom_px - height
    parts = [
        f'<text class="v" x="{view.left_px:.1f}" y="{top - 8:.1f}">{escape(view.title)}</text>',
        f'<rect x="{view.left_px:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}" '
        'fill="#ffffff" stroke="#d9d5cf"/>',
    ]
    return "\n".join(parts)


def _origin(view: _View, span: F64) -> str:
    """The stage's origin and its two axes, 0.3 m long, where they lie in the view."""
    x, y = view.at(np.zeros(3))
    width, height = float(span[view.right]) * view.scale, float(span[view.up]) * view.scale
    inside = view.left_px <= x <= view.left_px + width
    if not (inside and view.bottom_px - height <= y <= view.bottom_px):
        return ""
    long = 0.3 * view.scale
    return (
        f'<path d="M{x + long:.1f} {y:.1f}H{x:.1f}V{y - long:.1f}" fill="none" stroke="#1c1b1a" '
        f'stroke-width="2"/>\n<text class="s" x="{x + long + 4:.1f}" y="{y + 5:.1f}">'
        f'{_AXES[view.right]}</text>\n<text class="s" x="{x - 5:.1f}" y="{y - long - 5:.1f}">'
        f"{_AXES[view.up]}</text>"
    )


def _eye(view: _View, eye: F64) -> str:
    x, y = view.at(eye)
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="1.8" fill="#8d867d"/>'


def _tag(view: _View, tag: PlacedTag, magnified: int) -> str:
    """A tag: with its number and its spread where the view shows its face, else as a thin edge."""
    corners = [view.at(corner) for corner in tag.corners_m]
    outline = " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)
    if not _shows_face(view, tag):
        return f'<polygon points="{outline}" fill="none" stroke="#b9b2a8" stroke-width="1"/>'
    x, y = view.at(np.array(tag.stage_from_tag.position_m))
    colour = _colour(tag)
    low = max(corner[1] for corner in corners)
    parts = [
        f'<polygon points="{outline}" fill="#efece7" stroke="{colour}" stroke-width="1.4"/>',
        f'<text class="id" x="{x:.1f}" y="{low + 14:.1f}">{tag.id}</text>',
    ]
    if tag.covariance is not None:
        parts.append(_ellipse(view, tag.covariance, magnified, x, y, colour))
    return "\n".join(parts)


def _shows_face(view: _View, tag: PlacedTag) -> bool:
    across = 3 - view.right - view.up
    return abs(float(tag.stage_from_tag.matrix[across, 2])) > _FACE


def _colour(tag: PlacedTag) -> str:
    spread = spread_of(tag)
    return _POOR if spread > _POOR_M else _FAIR if spread > _FAIR_M else _GOOD


def _ellipse(view: _View, covariance: F64, magnified: int, x: float, y: float, colour: str) -> str:
    axes = [view.right, view.up]
    values, vectors = np.linalg.eigh(covariance[np.ix_(axes, axes)])
    long_px, short_px = np.sqrt(np.maximum(values[::-1], 0.0)) * view.scale * magnified
    angle = -math.degrees(math.atan2(float(vectors[1, 1]), float(vectors[0, 1])))
    return (
        f'<ellipse cx="{x:.1f}" cy="{y:.1f}" rx="{max(long_px, 0.8):.1f}" '
        f'ry="{max(short_px, 0.8):.1f}" '
        f'transform="rotate({angle:.1f} {x:.1f} {y:.1f})" fill="{colour}" '
        f'fill-opacity="0.25" stroke="{colour}" '
        'stroke-width="1.2"/>'
    )


def _ruler(view: _View, span: F64) -> str:
    metres = 1.0 if float(span[view.right]) > 1.5 else 0.1
    x, y = view.left_px, view.bottom_px + 24
    end = x + metres * view.scale
    return (
        f'<path d="M{x:.1f} {y - 4:.1f}v8M{x:.1f} {y:.1f}H{end:.1f}M{end:.1f} {y - 4:.1f}v8" '
        'stroke="#1c1b1a" stroke-width="1.4" fill="none"/>\n'
        f'<text class="s" x="{end + 8:.1f}" y="{y + 5:.1f}">{metres:g} m</text>'
    )


def _magnified(covariances: Sequence[F64 | None]) -> int:
    """A round number that makes the usual ellipse visible and the largest no larger than a hand."""
    spreads = [
        math.sqrt(max(0.0, float(np.linalg.eigvalsh(each[:3, :3])[-1])))
        for each in covariances
        if each is not None
    ]
    if not spreads or max(spreads) <= 0.0:
        return 1
    wanted = _MOST_ELLIPSE_M / max(spreads)
    power = 10 ** math.floor(math.log10(max(wanted, 1.0)))
    steps = [step for step in (5, 2, 1) if step * power <= max(wanted, 1.0)]
    return int(power) * steps[0]

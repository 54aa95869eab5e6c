"""The delay as a picture to judge it by: how well each delay fits, both motions over each other.

Plain SVG, readable on screen and on paper. The picture's motion is dots, the track's, moved by the
delay found, a line: where they part, something is wrong at that moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from openset.primitives.space import F64
from openset.stage.tracking.delay_fit import fit_of
from openset.stage.tracking.delay_model import DelayEstimate
from openset.stage.tracking.delay_path import path_of
from openset.stage.tracking.motion import Motion
from openset.stage.tracking.samples import TrackSample

WIDTH, HEIGHT = 1200, 1000
INK, FAINT, LINE, ACCENT, DOT = "#1a1a1a", "#6b6b6b", "#d0d0d0", "#b8480a", "#1f4e79"
_LEFT, _RIGHT = 90, WIDTH - 40
LONGEST_S = 12.0


@dataclass(frozen=True)
class _Frame:
    """One panel: where it stands and what its axes span."""

    top: float
    high: float
    x: tuple[float, float]
    y: tuple[float, float]

    def points(self, x: F64, y: F64) -> list[tuple[float, float]]:
        """Places in the drawing of values (n,), kept inside the panel."""
        across = _LEFT + (x - self.x[0]) / (self.x[1] - self.x[0]) * (_RIGHT - _LEFT)
        part = np.clip((y - self.y[0]) / (self.y[1] - self.y[0]), -0.02, 1.02)
        up = self.top + self.high * (1 - part)
        return list(zip(across.tolist(), up.tolist(), strict=True))


def delay_chart(
    found: DelayEstimate, motion: Motion, track: Sequence[TrackSample], title: str = ""
) -> str:
    """The chart of an estimate made of this material, as an SVG document."""
    parts = [_head(found, title)]
    if found.curve is not None and len(found.curve[0]) > 1:
        parts.append(_curve(found, found.curve))
    if len(motion.to_ns) > 1 and len(track) > 1 and found.pixels_per_rad:
        parts += _motions(found, motion, track)
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'font-family="Noto Sans, Helvetica, Arial, sans-serif" font-size="19">\n'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>\n{body}\n</svg>\n'
    )


def headline(found: DelayEstimate) -> str:
    """The figure in words."""
    if found.refused is not None:
        return f"No delay: {found.refused}"
    doubt = "" if found.sd_s is None else f" ± {max(0.1, 1000 * found.sd_s):.1f}"
    way = "after" if found.delay_s >= 0 else "before"
    return f"The picture comes {1000 * abs(found.delay_s):.1f}{doubt} ms {way} the pose"


def _head(found: DelayEstimate, title: str) -> str:
    lines = _wrapped(headline(found), 100)
    under = [
        f"correlation {found.confidence:.3f}",
        f"{found.frames} frames",
        f"moved {found.moved_px:.1f} pixels a frame, {found.turned_deg_s:.1f} degrees a second",
        *([f"read-out {1000 * found.readout_s:.0f} ms"] if found.readout_s is not None else []),
    ]
    out = [
        _text(_LEFT, 44 + 30 * index, line, size=26, weight=700, fill=INK)
        for index, line in enumerate(lines[:2])
    ]
    below = 44 + 30 * min(2, len(lines))
    out.append(_text(_LEFT, below, " · ".join(under), fill=FAINT))
    out += [_text(_LEFT, below + 26, " · ".join(filter(None, [title, *found.notes]))[:120], fill=FAINT)]
    return "\n".join(out)


def _curve(found: DelayEstimate, curve: tuple[F64, F64]) -> str:
    delays, heights = curve
    frame = _Frame(180, 200, (1000 * float(delays[0]), 1000 * float(delays[-1])), (0.0, 1.0))
    out = [_axes(frame, "How well picture and track agree, at each delay in milliseconds", "")]
    out.append(_path(frame.points(1000 * delays, np.maximum(heights, 0.0)), DOT))
    (x, y), *_ = frame.points(np.array([1000 * found.delay_s]), np.array([found.confidence]))
    out.append(
        f'<line x1="{x:.1f}" x2="{x:.1f}" y1="180" y2="380" stroke="{ACCENT}" stroke-width="2"/>'
    )
    out.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6" fill="{ACCENT}"/>')
    anchor, aside = ("start", 12) if x < 0.8 * WIDTH else ("end", -12)
    said = f"{1000 * found.delay_s:.1f} ms"
    out.append(_text(x + aside, 202, said, anchor=anchor, fill=ACCENT, weight=700))
    return "\n".join(out)


def _motions(found: DelayEstimate, motion: Motion, track: Sequence[TrackSample]) -> list[str]:
    """Pan and tilt in degrees a second, of the liveliest seconds of the material."""
    origin = int(motion.from_ns[0])
    fit = fit_of(motion, path_of(track, origin), origin)
    solved = fit.solve(found.delay_s)
    spans = np.maximum(fit.end - fit.begin, 1e-6)
    told = np.einsum("i,icn->cn", solved.gains, fit.design(found.delay_s))
    degrees = np.degrees(1.0 / (found.pixels_per_rad or 1.0)) / spans
    seen, told = fit.seen[:2] * degrees, np.where(solved.covered, told[:2] * degrees, np.nan)
    middle = (fit.begin + fit.end) / 2
    start = _liveliest(middle, seen)
    inside = (middle >= start) & (middle <= start + LONGEST_S)
    out = []
    names = ("Pan", "Tilt")
    for row, top in ((0, 465), (1, 740)):
        reach = 1.15 * max(0.5, float(np.percentile(np.abs(seen[row, inside]), 99)))
        frame = _Frame(top, 200, (start, min(start + LONGEST_S, float(middle[-1]))), (-reach, reach))
        said = f"{names[row]}, degrees a second: dots the picture, line the track at this delay"
        out.append(_axes(frame, said, "seconds since the first frame" if row else ""))
        out.append(_path(frame.points(middle[inside], told[row, inside]), ACCENT))
        dots = frame.points(middle[inside], seen[row, inside])
        out.append(
            f'<g fill="{DOT}">'
            + "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.6"/>' for x, y in dots)
            + "</g>"
        )
    return out


def _liveliest(middle: F64, seen: F64) -> float:
    """Where the stretch that fits the chart begins that has the most motion."""
    if middle[-1] - middle[0] <= LONGEST_S:
        return float(middle[0])
    power = np.cumsum((seen * seen).sum(axis=0))
    starts = np.flatnonzero(middle <= middle[-1] - LONGEST_S)
    ends = np.searchsorted(middle, middle[starts] + LONGEST_S) - 1
    return float(middle[starts[int(np.argmax(power[ends] - power[starts]))]])


def _axes(frame: _Frame, title: str, below: str) -> str:
    low, high = frame.top + frame.high, frame.top
    out = [_text(_LEFT, high - 14, title, weight=600, fill=INK)]
    for value in _ticks(*frame.x):
        (x, _), *_ = frame.points(np.array([value]), np.array([frame.y[0]]))
        out.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{high}" y2="{low}" stroke="{LINE}" stroke-width="1"/>'
        )
        out.append(_text(x, low + 24, f"{value:g}", anchor="middle", fill=FAINT))
    for value in _ticks(*frame.y, most=5):
        (_, y), *_ = frame.points(np.array([frame.x[0]]), np.array([value]))
        heavy = 'stroke-width="1.6"' if value == 0 else 'stroke-width="1"'
        out.append(
            f'<line x1="{_LEFT}" x2="{_RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="{LINE}" {heavy}/>'
        )
        out.append(_text(_LEFT - 12, y + 6, f"{value:g}", anchor="end", fill=FAINT))
    if below:
        out.append(_text(_RIGHT, low + 48, below, anchor="end", fill=FAINT))
    return "\n".join(out)


def _ticks(low: float, high: float, most: int = 11) -> list[float]:
    """Round values between two others, few enough to read."""
    rough = (high - low) / most
    size = 10.0 ** np.floor(np.log10(rough))
    step = float(next(size * factor for factor in (1, 2, 5, 10) if size * factor >= rough))
    first = int(np.ceil(low / step - 1e-9))
    return [round(index * step, 9) for index in range(first, int(np.floor(high / step + 1e-9)) + 1)]


def _path(points: list[tuple[float, float]], colour: str) -> str:
    """A line through points, broken where one is not known."""
    words, down = [], False
    for x, y in points:
        if not (np.isfinite(x) and np.isfinite(y)):
            down = False
            continue
        words.append(f"{'L' if down else 'M'}{x:.1f} {y:.1f}")
        down = True
    return f'<path d="{" ".join(words)}" fill="none" stroke="{colour}" stroke-width="2.2"/>'


def _text(
    x: float,
    y: float,
    words: str,
    *,
    anchor: str = "start",
    fill: str = INK,
    size: int = 19,
    weight: int = 400,
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{fill}" font-size="{size}" '
        f'font-weight="{weight}">{escape(words)}</text>'
    )


def _wrapped(words: str, most: int) -> list[str]:
    """Words in lines of at most so many characters."""
    lines = [""]
    for word in words.split():
        if len(lines[-1]) + 1 + len(word) > most:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines

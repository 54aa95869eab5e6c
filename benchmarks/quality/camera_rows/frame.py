"""What a row of the camera benchmark is, how its seeds are run and kept, and how its figures are judged.

A row measures one promise over many seeds. For every seed it answers a flat dictionary of numbers: its
own figures, the same figures with OpenCV's detector and solver under `cv.<name>`, and under
`in.<what>`, `of.<what>` how many truths lay inside their stated 90 % intervals, and how many there were.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

Numbers = dict[str, float]
LEAST_COVERED, MOST_COVERED = 0.85, 0.95


@dataclass(frozen=True)
class Figure:
    """One number of a row. `target` is what the median should not pass (None: shown for comparison);
    `at_least` turns that round; `scale` brings it to `unit`."""

    name: str
    title: str
    unit: str
    target: float | None = None
    at_least: bool = False
    digits: int = 3


@dataclass(frozen=True)
class Row:
    """One row of the table. `run` measures one seed; it raises Absent where what it needs is not there.
    `once` rows have no seeds: real material is what it is."""

    key: str
    title: str
    run: Callable[[int, bool], Numbers]
    figures: tuple[Figure, ...]
    once: bool = False
    against: str = "OpenCV"


@dataclass(frozen=True)
class Campaign:
    """The numbers of every row, one for each seed, and why a row could not be measured."""

    numbers: dict[str, list[Numbers]]
    absent: dict[str, str]


class Absent(Exception):
    """Material or a part that a row needs is not here."""


def measured(rows: Sequence[Row], seeds: Sequence[int], quick: bool, keep: Path | None) -> Campaign:
    """All rows, one seed after another, so that rows of a seed share pictures and maps. What an earlier
    run kept in `keep` is taken from there."""
    done = Campaign({row.key: [] for row in rows}, {})
    for number, seed in enumerate(seeds):
        for row in rows:
            if row.key in done.absent or (row.once and number):
                continue
            try:
                done.numbers[row.key].append(_one(row, seed, quick, keep))
            except Absent as absent:
                done.absent[row.key] = str(absent)
    return done


def _one(row: Row, seed: int, quick: bool, keep: Path | None) -> Numbers:
    name = f"{row.key}-{'quick-' if quick else ''}{'once' if row.once else seed}.json"
    place = keep / name if keep else None
    if place is not None and place.is_file():
        kept: Numbers = json.loads(place.read_text())
        return kept
    started, worked = time.perf_counter(), time.process_time()
    numbers = {key: float(value) for key, value in row.run(seed, quick).items()}
    numbers["seconds"], numbers["cpu_s"] = time.perf_counter() - started, time.process_time() - worked
    shown = " ".join(f"{f.name} {numbers[f.name]:.4g}" for f in row.figures if f.name in numbers)
    print(
        f"{row.key} seed {seed}: {shown} ({numbers['seconds']:.0f} s, {numbers['cpu_s']:.0f} s of processor)",
        file=sys.stderr,
        flush=True,
    )
    if place is not None:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(json.dumps(numbers, sort_keys=True))
    return numbers


def judged(row: Row, results: list[Numbers]) -> dict[str, Any]:
    """Median and 95th percentile of every figure, against its target and against OpenCV."""
    figures = []
    for figure in row.figures:
        mine = _values(results, figure.name)
        if not len(mine):
            continue
        theirs = _values(results, f"cv.{figure.name}")
        median = float(np.median(mine))
        entry: dict[str, Any] = {
            "name": figure.name,
            "title": figure.title,
            "unit": figure.unit,
            "digits": figure.digits,
            "median": median,
            "p95": float(np.percentile(mine, 5 if figure.at_least else 95)),
            "seeds": len(mine),
            "target": figure.target,
            "reached": _reached(figure, median),
        }
        if len(theirs):
            entry["opencv_median"] = float(np.median(theirs))
            entry["opencv_p95"] = float(np.percentile(theirs, 5 if figure.at_least else 95))
            entry["opencv_ratio"] = entry["opencv_median"] / median if median else None
        figures.append(entry)
    return {"row": row.key, "title": row.title, "against": row.against, "figures": figures}


def missing(row: Row, why: str) -> dict[str, Any]:
    """A row that could not be measured."""
    return {"row": row.key, "title": row.title, "against": "", "figures": [], "absent": why}


def covered(everything: dict[str, list[Numbers]]) -> dict[str, Any]:
    """How many truths lay inside their stated 90 % intervals, over all rows that stated any."""
    names = sorted(
        {k[3:] for results in everything.values() for one in results for k in one if k[:3] == "of."}
    )
    figures = []
    for name in names:
        pairs = [
            (one[f"in.{name}"], one[f"of.{name}"])
            for r in everything.values()
            for one in r
            if f"of.{name}" in one
        ]
        inside, count = (float(sum(column)) for column in zip(*pairs, strict=True))
        share = inside / count if count else 0.0
        by_seed = np.array([i / n for i, n in pairs if n])
        figures.append(
            {
                "name": name,
                "title": f"{name}: truths inside their 90 % interval",
                "unit": "",
                "digits": 3,
                "median": share,
                "p95": float(np.percentile(by_seed, 5)),
                "seeds": len(by_seed),
                "truths": int(count),
                "target": [LEAST_COVERED, MOST_COVERED],
                "reached": LEAST_COVERED <= share <= MOST_COVERED,
            }
        )
    return {
        "row": "coverage",
        "title": "Stated error against true error",
        "against": "",
        "figures": figures,
    }


def told(table: dict[str, Any]) -> str:
    """A row as text: one line a figure."""
    lines = ["", table["title"] + (f"  (ratios: {table['against']})" if table["against"] else "")]
    if "absent" in table:
        return "\n".join([*lines, f"  not measured: {table['absent']}"])
    for f in table["figures"]:
        digits = f["digits"]
        line = f"  {f['title']:<52} {f['median']:9.{digits}f} / {f['p95']:<9.{digits}f} {f['unit']:<5}"
        if f["target"] is not None:
            line += f" {'reached' if f['reached'] else 'MISSED':8}({_target(f)})"
        if "opencv_median" in f:
            line += f"  OpenCV {f['opencv_median']:.{digits}f} / {f['opencv_p95']:.{digits}f}"
            line += f" = x{f['opencv_ratio']:.2g}" if f["opencv_ratio"] is not None else ""
        lines.append(line.rstrip())
    return "\n".join(lines)


def _target(figure: dict[str, Any]) -> str:
    if isinstance(figure["target"], list):
        return "to be {:g} to {:g}".format(*figure["target"])
    return f"{figure['target']:g} {figure['unit']}".rstrip()


def _values(results: list[Numbers], name: str) -> np.ndarray[Any, Any]:
    values = np.array([one[name] for one in results if name in one], dtype=float)
    return values[np.isfinite(values)]


def _reached(figure: Figure, median: float) -> bool | None:
    if figure.target is None:
        return None
    return median >= figure.target if figure.at_least else median <= figure.target

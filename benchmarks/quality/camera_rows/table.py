"""The rows in the order in which they are measured: what shares pictures stands together."""

from __future__ import annotations

from benchmarks.quality.camera_rows.delay import DELAY, STILL_DELAY
from benchmarks.quality.camera_rows.frame import Row
from benchmarks.quality.camera_rows.joint import JOINT
from benchmarks.quality.camera_rows.lens import BARREL, FISHEYE, TELE, WIDE
from benchmarks.quality.camera_rows.poses import FILM_POSE, ROLLING, VIOLENT, WITNESS_POSE
from benchmarks.quality.camera_rows.real import REAL
from benchmarks.quality.camera_rows.tags import STAGE_TAGS, TAGS

ROWS: dict[str, Row] = {
    row.key: row
    for row in (
        BARREL,
        WIDE,
        TELE,
        FISHEYE,
        REAL,
        TAGS,
        WITNESS_POSE,
        STAGE_TAGS,
        FILM_POSE,
        ROLLING,
        VIOLENT,
        DELAY,
        STILL_DELAY,
        JOINT,
    )
}

"""The rows in the order in which they are measured: what shares pictures stands together."""

from __future__ import annotations

from benchmarks.quality.camera_rows.frame import Row
from benchmarks.quality.camera_rows.poses import FILM_POSE, ROLLING, VIOLENT, WITNESS_POSE
from benchmarks.quality.camera_rows.tags import STAGE_TAGS, TAGS

ROWS: dict[str, Row] = {row.key: row for row in (TAGS, WITNESS_POSE, STAGE_TAGS, FILM_POSE, ROLLING, VIOLENT)}

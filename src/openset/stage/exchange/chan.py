"""Nuke channel files: a camera's place, angles and vertical field of view, a frame a line."""

from __future__ import annotations

from pathlib import Path

from openset.formats.camera_shot import CameraShot
from openset.formats.chan import decode, encode, key_from_row, rows_from_keys
from openset.formats.faults import FormatError
from openset.stage.exchange.model import MOST_FAULTS, CameraMove, Options, Read
from openset.stage.exchange.shot import LARGEST, move_of, sensor_of, shot_of
from openset.stage.exchange.whole_file import contents


def read(path: Path, options: Options) -> Read:
    """A file as a move, in metres. Raises FormatError without `options.rate`: the file has none.
    Nor has it a sensor: see `sensor_of`; that one is assumed is told."""
    table = decode(contents(path, LARGEST))
    if options.rate is None and len(table.rows) > 1:
        raise FormatError("a channel file has frames and no rate; say it with --rate")
    sensor_mm = sensor_of(options)
    keys = tuple(key_from_row(row, sensor_mm) for row in table.rows)
    shot = CameraShot(options.name or path.name.split(".")[0], keys)
    notes = []
    if options.sensor_width_mm is None and any(row.fov_deg for row in table.rows):
        notes.append(f"sensor taken for {sensor_mm[0]:g} mm wide, its angles hold; --sensor-mm")
    return Read(move_of(shot, options), table.skipped, (*notes, *table.faults)[:MOST_FAULTS])


def write(value: CameraMove, path: Path, options: Options) -> None:
    """A line for every frame that has a pose; the field of view where the lens is known."""
    path.write_bytes(encode(rows_from_keys(shot_of(value, options).keys)))

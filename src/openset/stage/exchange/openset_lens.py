"""Openset's own lens file as a lens table, both ways.

Kept: every setting's focal length, centre, distortion, focus distance and entrance pupil in
OpenTrackIO's terms. The uncertainties, the sensor's read-out and where the camera sits on its tracker
are no part of other programs' lens files and are named as not held.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from openset.primitives.errors import BadInput
from openset.stage.exchange.model import Options, Read
from openset.stage.lens.lens_file import json_from_lens_file, lens_file_from_json
from openset.stage.lens.measured import LensFile, MeasuredLens
from openset.stage.lens.report import lens_from_report, report_from_lens
from openset.stage.lens.table import LensSetting, LensTable

_USUAL_WIDTH = 1920


def read(path: Path, options: Options) -> Read:
    """The lens as a `LensTable`. Raises FormatError with the field, BadInput for a fisheye lens too
    wide for OpenTrackIO's model."""
    file = lens_file_from_json(path.read_bytes())
    return Read(table_of(file, path.stem), unheld=tuple(_unheld(file)))


def write(value: LensTable, path: Path, options: Options) -> None:
    """Write a `LensTable`; BadInput where a setting has no focal length or an impossible one."""
    path.write_bytes(json_from_lens_file(file_of(value, options)))


def table_of(file: LensFile, otherwise: str = "") -> LensTable:
    """The lens file's settings; one without a name is called `otherwise`."""
    first = file.settings[0].lens
    notes = dict(file.notes)
    return LensTable(
        file.name or otherwise,
        tuple(
            LensSetting(each.focus, each.zoom, report_from_lens(each.lens)) for each in file.settings
        ),
        make=notes.pop("lens make", ""),
        model=notes.pop("lens model", ""),
        serial=notes.pop("lens serial", ""),
        size_px=(first.width_px, first.height_px),
        notes=tuple(notes.items()),
    )


def file_of(table: LensTable, options: Options) -> LensFile:
    """The table as a lens file, for a picture of `options.size_px`, else of the table's own size."""
    size = options.size_px or table.size_px or _likely_size(table)
    settings = []
    for each in table.settings:
        optics = each.optics
        if not optics.sensor_width_mm:
            optics = replace(optics, sensor_width_mm=options.sensor_width_mm)
        settings.append(MeasuredLens(lens_from_report(optics, *size), each.focus, each.zoom))
    if not settings:
        raise BadInput("this lens has no setting")
    named = {f"lens {each}": getattr(table, each) for each in ("make", "model", "serial")}
    notes = {**dict(table.notes), **{name: text for name, text in named.items() if text}}
    return LensFile(options.name or table.name, tuple(settings), notes=notes)


def _likely_size(table: LensTable) -> tuple[int, int]:
    sensor = table.sensor_mm
    if sensor is None:
        return _USUAL_WIDTH, 1080
    return _USUAL_WIDTH, max(2, round(_USUAL_WIDTH * sensor[1] / sensor[0]))


def _unheld(file: LensFile) -> list[str]:
    said = {
        "readout_s": file.readout_s is not None,
        "tracker_from_camera": file.tracker_from_camera is not None,
        "mount": any(each.mount is not None for each in file.settings),
        "focal_mm": any(each.focal_mm is not None for each in file.settings),
        "covariance": any(each.covariance is not None for each in file.settings),
        "map_uncertainty_px": any(each.map_uncertainty_px is not None for each in file.settings),
        "rms_px": any(each.rms_px for each in file.settings),
        "fisheye": any(each.lens.fisheye is not None for each in file.settings),
    }
    return [name for name, there in said.items() if there]

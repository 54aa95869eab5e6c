"""Unreal's lens files (.ulens): JSON whose tables are texts of numbers, a row for each ring position.

Source: the exchange format of Unreal Engine 5's camera calibration plug-in, version 0.0.0, as its
importer reads it: columns by name, cells apart by commas, rows by semicolons. Focal length and image
centre are fractions of the picture's width and height, distortion is OpenCV's k1 k2 k3 p1 p2
("Spherical"), nodal offsets are in centimetres on OpenCV's axes (x right, y down, z forward), focus
marks in centimetres.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openset.formats.faults import FormatError
from openset.formats.lens_json import document, number, part, text

VERSION = "0.0.0"
MOST_ROWS = 100_000
MOST_FAULTS = 20
_LARGEST = 1e6

FOCAL = ("FocusEncoder", "ZoomEncoder", "Fx", "Fy")
CENTRE = ("FocusEncoder", "ZoomEncoder", "Cx", "Cy")
NODAL = ("FocusEncoder", "ZoomEncoder", "Qx", "Qy", "Qz", "Qw", "Tx", "Ty", "Tz")
DISTORTION = ("FocusEncoder", "ZoomEncoder", "K1", "K2", "K3", "P1", "P2")
FOCUS_MARKS = ("FocusEncoder", "FocusCM")
IRIS_MARKS = ("IrisEncoder", "IrisFstop")

_CAMERA_TABLES = (
    ("FocalLengthTable", FOCAL),
    ("ImageCenterTable", CENTRE),
    ("NodalOffsetTable", NODAL),
    ("DistortionTable", DISTORTION),
)
_ENCODER_TABLES = (("Focus", FOCUS_MARKS), ("Iris", IRIS_MARKS))

Rows = tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class UlensFile:
    """A lens file's content; the rows have the columns named above, focal lengths and centres as
    fractions of the picture."""

    name: str
    focal: Rows
    centre: Rows = ()
    nodal: Rows = ()
    distortion: Rows = ()
    focus_marks: Rows = ()
    iris_marks: Rows = ()
    model: str = ""
    serial: str = ""
    sensor_mm: tuple[float, float] = (36.0, 24.0)
    size_px: tuple[int, int] | None = None
    user_metadata: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class UlensReading:
    """What was found in a file; `skipped` counts rows that could not be used, `faults` says why."""

    file: UlensFile
    skipped: int
    faults: tuple[str, ...]
    unheld: tuple[str, ...]


def read(data: bytes) -> UlensReading:
    """The lens file in `data`.

    Raises FormatError for what is none, for another version or distortion model than the importer
    knows, and where no row of the focal length table can be used.
    """
    root = document(data, "lens file")
    head = part(root, "metadata")
    if text(head, "type", "metadata") != "LensFile":
        raise FormatError("this is no Unreal lens file: its type is not LensFile", "metadata.type")
    version = text(head, "version", "metadata")
    if version != VERSION:
        raise FormatError(f"version {version[:40]!r} is not known, only {VERSION}", "metadata.version")
    info = part(head, "lensInfo", "metadata")
    faults: list[str] = []
    tables = _tables(root, "cameraParameterTables", _CAMERA_TABLES, faults)
    marks = _tables(root, "encoderTables", _ENCODER_TABLES, faults)
    _require_spherical(text(info, "distortionModel", "metadata.lensInfo"), tables)
    sensor = _sensor(part(root, "sensorDimensions"))
    focal = tables.get("FocalLengthTable", ())
    if not focal:
        raise FormatError("no row of the focal length table can be used", "FocalLengthTable")
    file = UlensFile(
        name=text(head, "name", "metadata"),
        focal=_fractions(focal, text(head, "fxFyUnits", "metadata"), sensor, "metadata.fxFyUnits"),
        centre=_fractions(
            tables.get("ImageCenterTable", ()),
            text(head, "cxCyUnits", "metadata"),
            sensor,
            "metadata.cxCyUnits",
        ),
        nodal=tables.get("NodalOffsetTable", ()),
        distortion=tables.get("DistortionTable", ()),
        focus_marks=marks.get("Focus", ()),
        iris_marks=marks.get("Iris", ()),
        model=text(info, "modelName", "metadata.lensInfo"),
        serial=text(info, "serialNumber", "metadata.lensInfo"),
        sensor_mm=sensor,
        size_px=_size(part(root, "imageDimensions")),
        user_metadata=tuple(_user_metadata(head.get("userMetadata"))),
    )
    return UlensReading(file, len(faults), tuple(faults[:MOST_FAULTS]), tuple(_unheld(root)))


def _require_spherical(model: str, tables: Mapping[str, Rows]) -> None:
    bent = any(any(row[2:]) for row in tables.get("DistortionTable", ()))
    if model.lower() != "spherical" and (bent or model.lower() not in ("", "none")):
        raise FormatError(
            f"the distortion model {model[:60]!r} is not known, only Spherical",
            "metadata.lensInfo.distortionModel",
        )


def _sensor(dimensions: Mapping[str, Any]) -> tuple[float, float]:
    units = text(dimensions, "units", "sensorDimensions")
    if units.lower() not in ("", "millimeters"):
        raise FormatError(f"{units[:40]!r} is no unit of a sensor's size", "sensorDimensions.units")
    width = number(dimensions, "width", 0.5, 500.0, "sensorDimensions")
    height = number(dimensions, "height", 0.5, 500.0, "sensorDimensions")
    if width is None or height is None:
        raise FormatError("the sensor's width or height is missing", "sensorDimensions")
    return width, height


def _size(dimensions: Mapping[str, Any]) -> tuple[int, int] | None:
    """The picture's size; Unreal leaves zeros where it was never told."""
    width = number(dimensions, "width", 0, _LARGEST, "imageDimensions")
    height = number(dimensions, "height", 0, _LARGEST, "imageDimensions")
    if not width or not height or width < 1 or height < 1:
        return None
    return round(width), round(height)


def _fractions(rows: Rows, units: str, sensor: tuple[float, float], at: str) -> Rows:
    if units.lower() in ("", "normalized"):
        return rows
    if units.lower() != "millimeters":
        raise FormatError(f"{units[:40]!r} is no unit of lengths", at)
    return tuple((*row[:2], row[2] / sensor[0], row[3] / sensor[1]) for row in rows)


def _tables(
    root: Mapping[str, Any],
    list_name: str,
    known: Sequence[tuple[str, tuple[str, ...]]],
    faults: list[str],
) -> dict[str, Rows]:
    found: dict[str, Rows] = {}
    tables = root.get(list_name)
    if tables is None:
        return found
    if not isinstance(tables, list):
        raise FormatError("a list of tables was expected", list_name)
    columns = {name.lower(): (name, wanted) for name, wanted in known}
    for table in tables:
        if not isinstance(table, dict):
            raise FormatError("a table was expected", list_name)
        name, wanted = columns.get(text(table, "parameterName", list_name).lower(), ("", ()))
        if name and name not in found:
            found[name] = tuple(_rows(table, name, wanted, faults))
    return found


def _rows(
    table: Mapping[str, Any], name: str, wanted: Sequence[str], faults: list[str]
) -> Iterator[tuple[float, ...]]:
    header = [cell.strip().lower() for cell in text(table, "header", name).split(",")]
    lines = text(table, "data", name)
    if not lines:
        return
    missing = [column for column in wanted if column.lower() not in header]
    if missing:
        raise FormatError(f"the table has no column {missing[0]!r}", name)
    if lines.count(";") > MOST_ROWS:
        raise FormatError(f"the table has more than {MOST_ROWS} rows", name)
    places = [header.index(column.lower()) for column in wanted]
    seen: set[tuple[float, ...]] = set()
    keys = 2 if len(wanted) > 2 else 1
    for index, line in enumerate(lines.split(";"), start=1):
        if not line.strip():
            continue
        try:
            row = _row(line, len(header), places, wanted)
        except FormatError as trouble:
            faults.append(str(FormatError(trouble.trouble, f"{name}, row {index}")))
            continue
        if row[:keys] not in seen:
            seen.add(row[:keys])
            yield row


def _row(line: str, count: int, places: Sequence[int], wanted: Sequence[str]) -> tuple[float, ...]:
    cells = line.split(",")
    if len(cells) != count:
        raise FormatError(f"{len(cells)} numbers under {count} columns")
    row = tuple(_cell(cells[place], column) for place, column in zip(places, wanted, strict=True))
    if "Fx" in wanted and not (row[2] > 1e-3 and row[3] > 1e-3):
        raise FormatError("a focal length is not above zero")
    return row


def _cell(cell: str, column: str) -> float:
    try:
        value = float(cell) if len(cell) <= 64 else math.nan
    except ValueError:
        value = math.nan
    if not abs(value) <= _LARGEST:
        raise FormatError(f"{column}: {cell.strip()[:40]!r} is no number up to {_LARGEST:g}")
    return value


def _user_metadata(entries: object) -> Iterator[tuple[str, str]]:
    if entries is None:
        return
    if not isinstance(entries, list):
        raise FormatError("a list was expected", "metadata.userMetadata")
    for entry in entries:
        if isinstance(entry, dict):
            at = "metadata.userMetadata"
            yield text(entry, "name", at) or text(entry, "key", at), text(entry, "value", at)


def _unheld(root: Mapping[str, Any]) -> Iterator[str]:
    known = {
        "metadata",
        "sensorDimensions",
        "imageDimensions",
        "cameraParameterTables",
        "encoderTables",
    }
    yield from (name[:80] for name in sorted(root) if name not in known)
    for list_name, tables in (
        ("cameraParameterTables", _CAMERA_TABLES),
        ("encoderTables", _ENCODER_TABLES),
    ):
        names = {name.lower() for name, _ in tables}
        for table in root.get(list_name) or ():
            name = text(table, "parameterName", list_name)
            if name.lower() not in names:
                yield f"{list_name}.{name[:80]}"


def write(file: UlensFile) -> bytes:
    """The lens file as Unreal imports it; FormatError where a number is not finite."""
    width, height = file.size_px or (0, 0)
    rows = (
        (file.focal, file.centre, file.nodal, file.distortion),
        (file.focus_marks, file.iris_marks),
    )
    root = {
        "metadata": {
            "type": "LensFile",
            "version": VERSION,
            "lensInfo": {
                "serialNumber": file.serial,
                "modelName": file.model,
                "distortionModel": "Spherical",
            },
            "name": file.name,
            "nodalOffsetCoordinateSystem": "OpenCV",
            "fxFyUnits": "Normalized",
            "cxCyUnits": "Normalized",
            "userMetadata": [{"name": name, "value": value} for name, value in file.user_metadata],
        },
        "sensorDimensions": {
            "width": file.sensor_mm[0],
            "height": file.sensor_mm[1],
            "units": "Millimeters",
        },
        "imageDimensions": {"width": width, "height": height},
        "cameraParameterTables": list(map(_table, _CAMERA_TABLES, rows[0])),
        "encoderTables": list(map(_table, _ENCODER_TABLES, rows[1])),
    }
    return json.dumps(root, indent=2, ensure_ascii=False).encode("utf-8", "replace") + b"\n"


def _table(named: tuple[str, tuple[str, ...]], rows: Iterable[Sequence[float]]) -> dict[str, str]:
    name, columns = named
    lines = []
    for row in rows:
        if not all(map(math.isfinite, row)):
            raise FormatError("a number is not finite", name)
        lines.append(", ".join(f"{value:.9g}" for value in row))
    return {"parameterName": name, "header": ", ".join(columns), "data": "; ".join(lines)}

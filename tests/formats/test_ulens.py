"""Unreal's lens files."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.formats import ulens
from openset.formats.faults import FormatError
from openset.formats.ulens import UlensFile


def document() -> dict[str, Any]:
    """A file as Unreal's own exporter writes one, by hand."""
    return {
        "metadata": {
            "type": "LensFile",
            "version": "0.0.0",
            "lensInfo": {
                "serialNumber": "0042",
                "modelName": "Zoom 24-70",
                "distortionModel": "Spherical",
            },
            "name": "StageLens",
            "nodalOffsetCoordinateSystem": "OpenCV",
            "fxFyUnits": "Normalized",
            "cxCyUnits": "Normalized",
            "userMetadata": [{"name": "hall", "value": "B"}],
        },
        "sensorDimensions": {"width": 36.0, "height": 20.25, "units": "Millimeters"},
        "imageDimensions": {"width": 1920, "height": 1080},
        "cameraParameterTables": [
            {
                "parameterName": "FocalLengthTable",
                "header": "FocusEncoder, ZoomEncoder, Fx, Fy",
                "data": "0, 0, 0.75, 1.3333333; 0, 1, 2, 3.5555556",
            },
            {
                "parameterName": "ImageCenterTable",
                "header": "FocusEncoder, ZoomEncoder, Cx, Cy",
                "data": "0, 0, 0.5, 0.5",
            },
            {
                "parameterName": "DistortionTable",
                "header": "FocusEncoder,ZoomEncoder,K1,K2,K3,P1,P2",
                "data": "0,0,-0.1,0.02,0.003,0.0004,0.0005;",
            },
        ],
        "encoderTables": [
            {"parameterName": "Focus", "header": "FocusEncoder, FocusCM", "data": "0, 45; 1, 1000"},
            {"parameterName": "Iris", "header": "IrisEncoder, IrisFstop", "data": "0, 2.8"},
        ],
    }


def encoded(root: object) -> bytes:
    return json.dumps(root).encode()


def test_a_file_by_hand_is_read() -> None:
    found = ulens.read(encoded(document()))
    assert (found.skipped, found.faults, found.unheld) == (0, (), ())
    assert found.file == UlensFile(
        name="StageLens",
        focal=((0.0, 0.0, 0.75, 1.3333333), (0.0, 1.0, 2.0, 3.5555556)),
        centre=((0.0, 0.0, 0.5, 0.5),),
        distortion=((0.0, 0.0, -0.1, 0.02, 0.003, 0.0004, 0.0005),),
        focus_marks=((0.0, 45.0), (1.0, 1000.0)),
        iris_marks=((0.0, 2.8),),
        model="Zoom 24-70",
        serial="0042",
        sensor_mm=(36.0, 20.25),
        size_px=(1920, 1080),
        user_metadata=(("hall", "B"),),
    )


def test_columns_are_found_by_name_in_any_order_and_case() -> None:
    root = document()
    root["cameraParameterTables"][0] = {
        "parameterName": "focallengthtable",
        "header": "fy, FX, ZoomEncoder, focusencoder, Remark",
        "data": "1.5, 0.8, 0.25, 0.5, 9",
    }
    assert ulens.read(encoded(root)).file.focal == ((0.5, 0.25, 0.8, 1.5),)


def test_lengths_in_millimetres_become_fractions_of_the_sensor() -> None:
    """27 mm on 36 mm are 0.75; 27 on 20.25 are 1.3333."""
    root = document()
    root["metadata"]["fxFyUnits"] = "Millimeters"
    root["cameraParameterTables"][0]["data"] = "0, 0, 27, 27"
    row = ulens.read(encoded(root)).file.focal[0]
    assert row == pytest.approx((0, 0, 0.75, 27 / 20.25))


def test_a_bad_row_costs_itself_and_is_counted() -> None:
    root = document()
    root["cameraParameterTables"][0]["data"] = (
        "0, 0, 0.75, 1.3; 0, 0.5, nan, 1.3; 0, 0.6, 1; 0, 0.7, 0, 0; x, 0, 1, 1; 0, 1, 2, 3"
    )
    found = ulens.read(encoded(root))
    assert [row[1] for row in found.file.focal] == [0.0, 1.0]
    assert found.skipped == 4
    assert found.faults[0].startswith("FocalLengthTable, row 2: Fx: 'nan'")
    assert found.faults[1] == "FocalLengthTable, row 3: 3 numbers under 4 columns"


def test_tables_nobody_knows_are_named() -> None:
    root = document()
    root["cameraParameterTables"].append({"parameterName": "STMapTable", "header": "", "data": ""})
    root["extra"] = 1
    assert ulens.read(encoded(root)).unheld == ("extra", "cameraParameterTables.STMapTable")


@pytest.mark.parametrize(
    ("path", "value", "trouble"),
    [
        (("metadata", "type"), "Other", r"metadata\.type: .*not LensFile"),
        (("metadata", "version"), "1.0.0", r"metadata\.version: version '1\.0\.0'"),
        (("metadata", "lensInfo", "distortionModel"), "Anamorphic", "'Anamorphic' is not known"),
        (("metadata", "fxFyUnits"), "Inches", "'Inches' is no unit"),
        (("sensorDimensions", "width"), 1e300, r"sensorDimensions\.width"),
        (("sensorDimensions", "units"), "Normalized", "no unit of a sensor"),
        (("sensorDimensions",), None, "width or height is missing"),
        (("cameraParameterTables",), [], "no row of the focal length table"),
        (("cameraParameterTables",), {}, "a list of tables"),
        (("encoderTables",), [3], "a table was expected"),
    ],
)
def test_what_cannot_be_used_is_named_with_its_place(
    path: tuple[str, ...], value: object, trouble: str
) -> None:
    root = document()
    place: Any = root
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(FormatError, match=trouble):
        ulens.read(encoded(root))


def test_a_missing_column_and_too_many_rows_are_refused() -> None:
    root = document()
    root["cameraParameterTables"][2]["header"] = "FocusEncoder,ZoomEncoder,Q,B1,B2,B3,B4"
    with pytest.raises(FormatError, match=r"DistortionTable: .*no column 'K1'"):
        ulens.read(encoded(root))
    root = document()
    root["cameraParameterTables"][0]["data"] = "0,0,1,1;" * (ulens.MOST_ROWS + 1)
    with pytest.raises(FormatError, match="more than 100000 rows"):
        ulens.read(encoded(root))


NUMBERS = st.floats(-1e4, 1e4).map(lambda value: float(f"{value:.9g}"))
ABOVE_ZERO = st.floats(0.01, 100).map(lambda value: float(f"{value:.9g}"))
NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=12)


def rows(*cells: st.SearchStrategy[float], keys: int = 2, least: int = 0) -> Any:
    lists = st.lists(st.tuples(*cells), min_size=least, max_size=4, unique_by=lambda r: r[:keys])
    return lists.map(tuple)


FILES = st.builds(
    UlensFile,
    name=NAMES,
    focal=rows(NUMBERS, NUMBERS, ABOVE_ZERO, ABOVE_ZERO, least=1),
    centre=rows(*[NUMBERS] * 4),
    nodal=rows(*[NUMBERS] * 9),
    distortion=rows(*[NUMBERS] * 7),
    focus_marks=rows(NUMBERS, NUMBERS, keys=1),
    iris_marks=rows(NUMBERS, NUMBERS, keys=1),
    model=NAMES,
    serial=NAMES,
    sensor_mm=st.tuples(st.floats(1, 400), st.floats(1, 400)),
    size_px=st.tuples(st.integers(1, 9999), st.integers(1, 9999)) | st.none(),
    user_metadata=st.lists(st.tuples(NAMES.filter(bool), NAMES), max_size=3).map(tuple),
)


@settings(max_examples=80, deadline=None)
@given(FILES)
def test_a_file_comes_back_as_it_was_written(file: UlensFile) -> None:
    found = ulens.read(ulens.write(file))
    assert found.file == file
    assert found.skipped == 0


def test_a_number_without_end_is_not_written() -> None:
    with pytest.raises(FormatError, match="FocalLengthTable"):
        ulens.write(UlensFile("x", ((0.0, 0.0, float("inf"), 1.0),)))


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_lens_or_a_fault(data: bytes) -> None:
    with pytest.raises(FormatError):
        ulens.read(data)


VALID = ulens.write(
    UlensFile("a", ((0.0, 0.0, 1.0, 1.5), (0.0, 1.0, 2.0, 3.0)), distortion=((0.0,) * 7,))
)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(VALID) - 1), st.binary(max_size=3), st.integers(0, 4))
def test_a_damaged_file_is_a_lens_or_a_fault(at: int, put: bytes, cut: int) -> None:
    try:
        ulens.read(VALID[:at] + put + VALID[at + cut :])
    except FormatError:
        return


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
PATHS = [
    ("metadata",),
    ("metadata", "name"),
    ("metadata", "lensInfo"),
    ("metadata", "userMetadata"),
    ("sensorDimensions", "height"),
    ("imageDimensions",),
    ("imageDimensions", "width"),
    ("cameraParameterTables",),
    ("cameraParameterTables", 0),
    ("cameraParameterTables", 0, "header"),
    ("cameraParameterTables", 0, "data"),
    ("encoderTables", 0, "parameterName"),
]


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(PATHS), JSON)
def test_a_field_of_any_kind_is_read_or_refused(path: tuple[Any, ...], value: object) -> None:
    root = document()
    place: Any = root
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    try:
        ulens.read(encoded(root))
    except FormatError:
        return

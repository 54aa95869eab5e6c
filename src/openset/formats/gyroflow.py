"""Gyroflow lens profiles: JSON of one calibrated camera and lens at one picture size.

Source: Gyroflow's public lens profiles and the fields its program reads. The camera matrix is OpenCV's,
in pixels of the calibrated picture; four coefficients are OpenCV's fisheye model, five or more with
`distortion_model` "opencv_standard" its usual one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from openset.formats.faults import FormatError
from openset.formats.lens_json import bounded, document, number, part, text

FISHEYE = "opencv_fisheye"
STANDARD = "opencv_standard"
_COEFFICIENTS = {FISHEYE: (4, 4), STANDARD: (4, 14)}
_LARGEST = 1e6


@dataclass(frozen=True)
class GyroflowLens:
    """A profile: `model` is one of `FISHEYE`, `STANDARD`; the matrix in pixels, its centre counted from
    the middle of the first pixel as OpenCV does. `notes` are texts of the profile by name."""

    name: str
    model: str
    size_px: tuple[int, int]
    fx_px: float
    fy_px: float
    cx_px: float
    cy_px: float
    coefficients: tuple[float, ...]
    camera: str = ""
    lens: str = ""
    focal_length_mm: float | None = None
    notes: tuple[tuple[str, str], ...] = ()
    unheld: tuple[str, ...] = ()


def read(data: bytes) -> GyroflowLens:
    """The profile in `data`; FormatError with the field for what is none, or another lens model's."""
    root = document(data, "lens profile")
    params = part(root, "fisheye_params")
    if not params:
        raise FormatError(
            "this is no Gyroflow lens profile: no camera was calibrated", "fisheye_params"
        )
    model = text(root, "distortion_model") or FISHEYE
    if model not in _COEFFICIENTS:
        raise FormatError(f"the distortion model {model[:60]!r} is not known", "distortion_model")
    if digital := text(root, "digital_lens"):
        raise FormatError(f"the camera's own {digital[:60]!r} bends the picture", "digital_lens")
    for name in ("input_horizontal_stretch", "input_vertical_stretch"):
        stretch = number(root, name, 0.0, 10.0) or 1.0
        if abs(stretch - 1.0) > 1e-3:
            raise FormatError(f"the picture is stretched by {stretch:g}: an anamorphic lens", name)
    size = part(root, "calib_dimension")
    width, height = (_pixels(size, name) for name in ("w", "h"))
    fx, fy, cx, cy = _matrix(params, (width, height))
    brand, camera = text(root, "camera_brand"), text(root, "camera_model")
    return GyroflowLens(
        name=text(root, "name"),
        model=model,
        size_px=(width, height),
        fx_px=fx,
        fy_px=fy,
        cx_px=cx,
        cy_px=cy,
        coefficients=_coefficients(params, model),
        camera=f"{brand} {camera}".strip(),
        lens=text(root, "lens_model"),
        focal_length_mm=number(root, "focal_length", 0.5, 10_000.0),
        notes=tuple(_notes(root, params)),
        unheld=tuple(_unheld(root)),
    )


def _pixels(size: Mapping[str, Any], name: str) -> int:
    value = number(size, name, 2, 100_000, "calib_dimension")
    if value is None:
        raise FormatError("the size of the calibrated picture is missing", f"calib_dimension.{name}")
    return round(value)


def _matrix(params: Mapping[str, Any], size: tuple[int, int]) -> tuple[float, float, float, float]:
    at = "fisheye_params.camera_matrix"
    rows = params.get("camera_matrix")
    if not (
        isinstance(rows, list)
        and len(rows) == 3
        and all(isinstance(row, list) and len(row) == 3 for row in rows)
    ):
        raise FormatError("three rows of three numbers were expected", at)
    largest = 1000.0 * max(size)
    fx, fy = (bounded(rows[index][index], 1.0, largest, at) for index in (0, 1))
    cx, cy = (bounded(rows[index][2], -largest, largest, at) for index in (0, 1))
    return fx, fy, cx, cy


def _coefficients(params: Mapping[str, Any], model: str) -> tuple[float, ...]:
    at = "fisheye_params.distortion_coeffs"
    values = params.get("distortion_coeffs")
    fewest, most = _COEFFICIENTS[model]
    if not isinstance(values, list) or not fewest <= len(values) <= most:
        raise FormatError(f"{fewest} to {most} coefficients were expected of {model}", at)
    return tuple(bounded(value, -_LARGEST, _LARGEST, at) for value in values)


_TEXTS = ("note", "calibrated_by", "camera_setting", "date", "calibrator_version", "identifier")


def _notes(root: Mapping[str, Any], params: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name in _TEXTS:
        if value := text(root, name):
            yield name, value
    if (error := number(params, "RMS_error", 0.0, _LARGEST, "fisheye_params")) is not None:
        yield "calibration error", f"{error:.3f} px"
    if (count := number(root, "num_images", 0, _LARGEST)) is not None:
        yield "calibration pictures", f"{count:.0f}"


def _unheld(root: Mapping[str, Any]) -> Iterator[str]:
    """What a profile says of stabilising and of other modes, which is not the lens."""
    for name in ("frame_readout_time", "gyro_lpf", "compatible_settings", "interpolations", "crop"):
        if root.get(name):
            yield name

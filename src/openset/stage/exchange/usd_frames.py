"""One camera of an open USD stage, frame by frame, in Openset's metres, axes and samples."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
from pxr import Gf, Usd, UsdGeom

from openset.formats.faults import FormatError
from openset.formats.opentrackio import Sample, validate
from openset.primitives.space import F64, Pose, pose_from_matrix
from openset.primitives.time import ns_from_s, parse_rate
from openset.stage.exchange.model import Options
from openset.stage.exchange.move import sample_of
from openset.stage.exchange.shot import numbered
from openset.stage.exchange.usd_samples import PREFIX, attributes_of, merged, read_leaves, said
from openset.stage.tracking.samples import LensReport

MOST_FRAMES = 1_000_000
RESOLUTION = "openset:resolution"
"""The picture's width and height in pixels, which a USD camera has no place for."""

_Y_UP: F64 = np.array([[1.0, 0, 0], [0, 0, -1.0], [0, 1.0, 0]])
_WIDEST_MM = 500.0
_FARTHEST_M = 1e7


class CameraFrames:
    """Reads one camera of a stage; FormatError where the stage's units or rate are none.

    `notes` says what was understood otherwise than it is written.
    """

    def __init__(self, stage: Any, camera: Any, options: Options) -> None:
        self._camera, self._prim = camera, camera.GetPrim()
        self._metres = float(UsdGeom.GetStageMetersPerUnit(stage))
        if not 1e-9 < self._metres < 1e9:
            raise FormatError(f"its metersPerUnit is {self._metres:g}, which is no length")
        self._turn = _Y_UP if UsdGeom.GetStageUpAxis(stage) == UsdGeom.Tokens.y else np.eye(3)
        self._codes = _positive(stage.GetTimeCodesPerSecond())
        told = stage.HasAuthoredMetadata("framesPerSecond")
        self.rate = options.rate or _rate(stage.GetFramesPerSecond() if told else self._codes)
        self._own = attributes_of(self._prim)
        self._cache = UsdGeom.XformCache()
        self._tenths_mm = self._metres * 100.0
        self.notes: list[str] = []
        self.size_px = _size(self._prim) or options.size_px
        self._name = options.name or str(self._prim.GetPath())

    def unheld(self) -> tuple[str, ...]:
        """Attributes beyond USD's own that no sample has a place for."""
        names = [each.GetName() for each in self._prim.GetAuthoredAttributes() if each.IsCustom()]
        return tuple(name for name in names if name != RESOLUTION and not name.startswith(f"{PREFIX}:"))

    def samples(self) -> tuple[list[Sample], list[int], list[str]]:
        """The samples, their times from the first, and what was wrong with frames left out."""
        times = self._times()
        self._tenths_mm = self._sensible_tenths(times[0])
        out: list[Sample] = []
        stamps: list[int] = []
        faults: list[str] = []
        start: float | None = None
        for time in times:
            at = Usd.TimeCode.Default() if time is None else Usd.TimeCode(time)
            seconds = (time or 0.0) / self._codes
            try:
                pose = self._pose(at)
                frame = round(seconds * self.rate)
                begun = seconds if start is None else start
                sample = self._sample(at, pose, frame, ns_from_s(seconds - begun))
            except ValueError as trouble:
                faults.append(f"time {time}: {trouble}")
                continue
            start = begun
            out.append(sample)
            stamps.append(ns_from_s(seconds - begun))
        return out, stamps, faults

    def _times(self) -> list[float | None]:
        """The file's own times. Between keys set apart USD goes straight: there every frame is read,
        but not in a file of tracker samples, where a gap is a loss."""
        seen: set[float] = set()
        for prim in (self._prim, *_parents(self._prim)):
            if prim.IsA(UsdGeom.Xformable):
                seen.update(UsdGeom.Xformable(prim).GetTimeSamples())
        lens = [self._prim.GetAttribute(name) for name in _LENS]
        for attribute in (*lens, *self._own):
            seen.update(attribute.GetTimeSamples() if attribute else ())
        times = sorted(time for time in seen if abs(time) < 1e9)
        if not times:
            return [None]
        step = self._codes / float(self.rate)
        frames = (times[-1] - times[0]) / step
        if not self._own and frames > len(times):
            if frames > MOST_FRAMES:
                raise FormatError(f"its keys lie {frames:.0f} frames apart, too many to read")
            first = math.ceil(times[0] / step - 1e-6)
            last = math.floor(times[-1] / step + 1e-6)
            whole = {
                float(Fraction(self._codes) * frame / self.rate) for frame in range(first, last + 1)
            }
            return [*sorted(whole)]
        return [*times]

    def _pose(self, at: Any) -> Pose | None:
        steps = [op.GetAttr() for op in self._camera.GetOrderedXformOps()]
        if any(step.HasAuthoredValue() and step.Get(at) is None for step in steps):
            return None
        self._cache.SetTime(at)
        matrix = np.array(self._cache.GetLocalToWorldTransform(self._prim)).T
        if not np.abs(matrix).max() * self._metres <= _FARTHEST_M:
            raise ValueError("the camera is beyond any set")
        left, scales, right = np.linalg.svd(matrix[:3, :3])
        turn = left @ right
        if scales[2] < 1e-12 or np.linalg.det(turn) < 0:
            raise ValueError("the camera is mirrored or flat")
        out = np.eye(4)
        out[:3, :3] = self._turn @ turn
        out[:3, 3] = self._turn @ matrix[:3, 3] * self._metres
        return pose_from_matrix(out)

    def _sample(self, at: Any, pose: Pose | None, frame: int, time_ns: int) -> Sample:
        own = read_leaves(self._own, at)
        report = self._report(at, own)
        base = sample_of(
            name=self._name,
            index=max(0, frame),
            time_ns=time_ns,
            pose=pose,
            lens=report,
            rate=self.rate,
        )
        whole = merged(base, own)
        return numbered(base if own and validate(whole) else whole, frame)

    def _report(self, at: Any, own: Sample) -> LensReport | None:
        values = self._said(at)
        lengths = {
            name: None if value is None else value * self._tenths_mm for name, value in values.items()
        }
        focal, width, height = (lengths[name] for name in _LENS[:3])
        right, up = (lengths[name] for name in _LENS[3:5])
        more = own.get("lens")
        pupil = more.get("entrancePupilOffset") if isinstance(more, dict) else None
        focus, stop = values["focusDistance"], values["fStop"]
        report = LensReport(
            focal_length_mm=focal if focal and focal > 0 else None,
            sensor_width_mm=width if width and width > 0 else None,
            sensor_height_mm=height if height and height > 0 else None,
            projection_offset_mm=None if right is None and up is None else (-(right or 0.0), up or 0.0),
            focus_distance_m=focus * self._metres if focus and focus > 0 else None,
            f_stop=stop if stop and stop > 0 else None,
            entrance_pupil_offset_m=_finite(pupil),
        )
        return None if report == LensReport() else report

    def _said(self, at: Any) -> dict[str, float | None]:
        """What the file says of the lens; where it says one of focal length and apertures, USD's own
        defaults for the others, but not in a file of tracker samples."""
        attributes = {name: self._prim.GetAttribute(name) for name in _LENS}
        values = {name: _finite(said(attribute, at)) for name, attribute in attributes.items()}
        if not self._own and any(values[name] is not None for name in _LENS[:3]):
            for name in _LENS[:3]:
                if values[name] is None:
                    values[name] = _finite(attributes[name].Get(at))
        return values

    def _sensible_tenths(self, first: float | None) -> float:
        """Millimetres of a tenth of a unit. Some programs write millimetres whatever the unit: a sensor
        that would be half a metre wide, and is one in millimetres, is taken for that, and told."""
        at = Usd.TimeCode.Default() if first is None else Usd.TimeCode(first)
        width = _finite(said(self._prim.GetAttribute("horizontalAperture"), at))
        if width and self._tenths_mm > 1 and width * self._tenths_mm > _WIDEST_MM and width <= 100:
            meant = f"a sensor {width * self._tenths_mm / 1000:.2g} m wide"
            self.notes.append(f"the camera says {meant}; its lens is read as millimetres")
            return 1.0
        return self._tenths_mm


_LENS = (
    "focalLength",
    "horizontalAperture",
    "verticalAperture",
    "horizontalApertureOffset",
    "verticalApertureOffset",
    "focusDistance",
    "fStop",
)


def _parents(prim: Any) -> list[Any]:
    out = []
    while (prim := prim.GetParent()) and not prim.IsPseudoRoot():
        out.append(prim)
    return out


def _finite(value: object) -> float | None:
    usable = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e12
    return float(value) if usable else None  # type: ignore[arg-type]


def _positive(value: float) -> float:
    if not 1e-6 < value < 1e9:
        raise FormatError(f"its timeCodesPerSecond is {value:g}, which is no rate")
    return float(value)


def _rate(value: float) -> Fraction:
    """Frames a second as an exact rate; USD's own 24 where the stage says none that can be."""
    if not 0.001 < value < 100_000:
        return Fraction(24)
    return parse_rate(float(value)).limit_denominator(1001)


def _size(prim: Any) -> tuple[int, int] | None:
    value = prim.GetAttribute(RESOLUTION).Get() if prim.HasAttribute(RESOLUTION) else None
    if not isinstance(value, Gf.Vec2i) or not all(0 < side < 1_000_000 for side in value):
        return None
    return int(value[0]), int(value[1])

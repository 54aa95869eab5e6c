"""One lens over focus and zoom: what was measured at each setting, and the lens between settings.

Encoders run from 0 to 1, as OpenTrackIO and Unreal count them; where a lens has none, its focus
distances and focal lengths are put in order and spread evenly. Between settings numbers are blended
linearly along focus, then along zoom; outside what was measured the nearest setting stands.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from openset.primitives.errors import BadInput
from openset.stage.tracking.samples import LensReport, between


@dataclass(frozen=True)
class LensSetting:
    """The lens as measured with the focus and zoom rings at these places (0..1)."""

    focus: float
    zoom: float
    optics: LensReport


@dataclass(frozen=True)
class LensTable:
    """A lens file's content: who made the lens, for which sensor and picture it was measured, and its
    settings. `focus_marks` are (encoder, metres), `iris_marks` (encoder, f-number), `notes` free pairs.
    """

    name: str
    settings: tuple[LensSetting, ...]
    make: str = ""
    model: str = ""
    serial: str = ""
    size_px: tuple[int, int] | None = None
    focus_marks: tuple[tuple[float, float], ...] = ()
    iris_marks: tuple[tuple[float, float], ...] = ()
    notes: tuple[tuple[str, str], ...] = ()

    @property
    def sensor_mm(self) -> tuple[float, float] | None:
        """Width and height of the sensor it was measured on, where the settings say."""
        for setting in self.settings:
            width, height = setting.optics.sensor_width_mm, setting.optics.sensor_height_mm
            if width and height:
                return width, height
        return None


def at(table: LensTable, focus: float, zoom: float) -> LensReport:
    """The lens with its rings at these places (0..1)."""
    zooms = sorted({setting.zoom for setting in table.settings})
    low, high, part = _span(zooms, zoom)
    near, far = (_along_focus(table.settings, each, focus) for each in (low, high))
    blended = between(near, far, part)
    assert blended is not None
    return blended


def _along_focus(settings: Sequence[LensSetting], zoom: float, focus: float) -> LensReport:
    line = {setting.focus: setting.optics for setting in settings if setting.zoom == zoom}
    low, high, part = _span(sorted(line), focus)
    blended = between(line[low], line[high], part)
    assert blended is not None
    return blended


def _span(places: Sequence[float], place: float) -> tuple[float, float, float]:
    """The two neighbours of `place`, and how far it is from the first to the second (0..1)."""
    after = bisect_right(places, place)
    if after == 0:
        return places[0], places[0], 0.0
    if after == len(places):
        return places[-1], places[-1], 0.0
    low, high = places[after - 1], places[after]
    return low, high, (place - low) / (high - low)


def table_from_reports(name: str, reports: Iterable[LensReport | None]) -> LensTable:
    """The distinct settings that a tracker reported, in order of focal length, then focus distance.

    Reports without a focal length say nothing of the lens. Raises BadInput where none does.
    """
    seen: dict[tuple[float, float], LensReport] = {}
    for report in reports:
        if report is not None and report.focal_length_mm:
            key = (round(report.focal_length_mm, 3), round(report.focus_distance_m or 0.0, 3))
            seen.setdefault(key, replace(report, f_stop=None, focus_distance_m=key[1] or None))
    if not seen:
        raise BadInput("nothing here says what lens it was", todo="Calibrate the lens, or name it")
    focals = sorted({focal for focal, _ in seen})
    distances = sorted({distance for _, distance in seen})
    settings = tuple(
        LensSetting(_place(distance, distances), _place(focal, focals), report)
        for (focal, distance), report in sorted(seen.items())
    )
    marks = tuple((_place(distance, distances), distance) for distance in distances if distance)
    return LensTable(name, settings, focus_marks=marks)


def _place(value: float, values: Sequence[float]) -> float:
    return values.index(value) / (len(values) - 1) if len(values) > 1 else 0.0


def fields(table: LensTable) -> dict[str, object]:
    """What the table says, by name, for telling what a conversion lost."""
    said: dict[str, object] = {"settings": tuple((each.focus, each.zoom) for each in table.settings)}
    for name in LensReport.__dataclass_fields__:
        values = tuple(getattr(each.optics, name) for each in table.settings)
        if any(value is not None and value != () for value in values):
            said[name] = values
    plain = ("name", "make", "model", "serial", "size_px", "focus_marks", "iris_marks", "notes")
    return said | {name: getattr(table, name) for name in plain if getattr(table, name)}

"""Which lens of a series a picture was seen through: by what is known of its rings.

A setting was measured at a place of each ring, 0 to 1: by the lens's encoder where it has one, else by
the ring's own scale (stage/calibrate/series.py). What a person names or a tracker tells of a ring is
brought to such a place: an encoder as it is, a scale between the marks that were read at the settings.
Where nobody read the zoom's scale, a focal length is compared with the measured ones.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import combinations

from openset.primitives.errors import BadInput
from openset.primitives.space import F64, Pose
from openset.stage.calibrate.ring import (
    SAME_PLACE,
    Ring,
    beyond,
    focal_of_mark,
    focus_mark,
    ring_of,
    said_metres,
    zoom_mark,
)
from openset.stage.calibrate.series import SHORTEST_MM, at_setting, mount_at
from openset.stage.calibrate.series_doubt import measured_at, missed_between
from openset.stage.lens.measured import LensFile, MeasuredLens
from openset.stage.lens.model import Lens
from openset.stage.tracking.samples import LensReport

_BEYOND_ZOOM = zoom_mark(1.01 * SHORTEST_MM)
"""How far a zoom may stand outside what was measured: one percent in focal length."""
_BEYOND_ENCODER = 0.01
_BEYOND_FOCUS = 0.02


@dataclass(frozen=True)
class Rings:
    """What is said of a lens's rings, None where nothing is: their encoders, 0 to 1, and what their
    scales say. `sensor_width_mm` belongs to `focal_mm` where a tracker tells both."""

    zoom: float | None = None
    focus: float | None = None
    focal_mm: float | None = None
    focus_m: float | None = None
    sensor_width_mm: float | None = None

    @property
    def said(self) -> bool:
        """Whether anything is."""
        return any(each is not None for each in (self.zoom, self.focus, self.focal_mm, self.focus_m))


def rings_of(report: LensReport | None) -> Rings:
    """What a tracker tells of the rings."""
    if report is None:
        return Rings()
    return Rings(
        report.zoom_ring,
        report.focus_ring,
        report.focal_length_mm,
        report.focus_distance_m,
        report.sensor_width_mm,
    )


@dataclass(frozen=True, eq=False)
class Standing:
    """The lens as the rings stand. `measured` is it, with the doubt of the setting measured nearest and
    of what lies between (series_doubt.py); `tracker_from_camera` is None where it was not measured.
    `missing` are rings that nobody told ("zoom", "focus"), `outside` says in words what stands outside
    of what was measured. `known` is how the setting of a series was: "named", "followed" or, where a
    ring is missing, "assumed".
    """

    measured: MeasuredLens
    tracker_from_camera: Pose | None
    missing: tuple[str, ...] = ()
    outside: str = ""
    known: str = ""

    @property
    def lens(self) -> Lens:
        """The lens."""
        return self.measured.lens

    @property
    def trouble(self) -> str:
        """What makes this lens a guess, in words; "" where it is none."""
        if self.missing:
            return f"the track says nothing of the {' and the '.join(self.missing)}"
        return self.outside


def _focused(one: MeasuredLens, other: MeasuredLens) -> bool:
    """Whether two settings differ by their focus alone."""
    return abs(one.zoom - other.zoom) < SAME_PLACE <= abs(one.focus - other.focus)


class LensSeries:
    """A lens file in use: one setting, or several with what was named of the rings fixed.

    `named` outranks what a tracker tells. `where` names the file in refusals.
    """

    def __init__(self, file: LensFile, named: Rings = Rings(), where: str = "") -> None:
        self.file, self.named, self.where = file, named, where
        self._at = lru_cache(maxsize=64)(self._standing)
        if self.is_series:
            at_setting(file, 0.0, 0.0)  # a fisheye among others is refused here
        self._refuse_named()

    @property
    def is_series(self) -> bool:
        """Whether the file holds more than one setting."""
        return len(self.file.settings) > 1

    @property
    def widest(self) -> Lens:
        """The lens of the setting with the shortest focal length."""
        return min((each.lens for each in self.file.settings), key=lambda lens: lens.fx_px)

    def at(self, told: Rings = Rings()) -> Standing:
        """The lens as a tracker tells of its rings; the same object for the same place."""
        zoom, zoom_said = self._zoom_place(told)
        focus, focus_said = self._focus_place(told)
        metres = (self.named.focus_m or told.focus_m) if self._focus.turned else None
        return self._at(zoom, focus, metres, "; ".join(filter(None, (zoom_said, focus_said))))

    def named_setting(self) -> MeasuredLens:
        """The lens as it was named, without a tracker. Raises BadInput naming the ring that was not."""
        found = self.at()
        if found.missing:
            raise self._unsaid(found.missing, "no option")
        return found.measured

    def refuse_silence(self, told: Rings) -> None:
        """Raise BadInput where a ring of the series was neither named nor told."""
        missing = self.at(told).missing
        if missing:
            raise self._unsaid(missing, "neither track nor option")

    @cached_property
    def _follows(self) -> bool:
        """Whether a ring is left to the tracker."""
        return None in (self._zoom_place(Rings())[0], self._focus_place(Rings())[0])

    @cached_property
    def _missed(self) -> F64 | None:
        return missed_between(self.file)

    @cached_property
    def _zoom(self) -> Ring:
        settings = self.file.settings
        if all(each.focal_mm is not None for each in settings):
            marks = [zoom_mark(each.focal_mm or 1.0) for each in settings]
        else:
            marks = [zoom_mark(each.lens.focal_length_mm) for each in settings]
        return ring_of([each.zoom for each in settings], marks)

    @cached_property
    def _focus(self) -> Ring:
        settings = self.file.settings
        if not any(_focused(one, other) for one, other in combinations(settings, 2)):
            return ring_of([settings[0].focus], [])
        marks: list[float] = []
        if len({each.focus for each in settings if each.lens.focus_distance_m is None}) <= 1:
            marks = [focus_mark(each.lens.focus_distance_m) for each in settings]
        return ring_of([each.focus for each in settings], marks)

    def _standing(
        self, zoom: float | None, focus: float | None, focus_m: float | None, outside: str
    ) -> Standing:
        if not self.is_series:
            return Standing(self.file.settings[0], mount_at(self.file, 0.0, 0.0))
        missing = tuple(name for name, at in (("zoom", zoom), ("focus", focus)) if at is None)
        place = (
            self._focus.places[0] if focus is None else focus,
            self._zoom.places[0] if zoom is None else zoom,
        )
        measured = measured_at(self.file, self._missed, *place)
        if focus_m is not None and math.isfinite(focus_m):
            measured = replace(measured, lens=replace(measured.lens, focus_distance_m=focus_m))
        known = "assumed" if missing else "followed" if self._follows else "named"
        return Standing(measured, mount_at(self.file, *place), missing, outside, known)

    def _zoom_place(self, told: Rings) -> tuple[float | None, str]:
        """Where the zoom stands, and what is to be said of it."""
        ring = self._zoom
        if not ring.turned:
            focal_mm = self.named.focal_mm
            alone = zoom_mark(focal_mm) if focal_mm else ring.marks[0]
            return ring.places[0], self._beyond_scale(ring, alone, focal_mm or 0.0)
        for said in (self.named, told):
            if said.zoom is not None and ring.encoded:
                return said.zoom, self._beyond_encoder("zoom", ring, said.zoom)
            if said.focal_mm is not None and said.focal_mm > 0.0:
                mark = zoom_mark(self._read_as(said.focal_mm, said.sensor_width_mm))
                place = ring.of_mark(mark)
                if place is not None:
                    return place, self._beyond_scale(ring, mark, said.focal_mm)
        return None, ""

    def _focus_place(self, told: Rings) -> tuple[float | None, str]:
        ring = self._focus
        if not ring.turned:
            return ring.places[0], ""
        for said in (self.named, told):
            if said.focus is not None and ring.encoded:
                return said.focus, self._beyond_encoder("focus", ring, said.focus)
            if said.focus_m is not None and said.focus_m > 0.0:
                mark = focus_mark(said.focus_m)
                place = ring.of_mark(mark)
                if place is not None and beyond(mark, ring.marks, _BEYOND_FOCUS):
                    near, far = (said_metres(each) for each in (min(ring.marks), max(ring.marks)))
                    return place, f"focus at {said.focus_m:g} m, measured from {near} to {far}"
                if place is not None:
                    return place, ""
        return None, ""

    def _read_as(self, focal_mm: float, sensor_width_mm: float | None) -> float:
        """A focal length as the settings' marks count: by the scale, or on the file's own sensor."""
        if sensor_width_mm is None or all(each.focal_mm is not None for each in self.file.settings):
            return focal_mm
        return focal_mm * self.file.settings[0].lens.sensor_width_mm / sensor_width_mm

    def _beyond_encoder(self, name: str, ring: Ring, at: float) -> str:
        if not beyond(at, ring.places, _BEYOND_ENCODER):
            return ""
        return f"{name} at {at:.3f}, measured from {ring.places[0]:.3f} to {ring.places[-1]:.3f}"

    def _beyond_scale(self, ring: Ring, mark: float, focal_mm: float) -> str:
        if not beyond(mark, ring.marks, _BEYOND_ZOOM):
            return ""
        short, long = self.focal_range_mm
        return f"zoom at {focal_mm:.4g} mm, measured from {short:.4g} to {long:.4g} mm"

    @property
    def focal_range_mm(self) -> tuple[float, float]:
        """The shortest and the longest focal length that was measured, as the zoom's scale says."""
        return focal_of_mark(min(self._zoom.marks)), focal_of_mark(max(self._zoom.marks))

    def _refuse_named(self) -> None:
        scales = (self.named.focal_mm, self.named.focus_m)
        if scales != (None, None) and not self.is_series:
            raise BadInput(
                "a setting of the rings is named, and the lens file holds one alone",
                where=self.where,
                todo="Leave --focal-mm and --focus-m out",
            )
        if any(each is not None and not each > 0.0 for each in scales):
            raise BadInput(
                "a ring stands at no mark of its scale",
                where=self.where,
                todo="Give --focal-mm and --focus-m as the rings say, above 0",
            )
        if self.named.focus_m is not None and self._focus.turned and not self._focus.marks:
            raise BadInput(
                "the settings of this file do not say at what distances they were measured",
                where=self.where,
                todo="Calibrate them with --focus-m",
            )
        outside = self.at().outside if self.is_series else ""
        if outside:
            raise BadInput(
                outside, where=self.where, todo="Name a setting within, or calibrate there too: --add"
            )

    def _unsaid(self, missing: Sequence[str], who: str) -> BadInput:
        """The refusal of a series of which nobody says where its rings stand."""
        options = []
        if "zoom" in missing:
            short, long = self.focal_range_mm
            options.append(f"--focal-mm, {short:.4g} to {long:.4g}")
        if "focus" in missing:
            known = bool(self._focus.marks)
            options.append("--focus-m" if known else "a file calibrated with --focus-m")
        return BadInput(
            f"a series of {len(self.file.settings)} settings of the rings, and {who} says where the "
            + " and the ".join(missing)
            + (" stand" if len(missing) > 1 else " stands"),
            where=self.where,
            todo=f"Give {', and '.join(options)}",
        )

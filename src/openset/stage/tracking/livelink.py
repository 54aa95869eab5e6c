"""Track samples as JSON Live Link, for a camera in Unreal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from openset.formats.livelink_json import (
    LiveLinkError,
    Subject,
    encode,
    encode_frame,
    encode_static,
    field_of_view_deg,
)
from openset.primitives.space import Pose
from openset.primitives.time import NS_PER_S, ns_from_s, s_from_ns
from openset.stage.tracking.field_of_view import NOMINAL_WIDTH_MM
from openset.stage.tracking.samples import LensReport, TrackSample

Dialect = Literal["bones", "camera"]

VALUES = "values that Live Link cannot hold"
FAULTS: Mapping[str, str] = {
    VALUES: "A pose or a lens value is not finite or not of this world: look at the tracker."
}


class LiveLinkEncoder:
    """JSON Live Link outwards, for one subject. In the dialect "camera" what the camera is goes out
    first, when it changes, and every `static_every_s`, since a datagram may be lost."""

    name = "JSON Live Link"

    def __init__(
        self, subject: str = "Camera", dialect: Dialect = "bones", static_every_s: float = 2.0
    ) -> None:
        self.faults: Counter[str] = Counter()
        self._subject = subject
        self._dialect = dialect
        self._every_ns = ns_from_s(static_every_s)
        self._static = b""
        self._static_ns = 0

    def encode(
        self,
        sample: TrackSample,
        now_ns: int,
        raw: dict[str, Any] | None = None,
        bones: Mapping[str, Pose] | None = None,
    ) -> Sequence[bytes]:
        """One datagram, or two with what the camera is; none, and a fault counted, where a value is
        not of this world."""
        stamp_ns = sample.time_ns if sample.source_time_ns is None else sample.source_time_ns
        subject = Subject(
            self._subject,
            sample.stage_from_camera,
            _lens(sample.lens),
            s_from_ns(stamp_ns % (24 * 3600 * NS_PER_S)),
            _film(sample.lens),
        )
        try:
            if self._dialect == "bones":
                return (encode(subject),)
            frame, static = encode_frame(subject), encode_static(subject)
        except LiveLinkError:
            self.faults[VALUES] += 1
            return ()
        if static == self._static and now_ns - self._static_ns < self._every_ns:
            return (frame,)
        self._static, self._static_ns = static, now_ns
        return static, frame


def _lens(lens: LensReport | None) -> dict[str, float]:
    found: dict[str, float] = {}
    if lens and lens.focal_length_mm:
        width_mm = lens.sensor_width_mm or NOMINAL_WIDTH_MM
        found["FieldOfView"] = field_of_view_deg(lens.focal_length_mm, width_mm)
        found["FocalLength"] = lens.focal_length_mm
    if lens and lens.f_stop:
        found["Aperture"] = lens.f_stop
    if lens and lens.focus_distance_m:
        found["FocusDistance"] = lens.focus_distance_m * 100.0
    return found


def _film(lens: LensReport | None) -> dict[str, float]:
    sizes = (lens.sensor_width_mm, lens.sensor_height_mm) if lens else (None, None)
    names = ("FilmBackWidth", "FilmBackHeight")
    return {name: size for name, size in zip(names, sizes, strict=True) if size}

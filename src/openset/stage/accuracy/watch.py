"""The error at the marks while the camera runs: a few times a second, and summed up for the take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from openset.primitives.rotation import vector_from_matrix
from openset.primitives.space import F64, IDENTITY, Pose, Xyz
from openset.primitives.time import s_from_ns
from openset.stage.accuracy.noise import noise_of
from openset.stage.accuracy.said import spread_from_status, weak_side_from_status
from openset.stage.accuracy.spread import Doubt, MarkError, carried, error_at
from openset.stage.accuracy.words import Advice, advise, say_advice, say_error
from openset.stage.lens.model import Lens
from openset.stage.tracking.samples import TrackSample

MOST_LOOKS = 36_000
"""Two hours at five looks a second."""
_STALE_S = 0.5
KNOWN, NOISE = "said by the tracker", "the tracker's own noise"


@dataclass(frozen=True)
class MarkSummary:
    """What a take says of one mark: the radius nine truths in ten lie within, in centimetres, in the
    middle of the take's frames and at its worst, the distance at that moment, the shares then, and on
    what the tracker's part stands (`basis`)."""

    mark: str
    looks: int
    median_cm: float
    worst_cm: float
    worst_distance_m: float
    shares: Mapping[str, float] = field(default_factory=dict)
    basis: str = KNOWN


@dataclass(frozen=True)
class Verdict:
    """The worst mark now: how far its feet slide, how far away it is, and what to do."""

    slide_cm: float
    mark: str
    distance_m: float
    advice: Advice | None

    @property
    def text(self) -> str:
        """The error and what to do, as one sentence."""
        said = say_error(self.mark, self.slide_cm / 100, self.distance_m)
        todo = say_advice(self.advice)
        return f"{said}; {todo}" if todo else said


class MarkWatch:
    """Looks at the marks (by name, metres on the stage) with what is known of lens and delay.

    `lens_covariance` (9, 9) is that of the lens in pixels of a picture `lens_width_px` wide.
    """

    def __init__(
        self,
        marks: Mapping[str, Xyz],
        *,
        delay_sd_s: float = 0.0,
        lens_covariance: F64 | None = None,
        lens_width_px: int = 0,
    ) -> None:
        self._marks = {name: np.array(place, dtype=np.float64) for name, place in marks.items()}
        self.delay_sd_s = delay_sd_s
        self._lens_covariance, self._lens_width_px = lens_covariance, lens_width_px
        self._before: tuple[int, Pose] | None = None
        self._looks: dict[str, list[MarkError]] = {}
        self._source = KNOWN

    @property
    def has_marks(self) -> bool:
        """Whether there is anything to look at."""
        return bool(self._marks)

    def lens_known(self, covariance: F64 | None, width_px: int) -> None:
        """From now on this is the lens's covariance, in pixels of a picture so wide."""
        self._lens_covariance, self._lens_width_px = covariance, width_px

    def look(
        self,
        time_ns: int,
        lens: Lens,
        stage_from_camera: Pose,
        reports: Sequence[TrackSample],
        tracker_from_camera: Pose = IDENTITY,
    ) -> Verdict | None:
        """The marks as the camera stands at `time_ns`; `reports` are the tracker's newest, in order,
        on which the camera sits at `tracker_from_camera`.

        None without marks, without a spread, or with every mark behind the camera or far outside the
        picture.
        """
        velocity = self._velocity(time_ns, stage_from_camera)
        status = reports[-1].status if reports else ""
        pose, source = spread_from_status(status), KNOWN
        if pose is None:
            pose, source = noise_of(reports), NOISE
        if pose is None:
            return None
        self._source = source
        pose = carried(pose, stage_from_camera, tracker_from_camera)
        doubt = Doubt(pose, self._lens(lens), self.delay_sd_s, velocity)
        found = {}
        for name, place in self._marks.items():
            error = error_at(lens, stage_from_camera, place, doubt)
            if error is not None:
                found[name] = error
        for name, error in found.items():
            kept = self._looks.setdefault(name, [])
            if len(kept) < MOST_LOOKS:
                kept.append(error)
        if not found:
            return None
        worst = max(found, key=lambda name: found[name].slide_m)
        error, weak = found[worst], weak_side_from_status(status)
        advice = advise(error, lens.focal_length_mm, weak=weak, by_own_tags=" tags" in status)
        return Verdict(error.slide_m * 100, worst, error.distance_m, advice)

    def summary(self) -> tuple[MarkSummary, ...]:
        """What the looks since the last summary say, mark by mark; they are then forgotten."""
        out = []
        for name, errors in self._looks.items():
            slides = np.array([error.slide_m for error in errors]) * 100
            worst = errors[int(np.argmax(slides))]
            shares = {part: round(share, 3) for part, share in worst.shares.items()}
            out.append(
                MarkSummary(
                    name,
                    len(errors),
                    round(float(np.median(slides)), 3),
                    round(float(slides.max()), 3),
                    round(worst.distance_m, 3),
                    shares,
                    self._source,
                )
            )
        self._looks = {}
        return tuple(out)

    def _lens(self, lens: Lens) -> F64 | None:
        """The lens's covariance in the pixels of this picture."""
        if self._lens_covariance is None or not self._lens_width_px:
            return None
        scale = np.ones(9)
        scale[:4] = lens.width_px / self._lens_width_px
        return np.asarray(self._lens_covariance * np.outer(scale, scale))

    def _velocity(self, time_ns: int, pose: Pose) -> F64 | None:
        """The camera's velocity (6,) since the last look; None where that was too long ago."""
        before, self._before = self._before, (time_ns, pose)
        if before is None or not 0 < (since_s := s_from_ns(time_ns - before[0])) < _STALE_S:
            return None
        now, then = pose.matrix, before[1].matrix
        turned = vector_from_matrix(then[:3, :3].T @ now[:3, :3])
        return np.concatenate([now[:3, 3] - then[:3, 3], turned]) / since_s

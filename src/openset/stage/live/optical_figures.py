"""What following a rig came to, in figures: for the line of each second, the summary, and programs."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field

import numpy as np

from openset.primitives.space import F64
from openset.stage.markers.follow import POOR_PX, Followed

WINDOW = 4096
MOST_NOTES = 64


@dataclass
class OpticalFigures:
    """What was followed so far. Medians are of the newest few thousand pictures."""

    frames: int = 0
    poses: int = 0
    poor: int = 0
    """Poses whose corners lie too far from where the map and the lens put them to be believed."""
    seconds: float = 0.0
    skipped: int = 0
    lost: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    moved: dict[int, float] = field(default_factory=dict)
    silent_ns: int = 0
    """Since the last picture came."""
    _tags: deque[int] = field(default_factory=lambda: deque(maxlen=WINDOW))
    _residual_px: deque[float] = field(default_factory=lambda: deque(maxlen=WINDOW))
    _spread: deque[F64] = field(default_factory=lambda: deque(maxlen=WINDOW))
    _age_ms: deque[float] = field(default_factory=lambda: deque(maxlen=WINDOW))

    @property
    def poses_per_second(self) -> float:
        """Of the whole run."""
        return self.poses / self.seconds if self.seconds > 0 else 0.0

    @property
    def tags_median(self) -> float | None:
        """Tags a pose stands on; None before any."""
        return float(np.median(self._tags)) if self._tags else None

    @property
    def residual_px(self) -> float | None:
        """How far corners lie from where the map and the lens put them, rms."""
        return float(np.median(self._residual_px)) if self._residual_px else None

    @property
    def sd_mm(self) -> float | None:
        """A pose's own standard deviation in position, all axes together."""
        return self._sd(slice(0, 3), 1e3)

    @property
    def sd_mdeg(self) -> float | None:
        """The same in rotation."""
        return self._sd(slice(3, 6), 1e3 * 180 / np.pi)

    @property
    def latency_ms(self) -> float | None:
        """From a picture's time to its pose on the way; None where pictures wait for nobody's clock."""
        return float(np.median(self._age_ms)) if self._age_ms else None

    def _sd(self, axes: slice, scale: float) -> float | None:
        if not self._spread:
            return None
        return float(np.median([np.linalg.norm(each[axes]) for each in self._spread])) * scale

    def note(self, followed: Followed, age_ms: float | None) -> None:
        """Count one moment."""
        self.frames += 1
        self.moved = dict(followed.moved)
        for text in followed.notes:
            if text in self.notes or len(self.notes) < MOST_NOTES:
                self.notes[text] += 1
        if followed.estimate is None:
            self.lost[followed.state] += 1
            return
        self.poses += 1
        self.poor += followed.estimate.residual_px > POOR_PX
        self._tags.append(followed.estimate.used)
        self._residual_px.append(followed.estimate.residual_px)
        self._spread.append(np.sqrt(np.diag(followed.estimate.covariance)))
        if age_ms is not None:
            self._age_ms.append(age_ms)

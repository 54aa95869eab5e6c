"""What an attempt at a map is given, where its adjustment begins, and what comes out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from openset.primitives.space import F64
from openset.stage.lens.model import Lens
from openset.stage.markers.adjust import Adjusted
from openset.stage.markers.grow import Look
from openset.stage.markers.network import Problem, State


@dataclass(frozen=True, eq=False)
class Given:
    """What is known before: tags that stay where they are, stage_from_tag (4, 4); how sure the lens is,
    None where it is taken as it stands; the usual slip (6,) of a rolling shutter, None without one."""

    held: Mapping[int, F64] = field(default_factory=dict)
    lens_covariance: F64 | None = None
    slip_sd: F64 | None = None

    @property
    def lens_information(self) -> F64 | None:
        """The inverse of the lens's covariance (9, 9)."""
        if self.lens_covariance is None:
            return None
        scale = np.sqrt(np.maximum(np.diag(self.lens_covariance), 1e-30))
        inverse = np.linalg.pinv(self.lens_covariance / np.outer(scale, scale), hermitian=True)
        return np.asarray(inverse / np.outer(scale, scale))


@dataclass(frozen=True, eq=False)
class Started:
    """Where an adjustment begins: map_from_tag by id, map_from_camera and slips by picture, a lens, and
    how far its camera sees edges outside."""

    tags: Mapping[int, F64]
    cameras: Mapping[int, F64]
    slips: Mapping[int, F64]
    lens: Lens
    edge_px: float = 0.0

    def state(self, pictures: Sequence[int], ids: Sequence[int]) -> State:
        """As arrays, in the order of the pictures and tags that take part."""
        camera = np.array([self.cameras[each] for each in pictures])
        tag = np.array([self.tags[each] for each in ids])
        slip = np.array([self.slips.get(each, np.zeros(6)) for each in pictures])
        return State(
            camera[:, :3, :3],
            camera[:, :3, 3],
            tag[:, :3, :3],
            tag[:, :3, 3],
            slip,
            self.lens,
            self.edge_px,
        )

    def after(self, solved: Solved) -> Started:
        """The same, nearer."""
        slips = dict(zip(solved.pictures, solved.state.slip, strict=True))
        return Started(
            {**self.tags, **solved.tags},
            {**self.cameras, **solved.cameras},
            {**self.slips, **slips},
            solved.state.lens,
            solved.state.edge_px,
        )


@dataclass(frozen=True, eq=False)
class Solved:
    """An adjusted attempt: tags and pictures in the order of the problem, and the looks left out."""

    ids: list[int]
    pictures: list[int]
    problem: Problem
    adjusted: Adjusted
    outside: list[Look]

    @property
    def tags(self) -> dict[int, F64]:
        """map_from_tag by id."""
        return dict(zip(self.ids, _matrices(self.state.tag_rotation, self.state.tag_m), strict=True))

    @property
    def cameras(self) -> dict[int, F64]:
        """map_from_camera by picture."""
        poses = _matrices(self.state.camera_rotation, self.state.camera_m)
        return dict(zip(self.pictures, poses, strict=True))

    @property
    def seen_in(self) -> dict[int, int]:
        """In how many pictures each tag was used."""
        counts = np.bincount(self.problem.tag, minlength=len(self.ids))
        return dict(zip(self.ids, counts.tolist(), strict=True))

    @property
    def state(self) -> State:
        """Where everything stands."""
        return self.adjusted.state


def rms(errors_px: F64) -> float:
    """Per axis, pixels; 0 where there are none."""
    if not errors_px.size:
        return 0.0
    return float(np.sqrt(np.mean(errors_px**2)))


def _matrices(rotations: F64, positions: F64) -> list[F64]:
    out = np.tile(np.eye(4), (len(positions), 1, 1))
    out[:, :3, :3], out[:, :3, 3] = rotations, positions
    return list(out)

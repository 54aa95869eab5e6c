"""The normal equations of a network of sightings, its cameras in blocks of their own.

Eliminating the cameras by the Schur complement leaves a system that grows with the tags only (Triggs,
McLauchlan, Hartley, Fitzgibbon, "Bundle adjustment: a modern synthesis", 2000, section 6).
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from openset.primitives.rotation import skew
from openset.primitives.space import F64
from openset.stage.lens.derivatives import parameters_of, project_with_derivatives
from openset.stage.markers.network import (
    HUBER,
    LENS_NUMBERS,
    Placed,
    Problem,
    State,
    misfit_of,
)


class NormalEquations:
    """The normal equations at one state, cameras in blocks of their own."""

    def __init__(self, problem: Problem, state: State) -> None:
        self.problem, self.state = problem, state
        self.free = np.flatnonzero(~problem.held)
        self.lens_free = problem.lens_information is not None
        self.shared_numbers = 1 + (LENS_NUMBERS if self.lens_free else 0)
        self.size = 6 * len(self.free) + self.shared_numbers
        self._gather(*self._derivatives())

    def _derivatives(self) -> tuple[F64, F64, F64, F64]:
        """Whitened and weighted: by camera (m, 8, 6 or 12), by tag (m, 8, 6), by what all share, the
        edges and where it is free the lens (m, 8, 1 or 10), and the errors (m, 8)."""
        problem, state = self.problem, self.state
        placed = Placed(problem, state)
        flat = placed.in_camera.reshape(-1, 3)
        said, by_point, by_lens = project_with_derivatives(state.lens, flat)
        count = len(problem.camera)
        by_point = by_point.reshape(count, 4, 2, 3)
        back = np.swapaxes(placed.rotation, -1, -2)
        spin = skew(placed.in_camera)
        moves = [by_point @ -back, by_point @ spin @ np.swapaxes(placed.turn, -1, -2)]
        if problem.slip_sd is not None:
            row = placed.row[..., None]
            moves += [row * moves[0], row * (by_point @ spin @ placed.turn_by_slip)]
        by_camera = np.concatenate(moves, axis=-1).reshape(count, 8, -1)
        turned = by_point @ -(back @ placed.tag_rotation @ skew(placed.local))
        by_tag = np.concatenate([by_point @ back, turned], axis=-1).reshape(count, 8, 6)
        outward = problem.outward.reshape(count, 8)
        errors = problem.corners_px.reshape(count, 8) - said.reshape(count, 8)
        errors = errors - state.edge_px * outward
        by_all = outward[..., None]
        if self.lens_free:
            by_all = np.concatenate([by_all, by_lens.reshape(count, 8, LENS_NUMBERS)], axis=2)
        misfit = misfit_of(problem, errors.reshape(count, 4, 2))
        weight = np.sqrt(np.minimum(1.0, HUBER / np.maximum(misfit, 1e-12)))
        white = problem.whitening * weight[:, None, None]
        return (
            white @ by_camera,
            white @ by_tag,
            white @ by_all,
            np.einsum("mij,mj->mi", white, errors),
        )

    def _gather(self, by_camera: F64, by_tag: F64, by_all: F64, errors: F64) -> None:
        problem, state = self.problem, self.state
        cameras, tags, width = len(state.camera_m), len(state.tag_m), by_camera.shape[2]
        camera, tag = problem.camera, problem.tag
        across = np.swapaxes(by_camera, 1, 2)
        self.camera_block = np.zeros((cameras, width, width))
        np.add.at(self.camera_block, camera, across @ by_camera)
        self.camera_pull = np.zeros((cameras, width))
        np.add.at(self.camera_pull, camera, np.einsum("mij,mi->mj", by_camera, errors))
        if problem.slip_sd is not None:
            held_by = 1.0 / problem.slip_sd**2
            self.camera_block[:, range(6, 12), range(6, 12)] += held_by
            self.camera_pull[:, 6:] -= held_by * state.slip
        self.camera_block[:, range(width), range(width)] += 1e-12
        shared = np.zeros((cameras, tags, width, 6))
        shared[camera, tag] = across @ by_tag
        across_tags = np.swapaxes(shared[:, self.free], 1, 2).reshape(cameras, width, -1)
        blocks = np.zeros((tags, 6, 6))
        np.add.at(blocks, tag, np.swapaxes(by_tag, 1, 2) @ by_tag)
        pulls = np.zeros((tags, 6))
        np.add.at(pulls, tag, np.einsum("mij,mi->mj", by_tag, errors))
        self.matrix = np.zeros((self.size, self.size))
        for place, each in enumerate(self.free):
            self.matrix[6 * place : 6 * place + 6, 6 * place : 6 * place + 6] = blocks[each]
        self.pull = np.zeros(self.size)
        self.pull[: 6 * len(self.free)] = pulls[self.free].ravel()
        part = np.zeros((cameras, width, self.shared_numbers))
        np.add.at(part, camera, across @ by_all)
        self.shared = np.concatenate([across_tags, part], axis=2)
        self._gather_shared(by_tag, by_all, errors, tags)

    def _gather_shared(self, by_tag: F64, by_all: F64, errors: F64, tags: int) -> None:
        """The rows of the numbers that all sightings share, and what was known of these before."""
        count, information, away = self.shared_numbers, *self._known()
        beside = np.zeros((tags, 6, count))
        np.add.at(beside, self.problem.tag, np.swapaxes(by_tag, 1, 2) @ by_all)
        border = beside[self.free].reshape(-1, count)
        self.matrix[:-count, -count:] = border
        self.matrix[-count:, :-count] = border.T
        flat = by_all.reshape(-1, count)
        self.matrix[-count:, -count:] = flat.T @ flat + information
        self.pull[-count:] = flat.T @ errors.ravel() - information @ away

    def _known(self) -> tuple[F64, F64]:
        """The information (g, g) there was of the shared numbers, and how far they are from it (g,)."""
        problem, state = self.problem, self.state
        information = np.zeros((self.shared_numbers, self.shared_numbers))
        information[0, 0] = 1.0 / problem.edge_sd_px**2
        away = np.array([state.edge_px])
        if problem.lens_information is not None:
            information[1:, 1:] = problem.lens_information
            away = np.concatenate([away, parameters_of(state.lens) - parameters_of(problem.lens)])
        return information, away

    def _reduced(self, damping: float) -> tuple[F64, F64, F64, F64]:
        """The system without the cameras, its pull, and what gives the cameras back."""
        cameras, width = self.camera_pull.shape
        diagonal = np.einsum("fii->fi", self.camera_block)
        damped = self.camera_block + damping * diagonal[:, :, None] * np.eye(width)
        inverse = np.linalg.inv(damped)
        carried = inverse @ self.shared
        flat = self.shared.reshape(cameras * width, self.size)
        matrix = self.matrix + damping * np.diag(np.diag(self.matrix))
        matrix = matrix - flat.T @ carried.reshape(cameras * width, self.size)
        own = np.einsum("fij,fj->fi", inverse, self.camera_pull)
        return matrix, self.pull - flat.T @ own.ravel(), carried, own

    def step(self, damping: float) -> tuple[F64, F64]:
        """How cameras (f, 6 or 12) and the rest (g,) move next."""
        matrix, pull, carried, own = self._reduced(damping)
        try:
            rest = cho_solve(cho_factor(matrix), pull)
        except np.linalg.LinAlgError:
            rest = np.linalg.lstsq(matrix, pull)[0]
        return own - carried @ rest, rest

    def covariance(self) -> F64:
        """Of the rest (g, g), in units of the whitening."""
        matrix = self._reduced(0.0)[0]
        return np.asarray(np.linalg.pinv(matrix, hermitian=True))

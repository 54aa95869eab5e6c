"""How sure a seen tag's corners are."""

from __future__ import annotations

import numpy as np

from openset.stage.markers.corner_noise import even_whitening, whitening_of

SQUARE = np.array([[[0.0, 0.0], [100.0, 0.0], [100.0, 100.0], [0.0, 100.0]]])


def test_whitening_a_square_gives_the_spread_of_lines_fitted_to_its_edges() -> None:
    """100 points of spread 0.25 along an edge: its middle is sure to 0.25 / 10 = 0.025 px, either end
    by tilt to 0.25 sqrt(3) / 10 = 0.0433 px. A corner takes both, across either edge:
    sqrt(0.025^2 + 0.0433^2) = 0.05 px an axis."""
    whitening = whitening_of(SQUARE, 0.25, 0.0)[0]
    covariance = np.linalg.inv(whitening.T @ whitening)
    np.testing.assert_allclose(np.sqrt(np.diag(covariance)), 0.05, rtol=1e-9)


def test_errors_drawn_as_the_detector_makes_them_are_white_afterwards() -> None:
    """Lines fitted to noisy edge points of a slanted tag, met at its corners."""
    random = np.random.default_rng(2)
    quad = np.array([[10.0, 5.0], [230.0, 55.0], [290.0, 175.0], [70.0, 145.0]])
    white = []
    for _ in range(400):
        lines = []
        for first, second in zip(quad, np.roll(quad, -1, axis=0), strict=True):
            along = second - first
            length = np.linalg.norm(along)
            normal = np.array([-along[1], along[0]]) / length
            place = np.linspace(0.0, 1.0, round(float(length)))
            offset = random.normal(0.0, 0.25, len(place))
            tilt, start = np.polyfit(place, offset, 1)
            lines.append((first + start * normal, second + (start + tilt) * normal))
        corners = [_meeting(lines[each - 1], lines[each]) for each in range(4)]
        white.append(whitening_of(quad[None], 0.25, 0.0)[0] @ (np.array(corners) - quad).reshape(8))
    found = np.cov(np.array(white).T)
    np.testing.assert_allclose(np.diag(found), 1.0, atol=0.25)
    assert np.abs(found - np.diag(np.diag(found))).max() < 0.25


def _meeting(one: tuple[np.ndarray, np.ndarray], other: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    matrix = np.column_stack([one[1] - one[0], other[0] - other[1]])
    return np.asarray(one[0] + (one[1] - one[0]) * np.linalg.solve(matrix, other[0] - one[0])[0])


def test_a_smaller_tag_is_less_sure() -> None:
    small, large = (np.linalg.norm(whitening_of(SQUARE * part)) for part in (0.2, 1.0))
    assert small < large


def test_edges_of_a_border_narrower_than_the_blur_are_hardly_believed() -> None:
    """A tag seen aslant, 100 px wide and 16 high: its border is 2 px along the long edges, which are
    off by 0.06 exp(0.5 / 0.8) = 0.112 px, and 12.5 px along the short ones."""
    aslant = SQUARE * np.array([1.0, 0.16])
    rows = np.linalg.norm(whitening_of(aslant, 0.1, 0.0)[0], axis=1)
    # A row is half the unit normal at either corner over the spread: sqrt(0.5) / sd.
    np.testing.assert_allclose(np.sqrt(0.5) / rows[0], np.hypot(0.01, 0.1121), rtol=1e-3)
    np.testing.assert_allclose(np.sqrt(0.5) / rows[2], 0.1 / np.sqrt(16.0), rtol=1e-3)


def test_even_whitening_is_the_same_for_all() -> None:
    np.testing.assert_allclose(even_whitening(3, 0.5), np.tile(2.0 * np.eye(8), (3, 1, 1)))

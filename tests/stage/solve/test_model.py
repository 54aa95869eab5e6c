"""The vocabulary of the solve: names and parts stand in one order."""

import numpy as np

from openset.stage.lens.derivatives import PARAMETERS
from openset.stage.solve.model import (
    COUNT,
    DELAY,
    EDGE,
    FOCAL,
    LENS,
    NAMES,
    NODAL,
    PART_OF,
    PARTS,
    READOUT,
    SEEN,
    Marks,
    Sightings,
)  # fmt: skip


def test_every_shared_number_has_a_name_and_a_part() -> None:
    assert len(NAMES) == len(PART_OF) == COUNT == 17
    assert set(PART_OF) == set(PARTS)
    assert NAMES[FOCAL] == "focal_ratio"
    assert NAMES[LENS][1:] == PARAMETERS[2:]
    assert (NAMES[READOUT], NAMES[EDGE], NAMES[DELAY]) == ("readout_s", "edge_px", "delay_s")
    assert PART_OF[:SEEN][-1] == "edges"
    assert "edges" not in PART_OF[SEEN:]
    assert all(name.startswith("nodal") for name in NAMES[NODAL])


def test_sightings_are_chosen_by_mask_or_number_and_marks_without_a_place_are_not_known() -> None:
    sightings = Sightings(
        np.array([0, 1, 2]), np.array([5, 6, 7]), np.zeros((3, 2)), np.array([False, True, False])
    )
    assert sightings.only(sightings.held_out).mark.tolist() == [6]
    assert sightings.only(np.array([2, 0])).frame.tolist() == [2, 0]
    marks = Marks(np.array([[1.0, 2, 3], [np.nan] * 3]), np.ones(2), np.array([4, -1]))
    assert marks.known.tolist() == [True, False]


def test_only_a_tag_seen_whole_has_edges_and_each_corner_moves_away_from_its_middle() -> None:
    square = np.array([[10.0, 10.0], [30.0, 10.0], [30.0, 30.0], [10.0, 30.0]])
    pixels = np.concatenate([square[2:], [[50.0, 50.0]], square[:2], square[:3] + 40.0])
    sightings = Sightings(
        np.array([1, 1, 1, 1, 1, 2, 2, 2]),
        np.array([2, 3, 4, 0, 1, 0, 1, 2]),
        pixels,
        np.zeros(8, bool),
    )
    found = sightings.edged(np.array([7, 7, 7, 7, -1])).outward
    assert found is not None
    np.testing.assert_allclose(found[[3, 4, 0, 1]], [[-1, -1], [1, -1], [1, 1], [-1, 1]])
    assert not found[[2, 5, 6, 7]].any()
    kept = sightings.edged(np.array([7, 7, 7, 7, -1])).only(np.array([4, 2])).outward
    assert kept is not None
    np.testing.assert_allclose(kept, [[1, -1], [0, 0]])

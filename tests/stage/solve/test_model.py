"""The vocabulary of the solve: names and parts stand in one order."""

import numpy as np

from openset.stage.lens.derivatives import PARAMETERS
from openset.stage.solve.model import (
    COUNT,
    DELAY,
    FOCAL,
    LENS,
    NAMES,
    NODAL,
    PART_OF,
    PARTS,
    READOUT,
    Marks,
    Sightings,
)  # fmt: skip


def test_every_shared_number_has_a_name_and_a_part() -> None:
    assert len(NAMES) == len(PART_OF) == COUNT == 16
    assert set(PART_OF) == set(PARTS)
    assert NAMES[FOCAL] == "focal_ratio"
    assert NAMES[LENS][1:] == PARAMETERS[2:]
    assert (NAMES[READOUT], NAMES[DELAY]) == ("readout_s", "delay_s")
    assert all(name.startswith("nodal") for name in NAMES[NODAL])


def test_sightings_are_chosen_by_mask_or_number_and_marks_without_a_place_are_not_known() -> None:
    sightings = Sightings(
        np.array([0, 1, 2]), np.array([5, 6, 7]), np.zeros((3, 2)), np.array([False, True, False])
    )
    assert sightings.only(sightings.held_out).mark.tolist() == [6]
    assert sightings.only(np.array([2, 0])).frame.tolist() == [2, 0]
    marks = Marks(np.array([[1.0, 2, 3], [np.nan] * 3]), np.ones(2), np.array([4, -1]))
    assert marks.known.tolist() == [True, False]

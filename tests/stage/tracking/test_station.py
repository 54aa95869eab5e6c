from __future__ import annotations

from dataclasses import replace

import pytest

from openset.stage.tracking.flow import Spread
from openset.stage.tracking.samples import LensReport
from openset.stage.tracking.station import LONGEST_TEXT, Signs, Station, printable, remarks

WELL = Station(
    "VMC camera", "OSC", "", "192.0.2.7", "39539", 300, 60.0, Spread(0.1, 1.0), None, 0, 0, 0, "moving",
    0.0, (1.0, 2.0, 1.5), (0.0, 0.0, 0.0), LensReport(focal_length_mm=35.0), (), "", "",
)  # fmt: skip


def test_nothing_is_remarked_of_a_source_that_is_well() -> None:
    assert remarks(WELL, Signs()) == ()


@pytest.mark.parametrize(
    ("change", "signs", "says"),
    [
        ({"state": "silent", "silent_s": 2.34}, Signs(), "silent for 2.3 s"),
        ({}, Signs(shared=True), "another id"),
        ({"version": "1.0.0"}, Signs(), "update it to 1.0.1"),
        ({"lost": 100}, Signs(), "100 lost (25.0 %)"),  # 100 of 300 + 100
        ({"late": 3}, Signs(), "3 came after a later one"),
        ({"repeated": 4}, Signs(), "4 were the same report again"),
        ({"jitter": Spread(1.0, 41.6)}, Signs(bursts=True), "42 ms off the beat"),
        ({}, Signs(absurd=5), "5 poses were not of this world"),
        ({"state": "still", "position_m": (0.0, 0.0, 0.0)}, Signs(), "not found its place"),
        ({}, Signs(stamped=False), "carries no time"),
        ({"lens": None}, Signs(), "no focal length: give --focal-mm"),
        ({"lens": None, "protocol": "FreeD D1"}, Signs(), "choose its profile"),
    ],
)
def test_each_trouble_is_one_remark_with_what_helps(
    change: dict[str, object], signs: Signs, says: str
) -> None:
    (remark,) = remarks(replace(WELL, **change), signs)  # type: ignore[arg-type]
    assert says in remark


def test_text_from_the_wire_is_short_and_gives_no_orders() -> None:
    assert printable("A\x1b[2J\nB\u202eC") == "A·[2J·B·C"
    assert len(printable("x" * 1000)) == LONGEST_TEXT

"""The bench started from the command line."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from openset.cli.camera.bench_work import run_bench
from openset.cli.output import Output
from openset.primitives.errors import BadInput, PlateNotFound
from openset.store.production import create_production


def test_without_a_picture_it_says_what_to_give(tmp_path: Path) -> None:
    create_production(tmp_path / "lane", title="Lane", rate=Fraction(25))
    with pytest.raises(BadInput, match="no picture"):
        run_bench(Output(True), tmp_path / "lane", "", 0)


def test_a_camera_that_is_not_there_is_named(tmp_path: Path) -> None:
    create_production(tmp_path / "lane", title="Lane", rate=Fraction(25))
    with pytest.raises(PlateNotFound):
        run_bench(Output(True), tmp_path / "lane", "nothing.mp4", 0)

"""What conversions pass between files."""

from __future__ import annotations

from typing import get_args

from openset.stage.exchange.model import CameraMove, Kind, Options, Read


def test_every_kind_is_told_in_the_opening_of_the_module() -> None:
    import openset.stage.exchange.model as model

    assert all(kind in (model.__doc__ or "") for kind in get_args(Kind))


def test_an_option_that_is_not_given_says_nothing() -> None:
    options = Options()
    assert options.rate is None
    assert options.size_px is None
    assert options.profile == "raw"


def test_a_clean_read_has_nothing_to_tell() -> None:
    read = Read(CameraMove("a", (), ()))
    assert (read.skipped, read.faults, read.unheld) == (0, (), ())

"""Pictures kept for a lens: sharp ones, when asked, in order, and only so many."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from openset.stage.live.phone_keep import MOST, PATIENCE, Keeper

SHARP = (np.indices((90, 160)).sum(axis=0) % 8 < 4).astype(np.uint8) * 200
SMEARED = np.full((90, 160), 120, np.uint8)


def test_nothing_is_kept_unasked(tmp_path: Path) -> None:
    keeper = Keeper(tmp_path / "kept")
    assert keeper.offer(b"a", SHARP) is None
    assert not (tmp_path / "kept").exists()


def test_a_smeared_picture_is_passed_over_for_a_sharp_one(tmp_path: Path) -> None:
    keeper = Keeper(tmp_path)
    assert keeper.ask()
    assert keeper.offer(b"smeared", SMEARED) is None
    assert keeper.offer(b"sharp", SHARP) == tmp_path / "0001.jpg"
    assert (tmp_path / "0001.jpg").read_bytes() == b"sharp"
    assert keeper.offer(b"more", SHARP) is None


def test_where_none_is_sharp_the_last_is_kept_after_a_while(tmp_path: Path) -> None:
    keeper = Keeper(tmp_path)
    keeper.ask()
    kept = [keeper.offer(b"%d" % n, SMEARED) for n in range(PATIENCE)]
    assert kept[:-1] == [None] * (PATIENCE - 1)
    assert kept[-1] == tmp_path / "0001.jpg"


def test_what_is_there_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "0001.jpg").write_bytes(b"earlier")
    keeper = Keeper(tmp_path)
    keeper.ask()
    assert keeper.offer(b"new", SHARP) == tmp_path / "0002.jpg"
    assert (tmp_path / "0001.jpg").read_bytes() == b"earlier"


def test_there_is_an_end_to_it(tmp_path: Path) -> None:
    keeper = Keeper(tmp_path)
    assert [keeper.ask() for _ in range(MOST + 1)] == [True] * MOST + [False]
    assert not Keeper(None).ask()


def test_a_phone_that_comes_back_begins_no_new_count(tmp_path: Path) -> None:
    for number in range(1, MOST):
        (tmp_path / f"{number:04d}.jpg").write_bytes(b"earlier")
    keeper = Keeper(tmp_path)
    assert keeper.ask()
    assert keeper.ask()
    assert keeper.offer(b"last", SHARP) == tmp_path / f"{MOST:04d}.jpg"
    assert keeper.offer(b"too many", SHARP) is None
    assert len(list(tmp_path.iterdir())) == MOST
    assert not keeper.ask()

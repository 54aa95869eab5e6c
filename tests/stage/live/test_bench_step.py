"""Long work of the bench."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from openset.primitives.errors import BadInput
from openset.stage.live.bench_step import Work, told


def ended(work: Work) -> Any:
    until = time.monotonic() + 10
    while time.monotonic() < until:
        result = work.done()
        if result is not None or not work.busy:
            return result
        time.sleep(0.01)
    raise AssertionError("it never ended")


def test_work_is_handed_over_once() -> None:
    work = Work()
    assert work.start(lambda: 42)
    assert ended(work) == 42
    assert work.done() is None
    assert not work.busy


def test_there_is_one_piece_of_work_at_a_time() -> None:
    gate, work = threading.Event(), Work()
    assert work.start(lambda: gate.wait(10))
    assert work.busy
    assert not work.start(lambda: 1)
    gate.set()
    ended(work)


@pytest.mark.parametrize("error", [BadInput("too few", todo="Shoot more"), ValueError("singular")])
def test_trouble_is_kept_in_words(error: Exception) -> None:
    def fails() -> None:
        raise error

    work = Work()
    work.start(fails)
    assert ended(work) is None
    said = told(work.trouble)
    assert said is not None
    assert said["todo"]
    assert told(None) is None

"""The three kinds of pipe: newest wins, nothing is lost, everyone hears."""

from __future__ import annotations

import threading

import pytest

from openset.stage.live.pipes import Broadcast, Latest, Lossless, PipeClosed, PipeFull


def test_latest_hands_over_the_newest_and_counts_what_nobody_saw() -> None:
    pipe: Latest[int] = Latest()
    for value in (1, 2, 3):
        pipe.put(value)
    assert pipe.take(0.0) == 3
    assert pipe.take(0.0) is None
    assert pipe.replaced == 2


def test_latest_wakes_a_waiting_reader() -> None:
    pipe: Latest[str] = Latest()
    threading.Timer(0.02, pipe.put, args=("frame",)).start()
    assert pipe.take(5.0) == "frame"


def test_lossless_keeps_order_and_remembers_how_deep_it_was() -> None:
    pipe: Lossless[int] = Lossless("recorder", 3)
    for value in (1, 2, 3):
        pipe.put(value)
    assert [pipe.get(0.0) for _ in range(3)] == [1, 2, 3]
    assert pipe.get(0.0) is None
    assert pipe.deepest == 3


def test_a_full_lossless_pipe_is_an_error_that_names_it() -> None:
    pipe: Lossless[int] = Lossless("recorder", 1)
    pipe.put(1)
    with pytest.raises(PipeFull, match="recorder: 1 waiting"):
        pipe.put(2, timeout_s=0.01)
    assert pipe.get(0.0) == 1


def test_a_put_waits_for_room() -> None:
    pipe: Lossless[int] = Lossless("recorder", 1)
    pipe.put(1)
    threading.Timer(0.02, pipe.get, args=(0.0,)).start()
    pipe.put(2, timeout_s=5.0)
    assert pipe.get(0.0) == 2


def test_a_closed_lossless_pipe_is_read_to_its_end() -> None:
    pipe: Lossless[int] = Lossless("recorder", 4)
    pipe.put(1)
    pipe.close()
    assert pipe.get(0.0) == 1
    with pytest.raises(PipeClosed):
        pipe.get(0.0)
    with pytest.raises(PipeClosed):
        pipe.put(2)


def test_many_writers_lose_nothing_in_a_lossless_pipe() -> None:
    pipe: Lossless[tuple[int, int]] = Lossless("recorder", 8)
    writers = [
        threading.Thread(target=lambda w=w: [pipe.put((w, n), timeout_s=5.0) for n in range(200)])
        for w in range(4)
    ]
    for writer in writers:
        writer.start()
    seen = [pipe.get(5.0) for _ in range(800)]
    for writer in writers:
        writer.join()
    for w in range(4):
        assert [item[1] for item in seen if item and item[0] == w] == list(range(200))


def test_a_slow_listener_loses_only_its_own_oldest() -> None:
    pipe: Broadcast[int] = Broadcast(depth=2)
    quick, slow = pipe.listen(), pipe.listen()
    heard = []
    for value in range(5):
        pipe.say(value)
        heard.append(quick.popleft())
    assert heard == [0, 1, 2, 3, 4]
    assert list(slow) == [3, 4]
    pipe.leave(slow)
    pipe.say(9)
    assert list(slow) == [3, 4]

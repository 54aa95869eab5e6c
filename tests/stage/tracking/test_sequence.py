"""What sequence numbers tell of loss, order and repetition."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.stage.tracking.sequence import SequenceCount


def counted(numbers: list[int], bits: int = 16, same_content: bool = False) -> tuple[int, int, int]:
    """(lost, out of order, duplicates) of numbers as they come."""
    count = SequenceCount()
    for number in numbers:
        count.note(number, bits, same_content)
    return count.lost, count.out_of_order, count.duplicates


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ([], (0, 0, 0)),
        ([7], (0, 0, 0)),
        ([1, 2, 3], (0, 0, 0)),
        ([0, 1], (0, 0, 0)),
        ([1, 4], (2, 0, 0)),
        ([1, 3, 2, 4], (0, 1, 0)),  # 2 was missed for a moment only
        ([1, 2, 3, 2, 1], (0, 0, 2)),  # both have come before
        ([1, 3, 2, 2], (0, 1, 1)),
        ([1, 1, 1], (0, 0, 0)),  # never counts, other content: neither lost nor twice
        ([65534, 65535, 0, 1], (0, 0, 0)),
        ([65535, 1], (1, 0, 0)),
        ([0, 65535], (0, 1, 0)),
        ([5, 30_000, 30_001], (0, 0, 0)),  # a restart
        ([30_000, 5, 6], (0, 0, 0)),
        ([5, 1005, 1006], (999, 0, 0)),
        ([70_000, 70_001], (0, 0, 0)),  # 32-bit numbers: the lowest 16 count
    ],
)
def test_numbers_tell_what_happened(numbers: list[int], expected: tuple[int, int, int]) -> None:
    assert counted(numbers) == expected


def test_the_same_number_with_the_same_content_came_twice() -> None:
    assert counted([1, 1, 2, 2], same_content=True) == (0, 0, 2)


def test_four_bits_count_a_gap_of_up_to_eight() -> None:
    assert counted([14, 15, 0, 1], bits=4) == (0, 0, 0)
    assert counted([14, 1], bits=4) == (2, 0, 0)
    assert counted([1, 3, 2], bits=4) == (0, 1, 0)


@given(
    st.integers(0, 65535),
    st.integers(2, 300),
    st.sets(st.integers(1, 298), max_size=40),
    st.randoms(use_true_random=False),
)
@settings(max_examples=80, deadline=None)
def test_losses_are_counted_exactly_however_the_rest_is_jumbled_and_repeated(
    start: int, length: int, missing: set[int], dice: random.Random
) -> None:
    sent = [n for n in range(length) if n not in missing or n == length - 1]
    jumbled = [sent[0]]
    rest = sent[1:-1]
    for at in range(0, len(rest), 5):
        group = rest[at : at + 5]
        dice.shuffle(group)
        jumbled += group
    jumbled.append(sent[-1])
    twice = [n for n in jumbled for _ in range(2)]
    lost, _, duplicates = counted([(start + n) & 0xFFFF for n in twice], same_content=True)
    assert duplicates == len(sent) - (length == 1)
    assert lost == length - len(sent)

"""What the readers of cameras share: clocks, rates, stops, distances, and how rows are gathered."""

from __future__ import annotations

import math
from contextlib import suppress
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openset.formats.camera_metadata import (
    MOST_FAULTS,
    ClipMetadata,
    Clock,
    FrameMetadata,
    Metadata,
    clock_of,
    distance_m,
    exact_rate,
    gathered,
    ratio,
    stop,
    whole,
    with_clip,
)
from openset.formats.faults import FormatError
from openset.formats.tables import Row

NTSC = Fraction(30000, 1001)


def test_a_clock_keeps_its_mark_until_the_rate_is_known() -> None:
    clock = clock_of("01:02:03;04")
    assert clock == Clock(1, 2, 3, 4, drop=True)
    assert str(clock and clock.at(NTSC)) == "01:02:03;04"
    assert str(clock and clock.at(NTSC, drop=False)) == "01:02:03:04"
    # 25 frames a second drop nothing: the mark is a habit of the tool.
    assert str(clock and clock.at(Fraction(25))) == "01:02:03:04"


@pytest.mark.parametrize("text", ["1:2:3:4", "25:00:00:00", "01:60:00:00", "01:00:00", "now"])
def test_what_is_no_timecode_is_refused(text: str) -> None:
    with pytest.raises(FormatError):
        clock_of(text)


def test_a_frame_number_beyond_the_rate_is_no_timecode() -> None:
    assert Clock(1, 0, 0, 24).at(Fraction(24)) is None
    assert Clock(1, 0, 0, 200).at(Fraction(240)) is None
    assert clock_of("") is None


def test_a_decimal_rate_is_the_exact_one_of_television() -> None:
    assert exact_rate(23.976) == Fraction(24000, 1001)
    assert exact_rate(59.94) == Fraction(60000, 1001)
    assert (exact_rate(25.0), exact_rate(0.0)) == (Fraction(25), None)


def test_a_mark_of_the_ring_is_a_power_of_the_square_root_of_two() -> None:
    # 5.6 is engraved for 2**(5/2) = 5.6569; 3/10 of a stop more is x 2**0.15 = 1.1096: 6.2767.
    assert stop(5.6) == pytest.approx(5.65685, abs=1e-5)
    assert stop(5.6, 3) == pytest.approx(6.2767, abs=1e-4)
    assert (stop(2), stop(1.4)) == (pytest.approx(2), pytest.approx(math.sqrt(2)))
    assert stop(1.8) == 1.8


def test_a_distance_is_infinite_where_the_lens_says_so() -> None:
    said = {"words": "Infinity", "sign": "∞", "far": "99999", "near": "10", "none": "0"}
    row = Row(2, said)
    assert distance_m(row, "words", 1.0) == distance_m(row, "sign", 1.0) == math.inf
    assert distance_m(row, "far", 1.0) == math.inf
    assert distance_m(row, "near", 0.3048) == pytest.approx(3.048)
    assert distance_m(row, "none", 1.0) is None


def test_a_count_is_whole() -> None:
    assert whole(Row(2, {"ISO": "800"}), "ISO") == 800
    with pytest.raises(FormatError, match="not whole"):
        whole(Row(2, {"ISO": "800.5"}), "ISO")


def test_a_squeeze_stays_the_decimal_it_was() -> None:
    assert (ratio(1.33), ratio(2.0), ratio(None), ratio(0.0)) == (Fraction(133, 100), 2, None, None)
    assert (ratio(11.0), ratio(1e300), ratio(1e-300), ratio(math.nan)) == (None,) * 4


def frame_of(row: Row) -> FrameMetadata:
    return FrameMetadata(focal_length_mm=row.number("mm", 0, 1000))


def clip_of(row: Row) -> ClipMetadata:
    return ClipMetadata(name=row.text("clip"))


def test_a_bad_row_costs_itself_and_the_first_good_one_tells_the_clip() -> None:
    table = [
        FormatError("cut off", "line 2"),
        Row(3, {"clip": "bad", "mm": "nan", "look": "LogC"}),
        Row(4, {"clip": "A001", "mm": "40", "look": "LogC", "empty": "--"}),
        Row(5, {"clip": "A001", "mm": "41", "look": "LogC"}),
    ]
    found = gathered(table, clip_of, frame_of, ("clip", "mm"))
    assert (found.clip.name, found.unheld, found.skipped) == ("A001", ("look",), 2)
    assert [frame.focal_length_mm for frame in found.frames] == [40, 41]
    assert found.faults == ("line 2: cut off", "line 3: mm: 'nan' is no number from 0 to 1000")


def test_a_table_of_bad_rows_is_refused_and_faults_are_told_only_so_often() -> None:
    rows = [FormatError("cut off", f"line {line}") for line in range(2, 100)]
    with pytest.raises(FormatError, match=r"no row of a frame.*line 2: cut off"):
        gathered(rows, clip_of, frame_of, ())
    found = gathered([*rows, Row(100, {"clip": "A"})], clip_of, frame_of, ())
    assert (found.skipped, len(found.faults)) == (98, MOST_FAULTS)


def test_the_clip_file_says_what_the_frames_do_not() -> None:
    frames = Metadata(ClipMetadata(camera_make="RED", iso=800), (FrameMetadata(number=3),), 1, ("a",))
    clip = Metadata(ClipMetadata(iso=400, rate=NTSC), (FrameMetadata(),), of_clip_only=True)
    both = with_clip(frames, clip)
    assert both.clip == ClipMetadata(camera_make="RED", iso=400, rate=NTSC)
    assert (both.frames, both.skipped, both.of_clip_only) == ((FrameMetadata(number=3),), 1, False)


@given(st.text(max_size=20))
def test_any_text_is_a_clock_nothing_or_a_fault(text: str) -> None:
    with suppress(FormatError):
        assert clock_of(text) is None or ":" in text


@given(st.integers(0, 24 * 3600 * 30 - 1))
def test_a_clock_that_was_printed_comes_back(count: int) -> None:
    rest, frames = divmod(count, 30)
    minutes, seconds = divmod(rest, 60)
    clock = clock_of(f"{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}:{frames:02d}")
    assert clock is not None
    code = clock.at(NTSC)
    assert code is not None
    assert code.frame_count == count

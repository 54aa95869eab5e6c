"""What an OTIO timeline says: its rate, its count, its clips and where a transition puts them."""

from __future__ import annotations

import math
from fractions import Fraction

import opentimelineio as otio
import pytest

from openset.formats.cdl import CdlError, Correction
from openset.formats.faults import FormatError
from openset.stage.exchange import timeline_parts as parts

NTSC = Fraction(30000, 1001)


def clip(name: str, start: int, length: int, rate: Fraction = Fraction(25)) -> otio.schema.Clip:
    return otio.schema.Clip(name, source_range=parts.span(start, length, rate))


def test_a_transition_belongs_to_the_clip_that_comes_in() -> None:
    track = otio.schema.Track("V", kind=otio.schema.TrackKind.Video)
    before, after = parts.time(4, Fraction(25)), parts.time(8, Fraction(25))
    dissolve = otio.schema.Transition("", "SMPTE_Dissolve", before, after)
    track.extend([clip("out", 100, 50), dissolve, clip("in", 1000, 60)])
    one, two = parts.shots(track, Fraction(25))
    # the dissolve starts 4 frames before the cut at 50: the first ends at 46, the second is 64 long
    assert (one.record, one.source, one.frames, one.over) == (0, 100, 46, 0)
    assert (two.record, two.source, two.frames, two.over, two.way) == (
        46,
        996,
        64,
        12,
        "SMPTE_Dissolve",
    )


def test_an_empty_track_has_no_shots() -> None:
    assert list(parts.shots(otio.schema.Track("V2"), Fraction(25))) == []


@pytest.mark.parametrize(
    "odd", [3, "x", [1], otio.schema.V2d(1, 2), {"asc_sop": otio.schema.V2d(1, 2)}]
)
def test_metadata_of_another_shape_say_nothing(odd: object) -> None:
    one = clip("a", 0, 9)
    for name in ("cmx_3600", "cdl", "openset"):
        one.metadata[name] = odd
    assert parts.reel(one) == ""
    assert parts.said(one, "cmx_3600", "reel", "name") is None
    if isinstance(odd, dict):
        with pytest.raises(CdlError, match="ten numbers"):
            parts.grade(one)
    else:
        assert parts.grade(one) is None


@pytest.mark.parametrize(
    ("start", "drop"),
    [
        (107892, True),  # 01:00:00;00: 3600 · 30 less 2 · 54 dropped numbers
        (108000, False),  # 01:00:00:00
        (12345, True),  # neither: as is usual at 29.97
        (0, True),
    ],
)
def test_drop_frame_is_told_by_the_start(start: int, drop: bool) -> None:
    timeline = otio.schema.Timeline("a", global_start_time=parts.time(start, NTSC))
    assert parts.drops(timeline, NTSC) is drop
    timeline.metadata["openset"] = {"drop_frame": not drop}
    assert parts.drops(timeline, NTSC) is not drop
    assert not parts.drops(timeline, Fraction(25))
    assert not parts.drops(timeline, Fraction(24000, 1001))


def test_a_rate_is_exact_or_refused() -> None:
    assert parts.snapped(29.97) == NTSC
    assert parts.snapped(float(NTSC)) == NTSC
    assert parts.snapped(25.0) == 25
    for wrong in (0.0, -25.0, 1e9, math.nan, math.inf):
        with pytest.raises(FormatError, match="no rate"):
            parts.snapped(wrong)


def test_the_picture_is_the_lowest_track_that_is_on() -> None:
    timeline = otio.schema.Timeline("a")
    for name in ("off", "empty", "cut", "over"):
        track = otio.schema.Track(name, kind=otio.schema.TrackKind.Video)
        if name != "empty":
            track.append(clip(name, 0, 10))
        track.enabled = name != "off"
        timeline.tracks.append(track)
    found = parts.picture(timeline)
    assert found is not None
    assert found.name == "cut"
    assert parts.sound(timeline) == []


def test_a_grade_goes_into_a_clip_and_out() -> None:
    graded = clip("a", 0, 10)
    assert parts.grade(graded) is None
    parts.set_grade(graded, Correction("x", (1.5, 1.0, 0.5), saturation=0.25))
    assert parts.grade(graded) == Correction("a", (1.5, 1.0, 0.5), saturation=0.25)
    graded.metadata["cdl"] = {"asc_sop": {"slope": ["x", 1, 1]}}
    with pytest.raises(CdlError, match="clip a"):
        parts.grade(graded)


def test_times_beyond_counting_are_refused() -> None:
    for time in (otio.opentime.RationalTime(1e300, 25), otio.opentime.RationalTime(1, 0)):
        with pytest.raises(FormatError, match="a time of"):
            parts.frames(time, Fraction(25))


def test_a_clip_of_no_known_length_is_named() -> None:
    with pytest.raises(FormatError, match="clip nameless"):
        parts.clip_range(otio.schema.Clip("nameless"))


def test_media_reels_and_rates_are_found() -> None:
    made = clip("a", 0, 10, NTSC)
    assert (parts.url(made), parts.reel(made)) == ("", "")
    made.media_reference = otio.schema.ImageSequenceReference("takes/", "a.", ".exr", 1001, 1, 25, 4)
    assert parts.url(made) == "takes/a.####.exr"
    made.metadata["cmx_3600"] = {"reel": "A001"}
    assert parts.reel(made) == "A001"
    timeline = otio.schema.Timeline("a")
    with pytest.raises(FormatError, match="no clip"):
        parts.rate_of(timeline)
    timeline.tracks.append(otio.schema.Track("V", [made]))
    assert parts.rate_of(timeline) == NTSC

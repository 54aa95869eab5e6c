"""Timelines as files: what each format keeps, at every rate, and files that are none."""

from __future__ import annotations

import zipfile
from fractions import Fraction
from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openset.formats.faults import FormatError
from openset.primitives.errors import BadInput
from openset.primitives.time import timecode_from_fields
from openset.stage.exchange import timeline as adapter
from openset.stage.exchange import timeline_parts as parts
from openset.stage.exchange.loss import lost
from openset.stage.exchange.model import Options

RATES = [
    (Fraction(24000, 1001), False),
    (Fraction(24), False),
    (Fraction(25), False),
    (Fraction(30000, 1001), True),
    (Fraction(30000, 1001), False),
    (Fraction(30), False),
    (Fraction(50), False),
    (Fraction(60000, 1001), True),
]
SLOW = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=12)
REELS = st.from_regex(r"[A-Z][0-9]{3}", fullmatch=True)


@st.composite
def timelines(draw: st.DrawFn, *, cut_only: bool = False) -> tuple[Any, Fraction]:
    """A cut such as an editor makes: clips with media, reels, grades, markers, gaps and dissolves."""
    rate, drop = draw(st.sampled_from(RATES))
    out = otio.schema.Timeline(draw(WORDS))
    hour = timecode_from_fields(draw(st.integers(0, 20)), 0, 0, 0, rate, drop)
    out.global_start_time = parts.time(hour.frame_count, rate)
    out.metadata["openset"] = {"drop_frame": drop}
    track = otio.schema.Track("V", kind=otio.schema.TrackKind.Video)
    for number in range(draw(st.integers(1, 5))):
        start, length = draw(st.integers(100, 1_000_000)), draw(st.integers(40, 2000))
        media = otio.schema.ExternalReference(
            f"takes/{number}/{draw(st.sampled_from(['a', 'b']))}.mov",
            parts.span(start - 50, length + 100, rate),
        )
        clip = otio.schema.Clip(
            draw(WORDS), source_range=parts.span(start, length, rate), media_reference=media
        )
        clip.metadata["cmx_3600"] = {"reel": draw(REELS)}
        if draw(st.booleans()):
            clip.metadata["cdl"] = {
                "asc_sop": {
                    "slope": [1.5, 1.0, 0.25],
                    "offset": [0.0, -0.125, 0.0],
                    "power": [1.0, 1.0, 2.0],
                },
                "asc_sat": 0.75,
            }
        if not cut_only:
            if number and draw(st.booleans()):
                track.append(dissolve(draw(st.integers(0, 20)), draw(st.integers(1, 19)), rate))
            elif number and draw(st.booleans()):
                track.append(
                    otio.schema.Gap(source_range=parts.span(0, draw(st.integers(1, 99)), rate))
                )
            if draw(st.booleans()):
                at = parts.span(start + draw(st.integers(0, 19)), 1, rate)
                clip.markers.append(otio.schema.Marker(draw(WORDS), at, "RED"))
        track.append(clip)
    out.tracks.append(track)
    return out, rate


def dissolve(before: int, after: int, rate: Fraction) -> Any:
    """A dissolve that takes frames before and after the cut."""
    kind = otio.schema.TransitionTypes.SMPTE_Dissolve
    return otio.schema.Transition("", kind, parts.time(before, rate), parts.time(after, rate))


def through(value: Any, name: str, rate: Fraction, folder: Path) -> Any:
    """The timeline after a way through a file of the format."""
    path, options = (
        folder / f"a.{name}",
        Options(format=name, rate=rate, name=value.name, folder=folder),
    )
    adapter.write(value, path, options)
    read = adapter.read(path, options)
    assert (read.skipped, read.faults, read.unheld) == (0, (), ())
    return read.value


@settings(max_examples=25, deadline=None, suppress_health_check=SLOW)
@given(timelines())
def test_otio_loses_nothing(tmp_path: Path, made: tuple[Any, Fraction]) -> None:
    value, rate = made
    before = adapter.fields(value)
    assert lost(before, adapter.fields(through(value, "otio", rate, tmp_path))) == []
    for path in (tmp_path / url for url in before["media"]):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert lost(before, adapter.fields(through(value, "otioz", rate, tmp_path))) == []


def test_a_bundle_without_the_media_says_so(tmp_path: Path) -> None:
    value = otio.schema.Timeline("a")
    media = otio.schema.ExternalReference("gone.mov")
    clip = otio.schema.Clip("a", media, parts.span(0, 50, Fraction(25)))
    value.tracks.append(otio.schema.Track("V", [clip], kind=otio.schema.TrackKind.Video))
    before = adapter.fields(value)
    assert before["media"] == ("gone.mov",)
    assert lost(before, adapter.fields(through(value, "otioz", Fraction(25), tmp_path))) == ["media"]
    (tmp_path / "gone.mov").touch()
    assert lost(before, adapter.fields(through(value, "otioz", Fraction(25), tmp_path))) == []


@settings(max_examples=50, deadline=None, suppress_health_check=SLOW)
@given(timelines())
def test_an_edit_list_keeps_all_of_a_cut(tmp_path: Path, made: tuple[Any, Fraction]) -> None:
    value, rate = made
    assert lost(adapter.fields(value), adapter.fields(through(value, "edl", rate, tmp_path))) == []


@settings(max_examples=50, deadline=None, suppress_health_check=SLOW)
@given(timelines())
def test_final_cut_xml_keeps_all_but_grades(tmp_path: Path, made: tuple[Any, Fraction]) -> None:
    value, rate = made
    after = adapter.fields(through(value, "fcp7", rate, tmp_path))
    assert set(lost(adapter.fields(value), after)) <= {"cdl"}


@settings(max_examples=50, deadline=None, suppress_health_check=SLOW)
@given(timelines(cut_only=True))
def test_a_log_keeps_clips_reels_and_grades(tmp_path: Path, made: tuple[Any, Fraction]) -> None:
    value, rate = made
    after = adapter.fields(through(value, "ale", rate, tmp_path))
    assert set(lost(adapter.fields(value), after)) <= {"global_start", "record"}


def test_what_a_format_loses_is_told_by_name(tmp_path: Path) -> None:
    value = otio.schema.Timeline("a", global_start_time=parts.time(90000, Fraction(25)))
    for track in ("V1", "V2", "A1"):
        kind = otio.schema.TrackKind.Audio if track == "A1" else otio.schema.TrackKind.Video
        clip = otio.schema.Clip(track, source_range=parts.span(0, 50, Fraction(25)))
        clip.metadata["studio"] = {"mood": "good"}
        clip.markers.append(otio.schema.Marker("long", parts.span(0, 9, Fraction(25)), "PURPLE"))
        value.tracks.append(otio.schema.Track(track, [clip], kind=kind))
    before = adapter.fields(value)
    assert lost(before, adapter.fields(through(value, "otio", Fraction(25), tmp_path))) == []
    edl = lost(before, adapter.fields(through(value, "edl", Fraction(25), tmp_path)))
    assert edl == ["marker_lengths", "track_names", "other_tracks", "metadata"]
    fcp7 = lost(before, adapter.fields(through(value, "fcp7", Fraction(25), tmp_path)))
    assert fcp7 == ["marker_colours", "metadata"]


def test_the_grades_of_a_cut_come_in_order() -> None:
    made = otio.schema.Timeline("a")
    track = otio.schema.Track("V", kind=otio.schema.TrackKind.Video)
    for name, sat in (("one", 0.5), ("two", None), ("three", 0.25)):
        clip = otio.schema.Clip(name, source_range=parts.span(0, 9, Fraction(25)))
        if sat is not None:
            clip.metadata["cdl"] = {"asc_sat": sat}
        track.append(clip)
    made.tracks.append(track)
    assert [(each.id, each.saturation) for each in adapter.grades(made)] == [
        ("one", 0.5),
        ("three", 0.25),
    ]
    with pytest.raises(FormatError, match="no clip of this timeline has a grade"):
        adapter.grades(otio.schema.Timeline("b"))


def test_an_edit_list_needs_to_be_told_its_rate(tmp_path: Path) -> None:
    path = tmp_path / "a.edl"
    path.write_text("001 A V C 00:00:00:00 00:00:01:00 01:00:00:00 01:00:01:00\n", encoding="utf-8")
    with pytest.raises(BadInput, match="--rate 25"):
        adapter.read(path, Options(format="edl"))
    assert adapter.read(path, Options(format="edl", rate=Fraction(25))).value.duration().value == 25


@pytest.mark.parametrize(
    ("name", "data", "trouble"),
    [
        ("otio", b"{", "not JSON"),
        ("otio", b"\xff", "not UTF-8"),
        ("otio", b'{"OTIO_SCHEMA": "Timeline.1"}', "no clip"),
        ("otioz", b"PK\x03\x04", "no readable zip"),
        ("edl", b"TITLE: a\n", "no event"),
        ("fcp7", b"<xmeml/>", "No top-level sequences"),
        ("fcp7", b"<xmeml><sequence><name>a</name></sequence></xmeml>", "no clip"),
        ("ale", b"Heading\nFPS\t25\nColumn\nName\nData\na\n", "needs its Start"),
    ],
)
def test_what_is_no_timeline_is_refused(tmp_path: Path, name: str, data: bytes, trouble: str) -> None:
    path = tmp_path / f"a.{name}"
    path.write_bytes(data)
    with pytest.raises(FormatError, match=trouble):
        adapter.read(path, Options(format=name, rate=Fraction(25)))


@pytest.mark.parametrize("name", ["edl", "fcp7", "ale"])
def test_an_empty_timeline_is_not_written(tmp_path: Path, name: str) -> None:
    with pytest.raises(FormatError, match="no clip"):
        adapter.write(otio.schema.Timeline("a"), tmp_path / "a", Options(format=name))


def test_an_empty_bundle_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.otioz"
    with zipfile.ZipFile(path, "w") as bundle:
        bundle.writestr("version.txt", "1.0.0")
    with pytest.raises(FormatError, match=r"no content\.otio"):
        adapter.read(path, Options(format="otioz"))

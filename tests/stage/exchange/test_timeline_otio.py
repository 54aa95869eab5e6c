"""OpenTimelineIO's own files: bundles with media, and files that would end the library's reader."""

from __future__ import annotations

import contextlib
import json
import re
import zipfile
from fractions import Fraction
from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openset.formats.faults import FormatError
from openset.stage.exchange import timeline_otio
from openset.stage.exchange import timeline_parts as parts

PAL = Fraction(25)
WHO = {"who": {"name": "me", "roles": ["editor", {"since": 1}]}}


def one_clip(*urls: str) -> Any:
    out = otio.schema.Timeline("a")
    track = otio.schema.Track("V", kind=otio.schema.TrackKind.Video)
    for url in urls:
        media = otio.schema.ExternalReference(url, parts.span(0, 100, PAL), dict(WHO))
        track.append(otio.schema.Clip(url, media, parts.span(0, 9, PAL)))
    out.tracks.append(track)
    return out


def test_a_bundle_carries_the_media_that_are_there_and_gives_the_other_paths_back(
    tmp_path: Path,
) -> None:
    for folder in ("1", "2"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a b.mov").write_bytes(folder.encode())
    urls = ["1/a b.mov", f"file://{tmp_path}/2/a%20b.mov", "gone.mov", "https://example.org/c.mov"]
    path = tmp_path / "a.otioz"
    timeline_otio.write_bundle(one_clip(*urls), path, tmp_path)
    with zipfile.ZipFile(path) as bundle:
        assert bundle.read("media/a b.mov") == b"1"
        assert bundle.read("media/a b-2.mov") == b"2"
        assert bundle.read("version.txt") == b"1.0.0"
    found, others = timeline_otio.read_bundle(path)
    assert others == []
    media = [clip.media_reference for clip in found.find_clips()]
    assert [each.target_url for each in media] == ["media/a b.mov", "media/a b-2.mov", *urls[2:]]
    assert [parts.plain(each.metadata) for each in media] == [
        {**WHO, "original_target_url": url} for url in urls
    ]
    assert all(each.available_range.duration.value == 100 for each in media)


def test_the_librarys_own_reader_opens_the_bundle(tmp_path: Path) -> None:
    path = tmp_path / "a.otioz"
    timeline_otio.write_bundle(one_clip("gone.mov"), path, tmp_path)
    (clip,) = otio.adapters.read_from_file(str(path)).find_clips()
    assert clip.media_reference.metadata["original_target_url"] == "gone.mov"


@pytest.mark.parametrize(
    ("text", "trouble"),
    [
        ('{"OTIO_SCHEMA": "Timeline.1", "metadata": ' + "[" * 100_000 + "]" * 100_000 + "}", "nested"),
        ('{"OTIO_SCHEMA": "Timeline.1", "metadata": {"a": ' + "[" * 500 + "]" * 500 + "}}", "nested"),
        (
            '{"OTIO_SCHEMA": "Stack.1", "OTIO_REF_ID": "a",'
            ' "children": [{"OTIO_SCHEMA": "SerializableObjectRef.1", "id": "a"}]}',
            "part of itself",
        ),
        ('{"OTIO_SCHEMA": "Timeline.99"}', "unsupported schema"),
        ('{"OTIO_SCHEMA": "Gap.1"}', "cannot read|no timeline"),
        ("[1, 2]", "no timeline in this"),
        ("", "line 1: this is not JSON"),
        ("{\n\n!", "line 3: this is not JSON"),
    ],
)
def test_what_is_no_timeline_is_refused(text: str, trouble: str) -> None:
    with pytest.raises(FormatError, match=trouble):
        timeline_otio.parse(text.encode())


def test_a_collection_a_stack_a_track_and_a_clip_are_timelines_too() -> None:
    timeline = one_clip("a.mov")
    second = otio.schema.Timeline("second")
    collection = otio.schema.SerializableCollection("bin", [timeline, second])
    found, others = timeline_otio.parse(collection.to_json_string().encode())
    assert (found.name, others) == ("a", ["timeline second"])
    for part in (timeline.tracks, timeline.tracks[0], timeline.tracks[0][0]):
        found, others = timeline_otio.parse(part.to_json_string().encode())
        assert [clip.name for clip in found.find_clips()] == ["a.mov"]
        assert others == []


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04" + b"\0" * 40, b"PK\x05\x06" + b"\0" * 18])
def test_what_is_no_bundle_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.otioz"
    path.write_bytes(data)
    with pytest.raises(FormatError, match=r"no readable zip|no content\.otio"):
        timeline_otio.read_bundle(path)


def test_a_bundle_that_swells_is_refused_before_it_is_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timeline_otio, "MOST_BYTES", 1000)
    path = tmp_path / "a.otioz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr("content.otio", b" " * 100_000)
    with pytest.raises(FormatError, match="larger than"):
        timeline_otio.read_bundle(path)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2000), st.binary(max_size=4), st.integers(0, 20))
def test_a_damaged_bundle_gives_a_timeline_or_a_format_error(
    tmp_path: Path, at: int, noise: bytes, cut: int
) -> None:
    path, whole = tmp_path / "a.otioz", tmp_path / "whole.otioz"
    if not whole.exists():
        timeline_otio.write_bundle(one_clip("gone.mov"), whole, tmp_path)
    good = whole.read_bytes()
    path.write_bytes(good[:at] + noise + good[at + cut :])
    with contextlib.suppress(FormatError):
        timeline_otio.read_bundle(path)


GOOD = timeline_otio.serialised(one_clip("a.mov")).decode()
PLACES = [match.span(1) for match in re.finditer(r': ("[^"]*"|-?[0-9.]+|true|false|null)', GOOD)]
STRANGE = ["null", "-1", "1e300", "NaN", "-Infinity", '"x"', "[]", "{}", "9" * 40, '"\\ud800"', "true"]


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(PLACES), st.sampled_from([*STRANGE, '"Clip.2"', '"Track.1"', '"Stack.1"']))
def test_a_strange_value_anywhere_gives_a_timeline_or_a_format_error(
    place: tuple[int, int], value: str
) -> None:
    with contextlib.suppress(FormatError):
        timeline_otio.parse((GOOD[: place[0]] + value + GOOD[place[1] :]).encode())


@given(
    st.recursive(
        st.none() | st.floats() | st.text(),
        lambda each: st.lists(each) | st.dictionaries(st.text(), each),
    )
)
def test_any_json_gives_a_timeline_or_a_format_error(value: Any) -> None:
    with contextlib.suppress(FormatError):
        timeline_otio.parse(json.dumps(value).encode())


@given(st.text())
def test_a_url_that_is_no_file_is_none(url: str) -> None:
    assert timeline_otio.local_file(url, Path("/nonexistent")) is None

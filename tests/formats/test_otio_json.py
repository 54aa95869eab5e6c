"""Documents that would end the library's reader, and those that are only old, foreign or incomplete."""

from __future__ import annotations

import contextlib
import copy
import json
from fractions import Fraction
from typing import Any

import opentimelineio as otio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.formats import otio_json
from openset.formats.faults import FormatError
from openset.stage.exchange import timeline, timeline_otio
from openset.stage.exchange import timeline_parts as parts

PAL = Fraction(25)
SPAN = parts.span(0, 50, PAL)


def whole() -> Any:
    """A timeline with every kind of part, and objects in its metadata."""
    out = otio.schema.Timeline("a", global_start_time=parts.time(90000, PAL))
    out.metadata["held"] = {"clip": otio.schema.Clip("in metadata"), "when": SPAN, "some": [1, None]}
    first = otio.schema.Clip("a", otio.schema.ExternalReference("a.mov", SPAN), SPAN)
    first.effects.append(otio.schema.LinearTimeWarp("fast", 2.0))
    first.effects.append(otio.schema.FreezeFrame())
    first.markers.append(otio.schema.Marker("here", parts.span(3, 1, PAL)))
    first.color = otio.core.Color(1, 0, 0, 1, "red")
    first.media_reference.available_image_bounds = otio.schema.Box2d(
        otio.schema.V2d(0, 0), otio.schema.V2d(16, 9)
    )
    frames = otio.schema.ImageSequenceReference("/a", "f.", ".exr", 1, 1, 25, 4)
    second = otio.schema.Clip("b", source_range=SPAN)
    second.set_media_references(
        {"DEFAULT_MEDIA": frames, "bars": otio.schema.GeneratorReference("g", "SMPTEBars", SPAN)},
        "bars",
    )
    dissolve = otio.schema.Transition("d", "SMPTE_Dissolve", parts.time(2, PAL), parts.time(3, PAL))
    nest = otio.schema.Stack("nest", [otio.schema.Clip("deep", source_range=SPAN)])
    track = otio.schema.Track("V1", [first, dissolve, second, otio.schema.Gap("", SPAN), nest])
    out.tracks.append(track)
    out.tracks.append(otio.schema.Track("V2", kind=otio.schema.TrackKind.Video))
    return out


WHOLE: dict[str, Any] = json.loads(whole().to_json_string())


def clip(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["tracks"]["children"][0]["children"][0]
    return found


def parsed(document: Any) -> tuple[Any, list[str]]:
    return timeline_otio.parse(json.dumps(document).encode())


def test_what_is_as_it_should_be_stays_as_it_is() -> None:
    found, others = parsed(WHOLE)
    assert found.is_equivalent_to(whole())
    assert others == []
    assert timeline.fields(found) == timeline.fields(whole())


@pytest.mark.parametrize(
    ("text", "trouble"),
    [
        ('{"OTIO_SCHEMA": "UnknownSchema.1"}', "UnknownSchema is no part of a timeline"),
        (
            '{"OTIO_SCHEMA": "Timeline.1", "metadata": {"a": {"OTIO_SCHEMA": "UnknownSchema.7"}}}',
            "a: a",
        ),
        ('{"OTIO_SCHEMA": "Timeline.1", "tracks": {"OTIO_SCHEMA": "Track.1"}}', "tracks: a Track"),
        ('{"OTIO_SCHEMA": "Stack.1", "children": [null]}', r"children\[0\]: here stands nothing"),
        ('{"OTIO_SCHEMA": "Stack.1", "children": [{"OTIO_SCHEMA": "Strange.1"}]}', "a Strange has no"),
        ('{"OTIO_SCHEMA": "Clip.2", "effects": {"a": 1}}', "effects: this cannot be a table"),
        (
            '{"OTIO_SCHEMA": "Clip.2", "source_range": {"OTIO_SCHEMA": "TimeRange.1"}}',
            "start_time: this",
        ),
        ('{"OTIO_SCHEMA": "Clip.2", "enabled": 1}', "enabled: this cannot be the number 1"),
        ('{"OTIO_SCHEMA": "Clip.3"}', "Clip.3 is an unsupported schema"),
        ('{"OTIO_SCHEMA": "Clip"}', "'Clip' is no schema"),
        ('{"OTIO_SCHEMA": 4}', "'4' is no schema"),
        ('{"OTIO_SCHEMA": "LinearTimeWarp.1"}', "time_scalar: this is missing"),
    ],
)
def test_an_object_in_the_wrong_place_is_named_with_the_place(text: str, trouble: str) -> None:
    with pytest.raises(FormatError, match=trouble):
        timeline_otio.parse(text.encode())


def test_a_name_that_stands_twice_leaves_the_reader_whole() -> None:
    text = json.dumps(WHOLE)
    for name in ("media_references", "effects", "children", "tracks", "source_range"):
        start = text.index(f'"{name}": ')
        _, end = json.JSONDecoder().raw_decode(text, start + len(name) + 4)
        found, _ = timeline_otio.parse((text[:end] + ", " + text[start:end] + text[end:]).encode())
        assert found.is_equivalent_to(whole())


def test_a_timeline_without_tracks_is_refused_and_does_not_end_the_program() -> None:
    for tracks in ({"tracks": None}, {}):
        found, _ = parsed({"OTIO_SCHEMA": "Timeline.1", **tracks})
        with pytest.raises(FormatError, match="no clip"):
            timeline.fields(found)


def test_what_only_its_maker_knows_is_left_out_and_counted() -> None:
    document = copy.deepcopy(WHOLE)
    foreign = {"OTIO_SCHEMA": "Sparkle.3", "name": "s", "metadata": {}}
    clip(document)["effects"] += [foreign, foreign]
    clip(document)["media_references"]["cloud"] = {"OTIO_SCHEMA": "Cloud.1"}
    document["metadata"]["size"] = {"OTIO_SCHEMA": "V2d.1", "x": 1, "y": 2}
    document["metadata"]["theirs"] = foreign
    found, told = parsed(document)
    assert sorted(told) == [
        "effects: Sparkle.3 (2 times)",
        "media_references: Cloud.1",
        "metadata: V2d",
    ]
    assert [type(each).__name__ for each in found.tracks[0][0].effects] == [
        "LinearTimeWarp",
        "FreezeFrame",
    ]
    assert parts.said(found, "size") == {"x": 1, "y": 2}
    assert json.loads(found.to_json_string())["metadata"]["theirs"] == foreign


def test_files_of_older_versions_are_read() -> None:
    document = copy.deepcopy(WHOLE)
    old = clip(document)
    old["OTIO_SCHEMA"] = "Clip.1"
    old["media_reference"] = old.pop("media_references")["DEFAULT_MEDIA"]
    del old["active_media_reference_key"], old["enabled"], old["color"]
    old["markers"][0]["OTIO_SCHEMA"] = "Marker.1"
    old["markers"][0]["range"] = old["markers"][0].pop("marked_range")
    document["tracks"]["children"][0]["OTIO_SCHEMA"] = "Sequence.1"
    document["tracks"]["children"][0]["children"][3]["OTIO_SCHEMA"] = "Filler.1"
    found, _ = parsed(document)
    assert timeline.fields(found) == timeline.fields(whole())
    old["media_reference"] = None
    found, _ = parsed(document)
    assert isinstance(found.tracks[0][0].media_reference, otio.schema.MissingReference)


def test_a_clip_without_the_media_it_names_has_none() -> None:
    document = copy.deepcopy(WHOLE)
    clip(document)["active_media_reference_key"] = "proxy"
    found, _ = parsed(document)
    assert isinstance(found.tracks[0][0].media_reference, otio.schema.MissingReference)


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every holder in a document with the key or number of what it holds."""
    held = value.items() if isinstance(value, dict) else enumerate(value)
    out = [(value, key) for key, _ in held]
    for holder, key in list(out):
        if isinstance(holder[key], dict | list):
            out += places(holder[key])
    return out


COUNT = len(places(WHOLE))
NAMES = sorted(set(otio.core.type_version_map()) | {"V2d", "Box2d", "Color", "RationalTime", "Strange"})
STRANGE = st.sampled_from(
    [None, True, -1, 1e300, float("nan"), 2**70, "", "\ud800", [], {}, [None]]
) | st.sampled_from(NAMES).map(lambda name: {"OTIO_SCHEMA": f"{name}.1"})


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_part_elsewhere_gives_a_timeline_or_a_format_error(data: st.DataObject) -> None:
    document = copy.deepcopy(WHOLE)
    for _ in range(data.draw(st.integers(1, 3))):
        found = places(document)
        holder, key = found[data.draw(st.integers(0, COUNT)) % len(found)]
        if data.draw(st.booleans()):
            other, name = data.draw(st.sampled_from(places(WHOLE)))
            holder[key] = copy.deepcopy(other[name])
        elif data.draw(st.booleans()):
            holder[key] = data.draw(STRANGE)
        else:
            del holder[key]
    with contextlib.suppress(FormatError):
        value, _ = parsed(document)
        timeline._check(value)


@given(st.text(max_size=40) | st.sampled_from([json.dumps(WHOLE)[:n] for n in range(0, 400, 7)]))
def test_any_text_is_a_document_or_a_format_error(text: str) -> None:
    with contextlib.suppress(FormatError):
        otio_json.checked(text, NAMES)

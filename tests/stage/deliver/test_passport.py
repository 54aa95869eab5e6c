"""The passport: its figures are those of the takes, and its doubts are said."""

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson
import pytest

from openset.primitives.space import IDENTITY
from openset.stage.deliver.model import HandedTake
from openset.stage.deliver.passport import cut_entry, not_promised, told_by_files
from openset.stage.deliver.track import camera_frames
from openset.stage.record.files import read_take, read_track_lines
from openset.stage.record.model import Marks


def handed(folder: Path, *, in_set: bool = True) -> HandedTake:
    record = read_take(folder)
    frames = camera_frames(read_track_lines(folder), record.spec.width, record.spec.height)
    return HandedTake(record, Marks(), frames, IDENTITY if in_set else None)


@pytest.fixture(scope="module")
def passport(shot_once: tuple[Any, Path]) -> dict[str, Any]:
    return dict(orjson.loads((shot_once[1] / "passport.json").read_bytes()))


@pytest.fixture(scope="module")
def schema(shot_once: tuple[Any, Path]) -> Any:
    return jsonschema_rs.Draft202012Validator(
        orjson.loads((shot_once[1] / "passport.schema.json").read_bytes())
    )


def test_a_passport_is_valid_under_the_schema_it_travels_with(passport: Any, schema: Any) -> None:
    assert [error.message for error in schema.iter_errors(passport)] == []


@pytest.mark.parametrize(
    "path",
    [("takes",), ("takes", 0, "figures", "held"), ("files", 0, "xxh128"), ("cut", "record_start")],
)
def test_the_schema_refuses_what_is_left_out(passport: Any, schema: Any, path: tuple[Any, ...]) -> None:
    spoilt = copy.deepcopy(passport)
    place = spoilt
    for step in path[:-1]:
        place = place[step]
    del place[path[-1]]
    assert not schema.is_valid(spoilt)


def test_the_schema_refuses_what_it_does_not_know(passport: Any, schema: Any) -> None:
    assert not schema.is_valid({**passport, "budget": 1})
    assert not schema.is_valid({**passport, "openset_passport": 2})


def test_the_figures_are_those_of_the_take(passport: Any) -> None:
    first, second = passport["takes"]
    assert first["picture"] == {
        "rate": "25", "width_px": 64, "height_px": 36, "frames": 12, "duration_s": 0.48,
        "start_timecode": "10:00:07:00", "end_timecode": "10:00:07:12",
    }  # fmt: skip
    assert first["figures"] == {
        "tracked": 12, "held": 0, "without_pose": 0, "dropped": 0, "recording_lost": 0,
        "longest_age_ms": 0.0, "tracker_reports": 12, "delay_ms": 71.2, "delay_sd_ms": 0.4, "faults": 0,
    }  # fmt: skip
    assert (second["figures"]["held"], second["figures"]["longest_age_ms"]) == (2, 30.0)
    assert second["picture"]["end_timecode"] == "00:00:00:04"
    assert second["faults"] == [{"timecode": "00:00:00:01", "kind": "tracker", "text": "went silent"}]
    assert first["marks"] == {"circled": True, "rating": 4, "note": "the <best> one"}


def test_the_lens_is_told_with_what_its_maps_need(passport: Any, shot_once: Any) -> None:
    lens = passport["takes"][0]["lens"]
    assert lens["focal_length_mm"] == pytest.approx(62 / 64 * 36)
    assert lens["sensor_height_mm"] == pytest.approx(36 * 36 / 64 * 62 / 62.4, abs=1e-4)
    assert lens["centre_px"] == [33.0, 17.0]
    assert lens["brown_conrady"]["k1"] == pytest.approx(-0.08, abs=1e-8)
    assert lens["entrance_pupil_offset_m"] == 0.12
    assert lens["overscan"] > 1.0
    assert lens["straight_size_px"][0] > 64


def test_the_cut_is_as_long_as_its_takes(passport: Any, shot_once: Any) -> None:
    assert passport["cut"]["frames"] == 21
    assert (passport["cut"]["record_start"], passport["cut"]["record_end"]) == (
        "01:00:00:00",
        "01:00:00:21",
    )
    take = handed(shot_once[0].production.root / "takes" / "1-A-t01")
    assert cut_entry([take])["record_end"] == "01:00:00:12"


def test_a_good_take_raises_no_doubt(shot_once: Any) -> None:
    take = handed(shot_once[0].production.root / "takes" / "1-A-t01")
    assert not [sentence for sentence in not_promised([take]) if "1-A-t01" in sentence]


def test_each_trouble_of_a_take_is_a_sentence(shot_once: Any) -> None:
    take = handed(shot_once[0].production.root / "takes" / "2-B-t01", in_set=False)
    spec = replace(take.record.spec, record_matte=False, lens=None)
    record = replace(take.record, spec=spec, state="recovered", reason="cut off", counts={"dropped": 3})
    frames = [replace(frame, lens=None) for frame in take.frames]
    frames[0] = replace(frames[0], state="none")
    told = " ".join(not_promised([replace(take, record=record, frames=tuple(frames))]))
    for words in (
        "recovered after the recording was cut off",
        "3 frames of the source",
        "2 frames use an older pose",
        "1 frames have no pose",
        "no matte",
        "the set 'lane' is not in this delivery",
        "the lens is not known",
    ):
        assert words in told


def test_a_zoom_a_straight_lens_and_an_unknown_pupil_are_said(film: Any) -> None:
    plain = replace(film.lens, k1=0, k2=0, p1=0, p2=0, entrance_pupil_offset_m=0.0)
    told = " ".join(not_promised([handed(film.shoot(zoom=0.02, lens=plain))]))
    assert "the lens changes during the take" in told
    assert "not calibrated for distortion" in told
    assert "where the entrance pupil sits is not known" in told


def test_a_take_without_a_lens_has_none_in_its_entry(film: Any) -> None:
    assert told_by_files(handed(film.shoot(lens=None)))["lens"] is None


def test_the_passport_says_how_far_feet_slide_and_how_sure_the_delay_is(shot_once: Any) -> None:
    told = told_by_files(handed(shot_once[0].production.root / "takes" / "1-A-t01"))
    assert told["figures"]["delay_sd_ms"] == 0.4
    (mark,) = told["accuracy"]
    assert (mark["mark"], mark["worst_cm"], mark["shares"]) == ("A", 0.6, {"pose": 1.0})


def test_a_take_without_marks_or_a_measured_delay_is_doubted(shot_once: Any) -> None:
    take = handed(shot_once[0].production.root / "takes" / "1-A-t01")
    bare = replace(take.record, accuracy=(), spec=replace(take.record.spec, delay_sd_s=None))
    doubts = " ".join(not_promised([replace(take, record=bare)]))
    assert "set by hand, not measured" in doubts
    assert "names no marks" in doubts

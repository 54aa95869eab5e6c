"""take.toml and marks.toml say what the values say, and nothing that is wrong gets in quietly."""

import tomllib
from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction
from typing import Any

import pytest
import tomli_w
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.primitives.errors import BadInput
from openset.primitives.ids import TakeId
from openset.primitives.time import Timecode, parse_timecode
from openset.stage.accuracy.watch import MarkSummary
from openset.stage.lens.model import Lens
from openset.stage.record.model import (
    Fault,
    FileTotals,
    Finding,
    Marks,
    TakeRecord,
    TakeSpec,
    TrackTotals,
    Verification,
    marks_from_tables,
    marks_tables,
    record_from_tables,
    record_tables,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
COUNT = st.integers(0, 10**6)
REAL = st.floats(allow_nan=False, allow_infinity=False)
RATES = st.sampled_from([Fraction(24), Fraction(25), Fraction(30000, 1001), Fraction(60000, 1001)])
LENSES = st.builds(
    Lens,
    width_px=st.integers(2, 8192),
    height_px=st.integers(2, 8192),
    fx_px=REAL,
    fy_px=REAL,
    cx_px=REAL,
    cy_px=REAL,
    k1=REAL,
    focus_distance_m=st.none() | REAL,
    f_stop=st.none() | REAL,
)


@st.composite
def timecodes(draw: st.DrawFn) -> Timecode:
    rate = draw(RATES)
    drop = rate.denominator == 1001 and draw(st.booleans())
    return parse_timecode(str(Timecode(draw(st.integers(0, 10**7)), rate, drop)), rate)


@st.composite
def specs(draw: st.DrawFn) -> TakeSpec:
    start = draw(timecodes())
    return TakeSpec(
        id=TakeId(draw(st.sampled_from(["1", "12A", "7.b"])), "A", draw(st.integers(1, 9999))),
        rate=start.rate,
        width=draw(st.integers(1, 4096)) * 2,
        height=draw(st.integers(1, 4096)) * 2,
        start_timecode=start,
        delay_s=draw(REAL),
        set_name=draw(TEXT),
        backend=draw(TEXT),
        plate_source=draw(TEXT),
        track_source=draw(TEXT),
        lens=draw(st.none() | LENSES),
        key=draw(st.dictionaries(TEXT, REAL | TEXT | st.booleans(), max_size=3)),
        record_matte=draw(st.booleans()),
        delay_sd_s=draw(st.none() | REAL),
        lens_source=draw(TEXT),
        lens_setting=draw(st.sampled_from(["", "named", "followed", "assumed"])),
    )


WHEN = st.datetimes(
    datetime(2020, 1, 1),
    datetime(2040, 1, 1),
    timezones=st.sampled_from(
        [UTC, timezone(timedelta(hours=-5)), timezone(timedelta(hours=5, minutes=45))]
    ),
)
SUMMARIES = st.builds(
    MarkSummary, TEXT, COUNT, REAL, REAL, REAL, st.dictionaries(TEXT, REAL, max_size=3), TEXT
)
RECORDS = st.builds(
    TakeRecord,
    spec=specs(),
    production=TEXT,
    state=st.sampled_from(["recording", "closed", "recovered"]),
    started_at=WHEN,
    ended_at=st.none() | WHEN,
    frames=COUNT,
    files=st.builds(FileTotals, COUNT, COUNT, COUNT, COUNT, COUNT),
    poses=st.builds(TrackTotals, COUNT, COUNT, COUNT, REAL),
    reason=TEXT,
    counts=st.dictionaries(TEXT, COUNT, max_size=3),
    faults=st.lists(st.builds(Fault, COUNT, TEXT, TEXT), max_size=3).map(tuple),
    software=TEXT,
    accuracy=st.lists(SUMMARIES, max_size=2).map(tuple),
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(RECORDS)
def test_a_record_is_read_back_as_it_was_written(record: TakeRecord) -> None:
    text = tomli_w.dumps(record_tables(record))
    assert record_from_tables(tomllib.loads(text), "take.toml") == record


@given(st.builds(Marks, st.booleans(), st.integers(0, 5), TEXT))
def test_marks_are_read_back_as_they_were_written(marks: Marks) -> None:
    text = tomli_w.dumps(marks_tables(marks))
    assert marks_from_tables(tomllib.loads(text), "marks.toml") == marks


@pytest.fixture
def tables() -> dict[str, Any]:
    start = Timecode(90000, Fraction(25))
    spec = TakeSpec(TakeId("1", "A", 1), Fraction(25), 640, 360, start, 0.08, "market", "cpu", "p", "t")
    return record_tables(
        TakeRecord(spec, "lane-1", "closed", datetime(2026, 1, 1, tzinfo=UTC), frames=50)
    )


def test_every_figure_in_take_toml_names_its_unit(tables: dict[str, Any]) -> None:
    assert tables["picture"]["duration_s"] == 2.0
    assert tables["picture"]["width_px"] == 640
    assert tables["source"]["delay_s"] == 0.08
    assert tables["picture"]["start_timecode"] == "01:00:00:00"


@pytest.mark.parametrize(
    ("table", "key", "value", "complaint"),
    [
        ("take", "id", "../../etc-x-t01", "take"),
        ("take", "state", "lost", "state"),
        ("take", "started_at", "yesterday", "started_at"),
        ("picture", "rate", "1/0", "understood"),
        ("picture", "start_timecode", "25:00:00:00", "timecode"),
        ("files", "picture_frames", "many", "picture_frames"),
        ("files", "new_kind_frames", 3, "new_kind_frames"),
        ("poses", "longest_age_s", True, "longest_age_s"),
    ],
)
def test_a_take_toml_that_was_tampered_with_is_refused_by_key(
    tables: dict[str, Any], table: str, key: str, value: object, complaint: str
) -> None:
    tables[table][key] = value
    with pytest.raises(BadInput, match=complaint) as caught:
        record_from_tables(tables, "1-A-t01/take.toml")
    assert caught.value.where == "1-A-t01/take.toml"


@pytest.mark.parametrize("table", ["take", "picture", "source", "background", "key", "files", "poses"])
def test_a_take_toml_without_a_table_names_the_table(tables: dict[str, Any], table: str) -> None:
    del tables[table]
    with pytest.raises(BadInput, match=table):
        record_from_tables(tables, "take.toml")


def test_a_rating_above_five_is_refused() -> None:
    with pytest.raises(BadInput, match="rating"):
        Marks(rating=6)
    with pytest.raises(BadInput, match="understood"):
        marks_from_tables({"marks": {"stars": 3}}, "marks.toml")


def test_the_end_timecode_is_the_one_after_the_last_frame(tables: dict[str, Any]) -> None:
    record = record_from_tables(tables, "take.toml")
    assert str(record.end_timecode) == "01:00:02:00"
    assert record.duration_s == 2.0


def test_one_failed_finding_fails_the_verification() -> None:
    good, bad = Finding(True, "hash", "picture.mov"), Finding(False, "hash", "composite.mov", "changed")
    assert Verification((good,)).ok
    assert not Verification((good, bad)).ok
    assert Verification((good, bad)).failures == (bad,)

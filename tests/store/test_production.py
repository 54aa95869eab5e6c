"""The production folder: what is written is what is read, and no name leads out of it."""

import tempfile
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.primitives.errors import AlreadyExists, BadInput, ProductionNotFound, SetNotFound
from openset.primitives.ids import TakeId
from openset.store.production import (
    Production,
    create_production,
    document,
    find_productions,
    next_take,
    open_production,
    script_files,
    set_file,
    slug,
    take_folder,
    take_ids,
    update_stage,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
TITLE = TEXT.filter(lambda text: bool(text.strip()))
SCALAR = (
    TEXT
    | st.integers(-(2**63), 2**63 - 1)
    | st.booleans()
    | st.floats(allow_nan=False, allow_infinity=False)
)
STAGE = st.dictionaries(TEXT, SCALAR | st.lists(SCALAR, max_size=3), max_size=4)
RATE = st.sampled_from(
    [Fraction(24), Fraction(25), Fraction(30000, 1001), Fraction(24000, 1001), Fraction(50)]
)


@pytest.fixture
def production(tmp_path: Path) -> Production:
    return create_production(tmp_path / "lane", title="Lane Market", rate=Fraction(25))


@settings(max_examples=40, deadline=None)
@given(title=TITLE, rate=RATE, stage=STAGE, more=STAGE)
def test_what_is_written_is_read_back(
    title: str, rate: Fraction, stage: dict[str, Any], more: dict[str, Any]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        made = create_production(
            Path(folder) / "p", title=title, rate=rate, languages=("qu-PE", "es"), stage=stage
        )
        assert open_production(made.root) == made
        assert update_stage(made, more) == open_production(made.root)
        assert open_production(made.root).stage == {**stage, **more}


def test_a_production_has_its_folders_and_a_name_safe_id(production: Production) -> None:
    assert {"script", "sets", "shots", "takes", "cuts", "deliveries"} <= {
        child.name for child in production.root.iterdir()
    }
    assert production.id.startswith("lane-")
    assert production.rate == 25


def test_a_second_production_in_the_same_folder_is_refused(production: Production) -> None:
    before = (production.root / "production.toml").read_bytes()
    with pytest.raises(AlreadyExists, match="lane"):
        create_production(production.root, title="Other", rate=Fraction(25))
    assert (production.root / "production.toml").read_bytes() == before


def test_a_folder_that_already_holds_a_script_can_become_a_production(tmp_path: Path) -> None:
    script = tmp_path / "film" / "script" / "film.fountain"
    script.parent.mkdir(parents=True)
    script.write_text("INT. LANE - DAY\n")
    made = create_production(tmp_path / "film", title="Film", rate=Fraction(24))
    assert script_files(made) == [script]


def test_a_bad_language_makes_no_folder(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="languages"):
        create_production(tmp_path / "p", title="P", rate=Fraction(25), languages=("no language",))
    assert not (tmp_path / "p").exists()


def test_a_folder_without_production_toml_is_not_a_production(tmp_path: Path) -> None:
    with pytest.raises(ProductionNotFound, match=r"production\.toml"):
        open_production(tmp_path)
    with pytest.raises(ProductionNotFound):
        open_production(tmp_path / "absent")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (b"[production\n", "not TOML"),
        (b"\xff\xfe", "UTF-8"),
        (b"title = 'x'\n", r"\[production\]"),
        (b"[production]\nid='a'\ntitle='x'\nrate='1/0'\n", "rate"),
        (b"[production]\nid='a'\ntitle='x'\nrate=true\n", "rate"),
        (b"[production]\nid='../x'\ntitle='x'\nrate=25\n", "id"),
        (b"[production]\nid='a'\ntitle=''\nrate=25\n", "title"),
        (b"[production]\nid='a'\ntitle='x'\nrate=25\nlanguages='en'\n", "languages"),
        (b"stage=3\n[production]\nid='a'\ntitle='x'\nrate=25\n", "stage"),
    ],
)
def test_a_production_toml_that_cannot_be_used_is_named_with_its_fault(
    tmp_path: Path, text: bytes, complaint: str
) -> None:
    (tmp_path / "production.toml").write_bytes(text)
    with pytest.raises(BadInput, match=complaint) as caught:
        open_production(tmp_path)
    assert "production.toml" in caught.value.where


def test_a_rate_may_be_a_plain_number(tmp_path: Path) -> None:
    (tmp_path / "production.toml").write_text("[production]\nid='a'\ntitle='x'\nrate=23.976\n")
    assert open_production(tmp_path).rate == Fraction(24000, 1001)


def test_productions_are_found_in_a_folder_and_a_broken_one_hides_no_other(tmp_path: Path) -> None:
    first = create_production(tmp_path / "b", title="Beta", rate=Fraction(25))
    second = create_production(tmp_path / "a", title="alpha", rate=Fraction(25))
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "production.toml").write_text("[")
    assert find_productions(tmp_path) == [second, first]
    assert find_productions(first.root) == [first]
    assert find_productions(tmp_path / "absent") == []


def test_an_update_keeps_tables_it_does_not_know_and_none_removes(production: Production) -> None:
    path = production.root / "production.toml"
    path.write_text(path.read_text() + "\n[places]\ncity = 'Accra'\n")
    update_stage(production, {"set": "market", "delay_s": 0.08})
    after = update_stage(production, {"set": None})
    assert dict(after.stage) == {"delay_s": 0.08}
    assert "Accra" in path.read_text()


def test_a_value_toml_cannot_hold_changes_nothing(production: Production) -> None:
    before = (production.root / "production.toml").read_bytes()
    with pytest.raises(BadInput, match="cannot hold"):
        update_stage(production, {"key": object()})
    assert (production.root / "production.toml").read_bytes() == before


def test_takes_are_counted_from_the_folders_in_natural_order(production: Production) -> None:
    assert next_take(production, "1", "A") == TakeId("1", "A", 1)
    for name in ("10-A-t01", "2-A-t02", "2-A-t10", "2-A-t01", "notes", "2-B", "2-A-t0003"):
        (production.root / "takes" / name).mkdir()
    (production.root / "takes" / "2-A-t77").write_text("a file is no take")
    assert [str(take) for take in take_ids(production)] == ["2-A-t01", "2-A-t02", "2-A-t10", "10-A-t01"]
    assert next_take(production, "2", "A") == TakeId("2", "A", 11)
    assert next_take(production, "2", "B") == TakeId("2", "B", 1)


@pytest.mark.parametrize("name", ["..", "../x", "a/b", "", ".", "-x", "a\x00b", "x" * 41, "12 A", "C:"])
def test_no_name_leads_out_of_the_folder(production: Production, name: str) -> None:
    with pytest.raises(BadInput):
        take_folder(production, TakeId(name, "A", 1))
    with pytest.raises(BadInput):
        take_folder(production, TakeId("1", name, 1))
    with pytest.raises(BadInput):
        next_take(production, name, "A")
    with pytest.raises((BadInput, SetNotFound)):
        set_file(production, name)


def test_take_numbers_stop_at_four_digits(production: Production) -> None:
    (production.root / "takes" / "1-A-t9999").mkdir()
    with pytest.raises(BadInput, match="10000"):
        next_take(production, "1", "A")


def test_a_missing_set_is_named_with_those_that_exist(production: Production) -> None:
    with pytest.raises(SetNotFound, match="no set here yet"):
        set_file(production, "market")
    usd = production.root / "sets" / "lane" / "set.usda"
    usd.parent.mkdir()
    usd.write_text("#usda 1.0\n")
    assert set_file(production, "lane") == usd
    with pytest.raises(SetNotFound, match="lane"):
        set_file(production, "market")


@given(TEXT)
def test_a_slug_is_always_a_safe_name(text: str) -> None:
    assert slug(text)
    assert set(slug(text)) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")


def test_marks_are_where_actors_stand(tmp_path: Path) -> None:
    production = create_production(tmp_path / "film", title="Film", rate=Fraction(25))
    file = production.root / "production.toml"
    file.write_text(file.read_text() + "\n[marks]\nA = [0, 1.5, 0.0]\n")
    marked = open_production(production.root)
    assert marked.marks == {"A": (0.0, 1.5, 0.0)}
    assert document(marked)["marks"] == {"A": [0.0, 1.5, 0.0]}


@pytest.mark.parametrize("line", ["A = [0, 1]", 'A = "here"', "A = [0, 0, nan]", "A = [0, 0, 9000]"])
def test_a_mark_that_is_no_place_is_named(tmp_path: Path, line: str) -> None:
    production = create_production(tmp_path / "film", title="Film", rate=Fraction(25))
    file = production.root / "production.toml"
    file.write_text(file.read_text() + f"\n[marks]\n{line}\n")
    with pytest.raises(BadInput, match="the mark A"):
        open_production(production.root)

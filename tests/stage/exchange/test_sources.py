"""A file, a take and a production as things that can be converted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
import tomli_w

from openset.formats.xmp import Rights
from openset.primitives.errors import BadInput
from openset.stage.exchange.convert import convert
from openset.stage.exchange.model import Options
from openset.stage.exchange.sources import open_source
from openset.stage.record.model import SOLVE_FILE, SOLVED_FILE, TRACK_FILE
from openset.store.files import hash_file


def test_a_take_is_a_move_and_a_clip(film: Any) -> None:
    folder = film.shoot("1-A-t01", 5)
    source = open_source(folder)
    assert list(source.readers) == ["move", "timeline"]
    move = source.readers["move"](Options()).value
    assert (move.name, len(move.samples), move.rate, move.size_px) == ("1-A-t01", 5, 25, film.size)
    assert move.picture == folder / "picture.mov"


def test_a_solved_take_is_its_solved_move_and_the_track_file_the_one_as_shot(film: Any) -> None:
    take = film.shoot()
    lines = [orjson.loads(line) for line in (take / TRACK_FILE).read_bytes().splitlines()]
    for line in lines:
        line["sample"]["transforms"][0]["translation"]["x"] += 0.1
    (take / SOLVED_FILE).write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))
    report = {"files": {SOLVED_FILE: hash_file(take / SOLVED_FILE)}}
    (take / SOLVE_FILE).write_bytes(tomli_w.dumps(report).encode())

    def first_x(path: Path) -> float:
        move = open_source(path).readers["move"](Options()).value
        return float(move.samples[0]["transforms"][0]["translation"]["x"])

    assert first_x(take) - first_x(take / TRACK_FILE) == pytest.approx(0.1)
    assert "timeline" in open_source(take).readers
    assert open_source(take).readers["timeline"](Options()).value


def test_a_production_is_a_script_a_cut_and_records(film: Any) -> None:
    film.shoot("1-A-t01", 5, circled=True)
    film.shoot("1-A-t02", 5)
    film.shoot("2-B-t01", 7, circled=True)
    source = open_source(film.production.root)
    assert list(source.readers) == ["script", "records", "timeline"]
    timeline = source.readers["timeline"](Options(folder=film.production.root / "cuts")).value
    clips = [clip for clip in timeline.find_clips() if clip.parent().name == "composites"]
    assert [clip.name for clip in clips] == ["1-A-t01", "2-B-t01"]  # the circled ones
    media = clips[0].media_reference.target_url
    assert media == "../takes/1-A-t01/composite.mov"


def test_a_production_with_a_table_of_rights_has_rights(film: Any) -> None:
    root = film.production.root
    bare = (root / "production.toml").read_text("utf-8")
    (root / "production.toml").write_text(f'{bare}\n[rights]\ncredit = "Ama"\nmood = "good"\n')
    source = open_source(root)
    assert list(source.readers) == ["script", "records", "timeline", "rights"]
    found = source.readers["rights"](Options())
    assert (found.value, found.unheld) == (Rights(credit="Ama"), ("mood",))
    assert convert(root, root / "p.xmp", Options()).lost_fields == ("mood",)
    for bad in ("credit = 1", 'mood = "good"'):
        (root / "production.toml").write_text(f"{bare}\n[rights]\n{bad}\n")
        with pytest.raises(BadInput, match=r"production\.toml.*rights"):
            open_source(root).readers["rights"](Options())


def test_the_clips_of_a_take_say_how_large_the_picture_is(film: Any) -> None:
    timeline = open_source(film.shoot("1-A-t01", 5)).readers["timeline"](Options()).value
    sizes = [list(clip.metadata["openset"]["size_px"]) for clip in timeline.find_clips()]
    assert sizes == [list(film.size)] * 2


def test_of_several_scripts_the_first_is_read_and_the_others_are_named(film: Any) -> None:
    folder = film.production.root / "script"
    (folder / "a.fountain").write_text("INT. A\n\nx\n")
    (folder / "zz.fountain").write_text("INT. Z\n\nx\n")
    found = open_source(film.production.root).readers["script"](Options())
    assert [scene.heading for scene in found.value.scenes] == ["INT. A"]
    assert "script/zz.fountain" in found.unheld
    assert "script/a.fountain" not in found.unheld


def test_a_folder_that_is_neither_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="neither a take nor a production"):
        open_source(tmp_path)


def test_what_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="nothing to convert"):
        open_source(tmp_path / "gone.f4")


def test_a_file_is_read_as_the_format_named(tmp_path: Path) -> None:
    path = tmp_path / "odd.dat"
    path.write_bytes(b'{"lens": {"fStop": 4.0}}\n')
    assert open_source(path, "opentrackio").readers["move"](Options()).value.samples == (
        {"lens": {"fStop": 4.0}},
    )


def test_a_format_that_is_only_written_is_refused_as_a_source(tmp_path: Path) -> None:
    (tmp_path / "a.jsx").write_text("// nothing")
    with pytest.raises(BadInput, match="does not read"):
        open_source(tmp_path / "a.jsx", "after-effects")


def test_trouble_in_a_file_names_the_file_and_the_place(tmp_path: Path) -> None:
    path = tmp_path / "a.otrk.json"
    path.write_text('[\n{"transforms":\n')
    with pytest.raises(BadInput, match=r"a\.otrk\.json, line 3"):
        open_source(path).readers["move"](Options())

"""Media of timelines that move: what lies by the file is found from the new folder, and bundled."""

from __future__ import annotations

import zipfile
from fractions import Fraction
from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest

from openset.stage.exchange import timeline_media
from openset.stage.exchange import timeline_otio as bundles
from openset.stage.exchange import timeline_parts as parts
from openset.stage.exchange.convert import convert
from openset.stage.exchange.model import Options
from openset.stage.exchange.sources import open_source

PAL = Fraction(25)


def cut(folder: Path, *urls: str) -> Path:
    """A cut as a file in `folder`, a clip for each path."""
    folder.mkdir(parents=True, exist_ok=True)
    out = otio.schema.Timeline("a", global_start_time=parts.time(0, PAL))
    clips = [
        otio.schema.Clip(f"c{number}", otio.schema.ExternalReference(url), parts.span(0, 50, PAL))
        for number, url in enumerate(urls)
    ]
    out.tracks.append(otio.schema.Track("V", clips, kind=otio.schema.TrackKind.Video))
    (folder / "cut.otio").write_bytes(bundles.serialised(out))
    return folder / "cut.otio"


def movie(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(path.name.encode())
    return path


def urls(path: Path, folder: Path) -> list[str]:
    found: Any = open_source(path).readers["timeline"](Options(rate=PAL, folder=folder)).value
    return [parts.url(clip) for clip in found.find_clips()]


@pytest.mark.parametrize("name", ["lane.otio", "lane.fcp7.xml", "lane.edl", "lane.ale"])
def test_paths_from_the_old_folder_become_paths_from_the_new(tmp_path: Path, name: str) -> None:
    movie(tmp_path / "rushes" / "1" / "a.mov")
    source = cut(tmp_path / "rushes", "1/a.mov", "gone.mov", "/gone.mov", "https://example.org/a.mov")
    done = convert(source, tmp_path / "out" / name, Options(rate=PAL))
    assert "media" not in done.lost_fields
    after = urls(tmp_path / "out" / name, tmp_path / "out")
    assert after == ["../rushes/1/a.mov", "gone.mov", "/gone.mov", "https://example.org/a.mov"]


def test_a_bundle_of_a_cut_in_another_folder_holds_its_media(tmp_path: Path) -> None:
    movie(tmp_path / "rushes" / "1" / "a.mov")
    source = cut(tmp_path / "rushes", "1/a.mov")
    done = convert(source, tmp_path / "lane.otioz", Options())
    assert done.lost_fields == ()
    with zipfile.ZipFile(tmp_path / "lane.otioz") as bundle:
        assert bundle.read("media/a.mov") == b"a.mov"
    source = cut(tmp_path / "rushes", "1/a.mov", "gone.mov")
    assert convert(source, tmp_path / "b.otioz", Options()).lost_fields == ("media",)


def test_a_bundle_of_a_take_holds_its_movies_and_loses_nothing(film: Any, tmp_path: Path) -> None:
    take = film.shoot("1-A-t01", 5)
    done = convert(take, tmp_path / "out" / "x.otioz", Options())
    assert done.lost_fields == ()
    with zipfile.ZipFile(tmp_path / "out" / "x.otioz") as bundle:
        assert {"media/picture.mov", "media/composite.mov"} <= set(bundle.namelist())


def test_a_bundle_points_to_where_its_media_are_or_says_they_are_in_it_only(tmp_path: Path) -> None:
    there = movie(tmp_path / "rushes" / "a.mov")
    convert(cut(tmp_path / "rushes", "a.mov"), tmp_path / "lane.otioz", Options())
    for name in ("out/a.otio", "out/a.otioz"):
        assert convert(tmp_path / "lane.otioz", tmp_path / name, Options()).lost_fields == ()
    assert urls(tmp_path / "out" / "a.otio", tmp_path / "out") == ["../rushes/a.mov"]
    there.unlink()
    done = convert(tmp_path / "lane.otioz", tmp_path / "b.otio", Options())
    assert done.lost_fields == ("media/a.mov",)
    done = convert(tmp_path / "lane.otioz", tmp_path / "b.otioz", Options())
    assert done.lost_fields == ("media/a.mov", "media")


def test_a_path_is_moved_as_it_is_typed(tmp_path: Path) -> None:
    movie(tmp_path / "a b.mov")
    after = tmp_path / "out"
    assert timeline_media.moved("a b.mov", tmp_path, after) == "../a b.mov"
    assert timeline_media.moved("a%20b.mov", tmp_path, after) == "../a%20b.mov"
    for url in ("", "a\0b", "x" * 5000, "c.mov", str(tmp_path / "a b.mov")):
        assert timeline_media.moved(url, tmp_path, after) == url
    assert bundles.local_file("a%20b.mov", tmp_path) == (tmp_path / "a b.mov").resolve()


def test_the_folder_of_a_sequence_of_pictures_is_moved(tmp_path: Path) -> None:
    movie(tmp_path / "frames" / "a.0001.exr")
    media = otio.schema.ImageSequenceReference("frames/", "a.", ".exr", 1, 1, 25.0, 4)
    timeline = otio.schema.Timeline("a")
    clip = otio.schema.Clip("a", media, parts.span(1, 9, PAL))
    timeline.tracks.append(otio.schema.Track("V", [clip], kind=otio.schema.TrackKind.Video))
    timeline_media.rebase(timeline, tmp_path, tmp_path / "out")
    assert parts.url(clip) == "../frames/a.####.exr"

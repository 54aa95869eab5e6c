"""The take's folder after the cut: what was changed is named, what people say of it is kept."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from openset.primitives.colour import rgb_from_yuv420
from openset.primitives.errors import BadInput, DiskFull, PlateBroken
from openset.stage.record.files import (
    count_movie,
    frames_at,
    make_contact,
    make_proxy,
    read_marks,
    read_take,
    read_track_lines,
    trim_torn_line,
    verify_take,
    write_marks,
    write_take,
)
from openset.stage.record.model import (
    COMPOSITE_FILE,
    CONTACT_FILE,
    MATTE_FILE,
    PICTURE_FILE,
    PROXY_FILE,
    RAW_FILE,
    TAKE_FILE,
    TRACK_FILE,
    Marks,
)
from openset.store.mhl import seal


@pytest.fixture(scope="module")
def shot(tmp_path_factory: pytest.TempPathFactory, new_floor: Any) -> Path:
    """A take of 30 frames, made once; tests that change it work on a copy."""
    folder: Path = new_floor(tmp_path_factory.mktemp("film") / "lane").shoot(30)
    return folder


@pytest.fixture
def take(shot: Path, tmp_path: Path) -> Path:
    folder = tmp_path / shot.name
    shutil.copytree(shot, folder)
    return folder


def flip_a_byte(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x55
    path.write_bytes(data)


def cut_in_half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def reseal(folder: Path) -> None:
    shutil.rmtree(folder / "ascmhl")
    seal(folder)


def named(folder: Path) -> set[str]:
    return {finding.where for finding in verify_take(folder).failures}


def test_an_untouched_take_verifies_with_every_file_named(take: Path) -> None:
    verification = verify_take(take)
    assert verification.ok
    assert {finding.where for finding in verification.findings} == {
        PICTURE_FILE, COMPOSITE_FILE, MATTE_FILE, TRACK_FILE, RAW_FILE, TAKE_FILE,
    }  # fmt: skip


@pytest.mark.parametrize(
    "name", [PICTURE_FILE, COMPOSITE_FILE, MATTE_FILE, TRACK_FILE, RAW_FILE, TAKE_FILE]
)
def test_one_changed_byte_fails_the_take_and_names_the_file(take: Path, name: str) -> None:
    flip_a_byte(take / name)
    assert name in named(take)


@pytest.mark.parametrize("harm", [Path.unlink, cut_in_half])
@pytest.mark.parametrize("name", [PICTURE_FILE, MATTE_FILE, TRACK_FILE, RAW_FILE, TAKE_FILE])
def test_a_missing_or_shortened_file_is_named(
    take: Path, name: str, harm: Callable[[Path], None]
) -> None:
    harm(take / name)
    assert name in named(take)


@pytest.mark.parametrize("name", [PICTURE_FILE, COMPOSITE_FILE, MATTE_FILE, TRACK_FILE, RAW_FILE])
def test_a_file_cut_short_and_sealed_again_still_fails_by_its_figures(take: Path, name: str) -> None:
    cut_in_half(take / name)
    reseal(take)
    assert named(take) == {name}


def test_a_take_under_another_name_is_not_that_take(take: Path) -> None:
    other = take.with_name("2-A-t01")
    take.rename(other)
    assert named(other) == {TAKE_FILE}


def test_an_added_file_is_named_and_marks_are_free(take: Path) -> None:
    write_marks(take, Marks(circled=True))
    assert verify_take(take).ok
    (take / "sound.wav").write_bytes(b"RIFF")
    assert named(take) == {"sound.wav"}


def test_a_folder_that_is_no_take_is_a_finding_and_no_exception(tmp_path: Path) -> None:
    assert not verify_take(tmp_path).ok
    with pytest.raises(BadInput, match=r"take\.toml"):
        read_take(tmp_path)


def test_take_toml_is_read_back_as_written(take: Path) -> None:
    record = read_take(take)
    write_take(take, record)
    assert read_take(take) == record


def test_marks_are_kept_and_absent_marks_are_none(take: Path) -> None:
    assert read_marks(take) == Marks()
    marks = Marks(circled=True, rating=4, note="Kwame's best, watch the sleeve\nላይ")
    write_marks(take, marks)
    assert read_marks(take) == marks
    (take / "marks.toml").write_text("[marks]\nrating = 9\n")
    with pytest.raises(BadInput, match="rating"):
        read_marks(take)


def test_the_track_is_read_line_by_line(take: Path) -> None:
    lines = read_track_lines(take)
    assert [line.frame for line in lines] == list(range(30))
    (take / TRACK_FILE).write_bytes(b'{"frame": 0}\n')
    with pytest.raises(BadInput, match="line 1"):
        read_track_lines(take)


def test_any_frame_is_found_by_its_number(take: Path, kit: Any) -> None:
    for name in (PICTURE_FILE, COMPOSITE_FILE):
        for number, found in zip((0, 11, 29), frames_at(take / name, (0, 11, 29)), strict=True):
            frame = kit.frame(number)
            wanted = rgb_from_yuv420(frame.picture if name == PICTURE_FILE else frame.composite)
            assert np.abs(found.astype(int) - wanted).mean() < 4, (name, number)
    (matte,) = frames_at(take / MATTE_FILE, (17,))
    assert np.array_equal(matte[0], kit.frame(17).matte)


def test_a_frame_beyond_the_end_or_a_file_that_is_no_movie_is_named(take: Path) -> None:
    with pytest.raises(PlateBroken, match=PICTURE_FILE):
        frames_at(take / PICTURE_FILE, (30,))
    with pytest.raises(PlateBroken, match=TRACK_FILE):
        frames_at(take / TRACK_FILE, (0,))
    assert count_movie(take / TRACK_FILE).frames == 0
    assert count_movie(take / "absent.mov").trouble


def test_the_proxy_is_small_complete_and_starts_at_once(take: Path) -> None:
    path = make_proxy(take)
    assert path == take / PROXY_FILE
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height, stream.pix_fmt) == (192, 108, "yuv420p")
        assert sum(1 for _ in container.decode(stream)) == 30
        assert float(stream.duration * stream.time_base) == 30 / 25
    data = path.read_bytes()
    assert 0 < data.index(b"moov") < data.index(b"mdat")
    assert verify_take(take).ok


def test_a_proxy_that_cannot_be_made_leaves_nothing(take: Path) -> None:
    for data in (b"no movie", (take / COMPOSITE_FILE).read_bytes()[:3000]):
        (take / COMPOSITE_FILE).write_bytes(data)
        with pytest.raises(PlateBroken, match=COMPOSITE_FILE):
            make_proxy(take)
    assert not (take / PROXY_FILE).exists()
    assert list(take.glob(".*")) == []


def test_on_a_full_disk_no_proxy_is_made_and_the_disk_is_to_blame(shot: Path, small_disk: Path) -> None:
    folder = small_disk / shot.name
    shutil.copytree(shot, folder)
    free = shutil.disk_usage(small_disk).free
    (small_disk / "others").write_bytes(bytes(free))
    with pytest.raises(DiskFull, match=PROXY_FILE):
        make_proxy(folder)
    assert not (folder / PROXY_FILE).exists()
    assert list(folder.glob(".*")) == []


def test_the_contact_sheet_shows_the_frames_themselves(take: Path, kit: Any) -> None:
    path = make_contact(take)
    assert path == take / CONTACT_FILE
    sheet = cv2.imread(str(path))
    height, width, _ = sheet.shape
    assert width > height
    assert np.abs(sheet[:8].astype(int) - 24).max() <= 3  # the paper is neutral, dark grey
    first_plate = sheet[140:360, 150:580].astype(int).mean()
    assert first_plate > 60
    assert verify_take(take).ok


def test_an_empty_take_has_neither_proxy_nor_contact_sheet(new_floor: Any, tmp_path: Path) -> None:
    folder = new_floor(tmp_path / "lane").shoot(0)
    assert make_proxy(folder) is None
    assert make_contact(folder) is None


def test_a_torn_last_line_is_cut_and_whole_lines_stay(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    assert trim_torn_line(path) == 0
    path.write_bytes(b"{}\n{}\n{to")
    assert trim_torn_line(path) == 2
    assert path.read_bytes() == b"{}\n{}\n"
    assert trim_torn_line(path) == 2

"""The demo's own parts: what it may delete, what it refuses, its picture and its summary.

The whole day as a command is walked in tests/journeys/test_demo_day.py.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from openset.cli.demo import (
    SCRIPT,
    SHEET_WIDTH,
    SITE_PORT,
    _rows,
    _size,
    make_production,
    run_demo,
    write_contact_sheet,
)
from openset.cli.main import app
from openset.cli.output import Output
from openset.primitives.errors import AlreadyExists, BadInput, NotWritable
from openset.primitives.image import Yuv420
from openset.stage.live.monitor import MonitorFrame
from openset.store.production import create_production, open_production, script_files

BACKGROUND = 22


def files(folder: Path) -> dict[str, bytes]:
    """Every file under `folder`, links unfollowed."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }


def demo(folder: Path, **changes: Any) -> int:
    given: dict[str, Any] = {
        "replace": False, "backend": "cpu", "seed": 7, "width": 320, "leave_open": False, **changes,
    }  # fmt: skip
    return run_demo(Output(True), folder, **given)


def test_a_demo_is_a_production_with_a_script_of_two_scenes(tmp_path: Path) -> None:
    made = make_production(tmp_path / "lane", replace=False)
    assert (made.title, made.rate, made.languages) == ("The Last Stall", Fraction(25), ("en",))
    (script,) = script_files(made)
    assert script.read_text(encoding="utf-8") == SCRIPT
    assert [line[-3:] for line in SCRIPT.splitlines() if line.startswith("EXT.")] == ["#1#", "#2#"]


def test_an_empty_folder_becomes_a_demo_and_a_demo_is_not_replaced_unasked(tmp_path: Path) -> None:
    (tmp_path / "lane").mkdir()
    make_production(tmp_path / "lane", replace=False)
    before = files(tmp_path)
    with pytest.raises(AlreadyExists, match="--replace"):
        make_production(tmp_path / "lane", replace=False)
    assert files(tmp_path) == before


@pytest.mark.parametrize("replace", [True, False])
@pytest.mark.parametrize("kind", ["file", "notes", "production", "named like one", "mark alone"])
def test_nothing_but_a_demo_is_ever_deleted(kind: str, replace: bool, tmp_path: Path) -> None:
    folder = tmp_path / "lane"
    if kind == "file":
        folder.write_text("mine")
    elif kind == "notes":
        folder.mkdir()
        (folder / "notes.txt").write_text("mine")
    elif kind == "mark alone":
        folder.mkdir()
        (folder / "production.toml.old").write_text('[stage]\nmade = "made by openset demo"\n')
    else:
        stage = {"made": "made by my hands"} if kind == "production" else {}
        create_production(folder, title="The Last Stall", rate=Fraction(25), stage=stage)
    before = files(tmp_path)
    with pytest.raises(AlreadyExists, match="not a demo"):
        make_production(folder, replace=replace)
    assert files(tmp_path) == before


def test_a_folder_whose_production_cannot_be_read_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "production.toml").write_text("made by openset demo")
    with pytest.raises(BadInput, match="not TOML"):
        make_production(tmp_path, replace=True)
    assert list(files(tmp_path)) == ["production.toml"]


def test_a_replaced_demo_begins_anew_and_follows_no_link_out_of_it(tmp_path: Path) -> None:
    folder, mine = tmp_path / "lane", tmp_path / "mine"
    mine.mkdir()
    (mine / "rushes.mov").write_bytes(b"mine")
    first = make_production(folder, replace=False)
    (folder / "takes" / "1-A-t01").mkdir()
    (folder / "takes" / "1-A-t01" / "picture.mov").write_bytes(b"old")
    (folder / "takes" / "linked").symlink_to(mine)
    (folder / "linked").symlink_to(mine)
    (folder / "gone").symlink_to(tmp_path / "nowhere")
    second = make_production(folder, replace=True)
    assert second.id != first.id
    assert sorted(files(folder)) == ["production.toml", "script/last-stall.fountain"]
    assert list((folder / "takes").iterdir()) == []
    assert (mine / "rushes.mov").read_bytes() == b"mine"


def test_a_demo_in_which_somebody_has_shot_is_never_deleted(tmp_path: Path) -> None:
    make_production(tmp_path / "lane", replace=False)
    for name in ("1-A-t01", "2-A-t01"):
        (tmp_path / "lane" / "takes" / name).mkdir()
    make_production(tmp_path / "lane", replace=True)
    (tmp_path / "lane" / "takes" / "1-A-t02").mkdir()
    with pytest.raises(AlreadyExists, match="takes of your own \\(1-A-t02\\)"):
        make_production(tmp_path / "lane", replace=True)
    assert (tmp_path / "lane" / "takes" / "1-A-t02").is_dir()


def test_a_demo_under_a_link_or_under_the_shell_is_replaced_in_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = tmp_path / "real"
    make_production(real, replace=False)
    (tmp_path / "link").symlink_to(real)
    place = real.stat().st_ino
    make_production(tmp_path / "link", replace=True)
    monkeypatch.chdir(real)
    make_production(Path("."), replace=True)
    assert (tmp_path / "link").is_symlink()
    assert real.stat().st_ino == place
    assert open_production(Path(".")).title == "The Last Stall"


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(NotWritable):
        make_production(tmp_path / "file" / "lane", replace=False)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"width": 319}, "320 to 1920"),
        ({"width": 1921}, "320 to 1920"),
        ({"width": -640}, "320 to 1920"),
        ({"backend": "magic"}, "auto, gpu, cpu"),
        ({"backend": ""}, "auto, gpu, cpu"),
        ({"leave_open": True}, "--json"),
    ],
    ids=str,
)
def test_a_bad_wish_is_refused_before_an_old_demo_is_lost(
    changes: dict[str, Any], words: str, tmp_path: Path
) -> None:
    make_production(tmp_path, replace=False)
    before = files(tmp_path)
    with pytest.raises(BadInput, match=words):
        demo(tmp_path, replace=True, **changes)
    assert files(tmp_path) == before


@pytest.mark.parametrize("wish", ["--seed=-1", "--seed=seven", "--width=wide"])
def test_a_wish_that_is_no_number_makes_nothing(wish: str, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["demo", str(tmp_path / "lane"), wish])
    assert done.exit_code == 2
    assert wish.partition("=")[0] in done.output
    assert not (tmp_path / "lane").exists()


def test_the_demo_is_left_open_on_another_port_where_its_own_is_taken(tmp_path: Path) -> None:
    make_production(tmp_path / "lane", replace=False)
    code = (
        "import sys\nfrom pathlib import Path\nfrom openset.cli.demo import leave_site_open\n"
        "from openset.cli.output import Output\nleave_site_open(Output(True), Path(sys.argv[1]))"
    )
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):  # somebody else on this machine holds it, which serves as well
            other.bind(("127.0.0.1", SITE_PORT))
            other.listen()
        with subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path / "lane")], stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            said = json.loads(process.stdout.readline())
            process.terminate()
    assert said["productions"] == [str(tmp_path / "lane")]
    assert not said["address"].endswith(f":{SITE_PORT}")


def test_a_folder_of_others_is_refused_before_any_office_opens(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(AlreadyExists):
        demo(tmp_path)
    assert list(files(tmp_path)) == ["notes.txt"]


@pytest.mark.parametrize("width", range(320, 1921, 37))
def test_every_size_is_near_sixteen_to_nine_and_fits_4_2_0(width: int) -> None:
    wide, high = _size(width)
    assert width - 4 < wide <= width
    assert wide % 4 == high % 4 == 0
    assert abs(high - wide * 9 / 16) < 6


def test_the_usual_sizes_are_kept() -> None:
    assert [_size(width) for width in (640, 1280, 1920)] == [(640, 360), (1280, 720), (1920, 1080)]


def still(grey: int, width: int = 640, height: int = 360) -> MonitorFrame:
    """A moment whose four pictures cannot be mistaken: grey plate, white matte, red set, white out."""

    def flat(y: int) -> Yuv420:
        quarter = np.full((height // 2, width // 2), 128, np.uint8)
        return Yuv420(np.full((height, width), y, np.uint8), quarter, quarter.copy())

    red = np.zeros((3, height, width), np.uint8)
    red[0] = 200
    return MonitorFrame(flat(grey), flat(235), np.full((height, width), 255, np.uint8), red)


def cell_middles(moments: int, height: int) -> list[list[tuple[int, int]]]:
    """(row, column) of the middle of each picture, as the sheet is laid out."""
    down = [8 + 44 + moment * (height + 12) + height // 2 for moment in range(moments)]
    across = [12 + column * (SHEET_WIDTH + 12) + SHEET_WIDTH // 2 for column in range(4)]
    return [[(y, x) for x in across] for y in down]


def test_the_contact_sheet_is_a_row_a_moment_of_plate_matte_set_and_composite(tmp_path: Path) -> None:
    write_contact_sheet(tmp_path / "sheet.png", (still(60), still(120), still(180)))
    sheet = cv2.imread(str(tmp_path / "sheet.png"))
    assert sheet is not None
    assert sheet.shape == (8 + 44 + 3 * 270 + 2 * 12 + 12, 12 + 4 * SHEET_WIDTH + 3 * 12 + 12, 3)
    for row, grey in zip(cell_middles(3, 270), (60, 120, 180), strict=True):
        plate, matte, background, composite = (sheet[place].tolist() for place in row)
        assert plate == pytest.approx([(grey - 16) * 255 / 219] * 3, abs=2)
        assert matte == [255, 255, 255]
        assert background == [0, 0, 200]
        assert composite == [255, 255, 255]


def test_the_sheets_pictures_stand_apart_under_their_names(tmp_path: Path) -> None:
    write_contact_sheet(tmp_path / "sheet.png", (still(120), still(120)))
    sheet = cv2.imread(str(tmp_path / "sheet.png"))
    assert sheet is not None
    for column in range(4):
        left = 12 + column * (SHEET_WIDTH + 12)
        name = sheet[8:52, left : left + SHEET_WIDTH]
        assert name.max() > 180
        assert (name[:, SHEET_WIDTH // 2 :] == BACKGROUND).all()
        assert (sheet[:, left - 12 : left] == BACKGROUND).all()
    assert (sheet[8 + 44 + 270 : 8 + 44 + 270 + 12] == BACKGROUND).all()
    assert (sheet[-12:] == BACKGROUND).all()


@pytest.mark.parametrize(("size", "height"), [((320, 180), 270), ((640, 480), 360), ((1920, 800), 200)])
def test_the_sheet_keeps_the_shape_of_the_picture(
    size: tuple[int, int], height: int, tmp_path: Path
) -> None:
    write_contact_sheet(tmp_path / "sheet.png", (still(120, *size),))
    sheet = cv2.imread(str(tmp_path / "sheet.png"))
    assert sheet is not None
    assert sheet.shape[0] == 8 + 44 + height + 12


def test_the_sheet_is_replaced_whole_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    write_contact_sheet(tmp_path / "sheet.png", (still(60),))
    first = (tmp_path / "sheet.png").read_bytes()
    write_contact_sheet(tmp_path / "sheet.png", (still(180),))
    assert list(files(tmp_path)) == ["sheet.png"]
    assert files(tmp_path)["sheet.png"] != first


def figures(**delay: Any) -> dict[str, Any]:
    """A day's figures as run_demo gathers them."""
    take = {
        "take": "1-A-t01", "frames": 110, "dropped": 0, "key_sad_per_frame": 1.5, "key_mse": 0.001,
        "track_position_rms_mm": 0.6, "track_rotation_rms_mdeg": 9.0, "track_at_mark_rms_px": 0.4,
        "track_at_mark_rms_mm": 3.0,
    }  # fmt: skip
    line = {"text": "Scene 1 has a circled take that holds", "state": "proved", "take": "1-A-t01"}
    missing = {"text": "Scene 2 has a circled take that holds", "state": "open", "take": ""}
    return {
        "production": "lane", "frames_in": 415, "frames_out": 414, "dropped": 1, "recorded": 110,
        "backend": "cpu", "takes": [take], "track_samples": 1650, "track_sent": 1660,
        "delay_ms": {"found": 71.2, "truth": 71.0, "sd": 0.4, **delay},
        "milestone": {"before": "not yet known", "after": "open", "lines": [line, missing]},
        "contact_sheet": "lane/contact-sheet.png", "delivery": "lane/deliveries/rushes",
        "verified_findings": 64,
    }  # fmt: skip


def test_the_summary_gives_each_error_in_the_sets_own_units() -> None:
    rows = dict(_rows(figures(), 31))
    assert rows["frames in / out / dropped"] == "415 / 414 / 1"
    assert rows["delay found / truth"] == "71.2 ± 0.4 / 71.0 ms"
    assert rows["track error"].endswith("0.30 cm, 0.4 px at the mark")
    assert rows["milestone 'stage'"] == "not yet known -> open"
    assert rows["open"] == "Scene 2 has a circled take that holds"
    assert rows["delivery"] == "lane/deliveries/rushes (31 files, 64 checks hold)"
    assert rows["on a page"] == "openset up lane"
    json.dumps(figures(), allow_nan=False)


def test_a_delay_without_its_doubt_claims_none() -> None:
    assert "±" not in dict(_rows(figures(sd=None), 31))["delay found / truth"]

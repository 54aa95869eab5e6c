"""Cameras' files as moves: samples that the standard allows, companions beside them, rates."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from openset.formats.faults import FormatError
from openset.formats.opentrackio import validate
from openset.primitives.errors import BadInput
from openset.primitives.time import frame_time_ns
from openset.stage.exchange import camera_metadata
from openset.stage.exchange.convert import convert
from openset.stage.exchange.model import CameraMove, Options, Read
from openset.stage.exchange.move import lens_reports, pupil_poses, timecodes

SONY = '"Timecode","Clip Name","Lens Model","Focal Length (mm)","Aperture","Focus Distance (ft)"\n'
SONY_XML = """<NonRealTimeMeta xmlns="urn:schemas-professionalDisc:nonRealTimeMeta:ver.2.10">
<Duration value="{count}"/><LtcChangeTable tcFps="24"><LtcChange value="19044716"/></LtcChangeTable>
<VideoFormat><VideoFrame captureFps="48.00p" formatFps="23.98p"/>
<VideoLayout pixel="5674" numOfVerticalLine="3192"/></VideoFormat>
<Camera manufacturer="Sony" modelName="MPC-3610"/></NonRealTimeMeta>"""
RED_FRAMES = "FrameNo,Timecode,Aperture,Focus Distance,Focal Length\n"
RED_CLIP = "Clip Name,Sensor Name,Frame Width,Frame Height,FPS,Total Frames,Abs TC\n"
CANON_FRAMES = "Timecode,FocusPosition,FocalLength,ApertureNumber,ApertureMode\n"
CANON_CLIP = "ShotNumber,LensSqueezeFactor,Timescale,Duration,Width,Height\n"


def sony_rows(count: int, first: int = 22) -> str:
    codes = (f"16:47:{(first + at) // 24:02d}:{(first + at) % 24:02d}" for at in range(count))
    return "".join(f'"{code}","D001","S7i","32","T 2 3/10","{5 + code.count("0")}"\n' for code in codes)


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def read(path: Path, form: str, **known: object) -> Read:
    return camera_metadata.read(path, Options(format=form, **known))  # type: ignore[arg-type]


def checked(found: Read) -> CameraMove:
    move: CameraMove = found.value
    assert [trouble for sample in move.samples for trouble in validate(sample)] == []
    assert all("transforms" not in sample for sample in move.samples)
    assert len(move.times_ns) == len(move.samples)
    return move


def test_a_table_and_the_xml_beside_it_make_one_move(tmp_path: Path) -> None:
    table = written(tmp_path, "D001C005.csv", SONY + sony_rows(4))
    document = written(tmp_path, "D001C005M01.xml", SONY_XML.format(count=4))
    for path, form in ((table, "sony-csv"), (document, "sony-xml")):
        found = read(path, form, name="D001")
        move = checked(found)
        assert (move.rate, len(move.samples), move.size_px) == (Fraction(24000, 1001), 4, (5674, 3192))
        static = move.samples[0]["static"]
        assert static["camera"]["captureFrameRate"] == {"num": 48, "denom": 1}
        assert static["camera"]["activeSensorPhysicalDimensions"]["width"] == pytest.approx(33.689375)
        # 4 frames of 1001/24000 s.
        assert static["duration"] == {"num": 1001, "denom": 6000}
        assert found.faults == ()
        assert move.times_ns == tuple(frame_time_ns(at, Fraction(24000, 1001)) for at in range(4))


def test_a_companion_that_disagrees_is_told(tmp_path: Path) -> None:
    path = written(tmp_path, "D001C005.csv", SONY + sony_rows(4))
    written(tmp_path, "D001C005M01.xml", SONY_XML.format(count=9))
    assert read(path, "sony-csv").faults == ("the clip has 9 frames, the table 4",)
    written(tmp_path, "D001C005M01.xml", "<torn")
    faults = read(path, "sony-csv", rate=Fraction(24)).faults
    assert faults[0].startswith("D001C005M01.xml beside it cannot be used: ")


def test_a_rate_that_no_file_says_is_read_off_the_timecode_and_told(tmp_path: Path) -> None:
    path = written(tmp_path, "D001C005.csv", SONY + sony_rows(4))
    found = read(path, "sony-csv")
    assert checked(found).rate == 24
    assert found.faults == ("frame rate 24 taken from the timecode; --rate says another",)
    assert read(path, "sony-csv", rate=Fraction(25)).value.rate == 25


def test_a_rate_that_nothing_tells_must_be_given(tmp_path: Path) -> None:
    path = written(tmp_path, "D001C005.csv", SONY + sony_rows(4, first=2))
    with pytest.raises(BadInput, match="--rate"):
        read(path, "sony-csv")
    assert read(path, "sony-csv", rate=Fraction(24)).value.times_ns[1] == 41666666


def test_lost_rows_leave_their_time(tmp_path: Path) -> None:
    rows = sony_rows(6).splitlines(keepends=True)
    path = written(tmp_path, "a.csv", SONY + "".join(rows[:2] + rows[4:]))
    move = checked(read(path, "sony-csv", rate=Fraction(24)))
    assert [round(time_ns * 24 / 1e9) for time_ns in move.times_ns] == [0, 1, 4, 5]
    assert [str(code) for code in timecodes(move)] == [
        "16:47:00:22", "16:47:00:23", "16:47:01:02", "16:47:01:03",
    ]  # fmt: skip


def test_a_timecode_that_stands_still_keeps_no_time(tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", SONY + sony_rows(1) * 3)
    move = checked(read(path, "sony-csv", rate=Fraction(25)))
    assert move.times_ns == (0, 40_000_000, 80_000_000)


def test_red_tables_find_each_other(tmp_path: Path) -> None:
    rows = "0,23:17:21:08,5.6,410,40\n1,23:17:21:09,5.6,420,40\n"
    frames = written(tmp_path, "A001.frames.csv", RED_FRAMES + rows)
    clip = written(
        tmp_path, "A001.static.csv", RED_CLIP + "A001,MONSTRO 8K VV,4096,2160,24,2,23:17:21:08\n"
    )
    for path in (frames, clip):
        found = read(path, "red-csv")
        move = checked(found)
        assert (move.rate, len(move.samples), found.faults) == (24, 2, ())
        first, second = lens_reports(move)
        assert first is not None
        assert second is not None
        assert (first.focus_distance_m, second.focus_distance_m) == (
            pytest.approx(0.41), pytest.approx(0.42),
        )  # fmt: skip
        assert second.sensor_width_mm == pytest.approx(20.48)


def test_a_clip_table_alone_is_its_first_frame(tmp_path: Path) -> None:
    path = written(tmp_path, "A001.csv", RED_CLIP + "A001,KOMODO,6144,3240,25,99,10:00:00:00\n")
    found = read(path, "red-csv")
    assert [str(code) for code in timecodes(checked(found))] == ["10:00:00:00"]
    assert "only the clip's facts" in found.faults[0]


def test_canon_tables_find_each_other(tmp_path: Path) -> None:
    frames = written(
        tmp_path, "A001_Frames.csv", CANON_FRAMES + "0:00:00:00,3F000000,180/10,45/10,2\n" * 3
    )
    written(tmp_path, "A001_Static.csv", CANON_CLIP + "A001C001,1,30000,3003,5952,3140\n")
    move = checked(read(frames, "canon-csv"))
    assert (move.rate, move.samples[0]["lens"]["tStop"]) == (Fraction(30000, 1001), 4.5)
    assert move.samples[0]["static"]["camera"]["anamorphicSqueeze"] == {"num": 4, "denom": 3}


def test_blackmagic_text_is_a_move(tmp_path: Path) -> None:
    text = (
        "Clip Metadata\nformat_frame_rate: 1638400\ncamera_type: Blackmagic Pocket Cinema Camera 6K\n"
        "sensor_area_captured: 6144,3456,\n\n"
        "Frame 0 Metadata\nfocal_length: 35mm\ndistance: Infinity\naperture: f4\n\n"
        "Frame 3 Metadata\nfocal_length: 36mm\ndistance: 2m\naperture: f4\n"
    )
    move = checked(read(written(tmp_path, "a.txt", text), "blackmagic"))
    assert (move.rate, move.times_ns) == (25, (0, 120_000_000))
    assert "focusDistance" not in move.samples[0]["lens"]
    assert move.samples[1]["lens"] == {
        "pinholeFocalLength": pytest.approx(36), "focusDistance": 2.0, "fStop": 4.0,
    }  # fmt: skip
    assert "nominalFocalLength" not in move.samples[0]["static"].get("lens", {})


def test_a_sensor_that_no_table_knows_may_be_given(tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", SONY + sony_rows(1))
    found = read(path, "sony-csv", sensor_width_mm=36.0, size_px=(1920, 1080))
    (report,) = lens_reports(checked(found))
    assert report is not None
    assert (report.sensor_width_mm, report.sensor_height_mm) == (36.0, 20.25)
    assert pupil_poses(found.value) == [None]


def test_a_file_of_10_gb_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "huge.csv"
    with path.open("wb") as stream:
        stream.truncate(10 << 30)  # a sparse file: it takes no room
    with pytest.raises(FormatError, match="more than 4 GB"):
        read(path, "sony-csv")
    with path.open("wb") as stream:
        stream.truncate(3 << 30)
    with pytest.raises(FormatError, match="line 1"):
        read(path, "sony-csv")


def test_the_core_tells_a_camera_by_its_table_and_converts_it(tmp_path: Path) -> None:
    path = written(tmp_path, "D001C005.csv", SONY + sony_rows(4) + '"torn\n')
    done = convert(path, tmp_path / "out.otrk.jsonl", Options())
    assert (done.source, done.frames, done.skipped) == ("Sony Venice metadata table", 4, 1)
    assert done.lost_fields == ()

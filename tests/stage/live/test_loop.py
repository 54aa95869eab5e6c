"""The frame loop on real parts: a clip, a track, a panorama, the keyer, the recorder."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from openset.formats.ltc import encode
from openset.primitives.colour import rgb_from_yuv420, yuv420_from_rgb
from openset.primitives.image import F32Rgb
from openset.primitives.space import IDENTITY, Pose, pose_from_pan_tilt_roll
from openset.primitives.time import parse_timecode
from openset.stage.calibrate.rings import LensSeries, Rings
from openset.stage.exchange.sound import write_sound
from openset.stage.key.keyer import Keyer
from openset.stage.lens.measured import LensFile, MeasuredLens, MeasuredMount
from openset.stage.lens.model import Lens, pinhole
from openset.stage.live.loop import Cue, LoopSettings, StageLoop
from openset.stage.live.ltc import parse_ltc
from openset.stage.live.ltc_input import LtcInput
from openset.stage.live.plate import PlateSource
from openset.stage.live.recorder import Recorder
from openset.stage.live.track import FileTrack, LiveTrack, Track
from openset.stage.record.files import read_marks, read_take, read_track_lines, verify_take
from openset.stage.render.panorama import PanoramaRenderer
from openset.stage.tracking.samples import LensReport, TrackSample
from openset.store.production import Production, create_production, take_folder

WIDTH, HEIGHT, RATE = 128, 72, Fraction(25)
MS = 1_000_000
LEVEL = (1.0, 0.0, 0.0, 0.0)
RED = np.full((64, 128, 3), (0.8, 0.1, 0.1), np.float32)


def write_plate(path: Path, frames: int = 30, brighter: float = 0.0) -> Path:
    """A grey card, `brighter` by so many codes each frame, before an even green cloth."""
    rgb = np.empty((3, HEIGHT, WIDTH), np.uint8)
    rgb[:] = np.array([50, 170, 70], np.uint8)[:, None, None]
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "6", "bf": "0"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for number in range(frames):
            rgb[:, 20:60, 50:80] = round(128 + brighter * (number - frames / 2))
            picture = yuv420_from_rgb(rgb)
            flat = np.concatenate([picture.y.ravel(), picture.u.ravel(), picture.v.ravel()])
            frame = av.VideoFrame.from_ndarray(flat.reshape(HEIGHT * 3 // 2, WIDTH), format="yuv420p")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def move(seconds: float = 2.0) -> list[TrackSample]:
    """A steady pan at 100 samples a second."""
    return [
        TrackSample(10 * MS * n, pose_from_pan_tilt_roll((0.0, -4.0, 1.5), 0.001 * n, 0.0, 0.0))
        for n in range(round(seconds * 100))
    ]


@pytest.fixture
def production(tmp_path: Path) -> Production:
    return create_production(tmp_path / "film", title="Film", rate=RATE)


Make = Callable[..., StageLoop]


@pytest.fixture
def make(production: Production, tmp_path: Path) -> Make:
    def build(
        track: Track,
        *,
        frames: int = 30,
        brighter: float = 0.0,
        cues: tuple[Cue, ...] = (),
        ltc: LtcInput | None = None,
        series: LensSeries | None = None,
        stills: tuple[int, ...] = (),
        dome: F32Rgb = RED,
        **plate: Any,
    ) -> StageLoop:
        settings = LoopSettings(
            scene="1", shot="A", set_name="sky", backend="cpu", plate_source="plate.mp4",
            track_source="move", delay_s=plate.pop("used_delay_s", 0.0), record_matte=True, key={},
            cues=cues, fallback_lens=pinhole(1920, 1080, 35.0, 24.0),
            lens_series=series, lens_source="lens.json" if series else "", stills=stills,
        )  # fmt: skip
        return StageLoop(
            production,
            PlateSource(str(write_plate(tmp_path / "plate.mp4", frames, brighter)), **plate),
            track,
            PanoramaRenderer(dome, 0.0),
            Keyer(WIDTH, HEIGHT),
            Recorder(production),
            settings,
            world_from_stage=IDENTITY,
            start_timecode=parse_timecode("10:00:00:00", RATE),
            ltc=ltc,
        )

    return build


def run(loop: StageLoop, start_ns: int = 0) -> None:
    loop.recorder.start()
    loop.plate.start_at(start_ns)
    loop.run()
    loop.plate.stop()
    loop.recorder.finish()


def test_every_frame_of_a_clip_is_accounted_for_in_the_take(make: Make, production: Production) -> None:
    loop = make(FileTrack(move()), cues=(Cue(0, "roll"),))
    run(loop)
    (record,) = loop.recorder.records
    assert loop.tally.as_counts() == {
        "frames_in": 30, "dropped": 0, "recorded": 30, "recording_lost": 0, "held": 0, "no_pose": 0,
    }  # fmt: skip
    assert record.frames == 30
    assert dict(record.counts) == loop.tally.as_counts()
    assert verify_take(take_folder(production, record.spec.id)).ok


def test_the_card_stays_and_the_cloth_becomes_the_set(make: Make, production: Production) -> None:
    loop = make(FileTrack(move()), cues=(Cue(0, "roll"),))
    run(loop)
    folder = take_folder(production, loop.recorder.records[0].spec.id)
    with av.open(str(folder / "composite.mov")) as film:
        frames = list(film.decode(video=0))
    picture = frames[-1].to_ndarray(format="rgb24", src_colorspace="ITU709").astype(int)
    assert np.abs(picture[40, 65] - 128).max() <= 10
    corner = picture[5, 5]
    assert corner[0] > 180
    assert corner[1] < 110


def test_each_frame_has_the_pose_of_its_own_moment(make: Make, production: Production) -> None:
    """The picture comes 80 ms late: frame n shows what the camera saw at n/25 s."""
    loop = make(
        FileTrack(move(3.0)), cues=(Cue(0, "roll"),), paced=True, delay_s=0.08, used_delay_s=0.08
    )
    start_ns = time.monotonic_ns() + 50 * MS
    assert isinstance(loop.track, FileTrack)
    loop.track.start_at(start_ns)
    run(loop, start_ns)
    lines = read_track_lines(take_folder(production, loop.recorder.records[0].spec.id))
    assert len(lines) + loop.tally.dropped == 30
    for line in lines:
        pan_deg = line.sample["transforms"][-1]["rotation"]["pan"]
        exposed_s = (line.time_ns - start_ns) / 1e9
        assert pan_deg == pytest.approx(np.degrees(0.1 * exposed_s), abs=0.01)


def test_a_tracker_that_stops_is_held_noted_and_never_stops_the_picture(make: Make) -> None:
    loop = make(FileTrack(move(0.3)), cues=(Cue(0, "roll"),), frames=40)
    run(loop)
    (record,) = loop.recorder.records
    assert record.frames == 40
    assert loop.tally.held > 15
    assert any("stopped" in fault.text for fault in record.faults)


def test_without_any_track_the_picture_still_runs_and_says_so(make: Make) -> None:
    loop = make(LiveTrack(), cues=(Cue(0, "roll"),), frames=8)
    run(loop)
    assert loop.recorder.records[0].frames == 8
    assert loop.tally.no_pose == 8
    assert loop.status.message.startswith("No track yet")


def test_roll_cut_slate_and_marks_work_from_outside(make: Make, production: Production) -> None:
    loop = make(FileTrack(move(20.0)), frames=25, paced=True, loop=True)
    said: list[tuple[bool, str]] = []
    during: list[str] = []
    take = production.root / "takes" / "7-B-t01"

    def direct(order: dict[str, Any], until: Callable[[], bool]) -> None:
        said.append(loop.obey(order))
        deadline = time.monotonic() + 10
        while not until() and time.monotonic() < deadline:
            time.sleep(0.01)

    def day() -> None:
        direct({"type": "slate", "scene": "7", "shot": "B"}, lambda: loop.status.take == "7-B-t01")
        direct({"type": "note", "take": "7-B-t01", "text": "too early"}, lambda: True)
        direct({"type": "roll"}, lambda: loop.status.recorded >= 5 and take.is_dir())
        direct({"type": "slate", "scene": "8", "shot": "A"}, lambda: True)
        direct({"type": "note", "take": "7-B-t01", "text": "while it rolls"}, lambda: True)
        during.append(read_marks(take).note)
        direct({"type": "cut"}, lambda: not loop.status.rolling)
        direct({"type": "circle", "take": "7-B-t01", "circled": True}, lambda: True)
        direct({"type": "note", "take": "7-B-t01", "text": "good"}, lambda: True)
        direct({"type": "circle", "take": "", "circled": True}, lambda: True)
        direct({"type": "view", "what": "matte"}, lambda: True)
        direct({"type": "view", "what": "x-ray"}, lambda: True)
        direct({"type": "slate", "scene": "../..", "shot": "B"}, lambda: True)
        direct({"type": "juggle"}, lambda: True)
        direct({"type": "stop"}, lambda: True)

    crew = threading.Thread(target=day)
    crew.start()
    run(loop, time.monotonic_ns())
    crew.join()
    marks = read_marks(take)
    assert (marks.circled, marks.note) == (True, "good")
    assert during == ["while it rolls"]
    refused = [text for ok, text in said if not ok]
    assert [text.split(" cannot")[0] for text in refused] == [
        "7-B-t01: that is no take of this session. Mark it on its page",
        "A take is rolling. Cut first, then set the slate",
        "that is no take of this session. Mark it on its page",
        "unknown order 'view'",
        "scene '../..'",
        "unknown order 'juggle'",
    ]
    assert loop.status.circled == ["7-B-t01"]
    assert loop.status.view == "matte"
    assert loop.status.scene == "7"
    assert read_take(take).frames >= 5
    assert verify_take(take).ok


def test_a_picture_that_breaks_off_closes_the_take_with_what_there_was(
    make: Make, production: Production
) -> None:
    loop = make(FileTrack(move(20.0)), frames=25, cues=(Cue(0, "roll"),))
    promised = loop.plate.format
    object.__setattr__(promised, "promised_frames", 40)
    run(loop)
    (record,) = loop.recorder.records
    assert record.frames == 25
    assert "25 of 40 frames" in record.reason
    assert verify_take(take_folder(production, record.spec.id)).ok


def test_the_plate_is_recorded_as_it_came(make: Make, production: Production) -> None:
    loop = make(FileTrack(move()), cues=(Cue(0, "roll"),))
    run(loop)
    folder = take_folder(production, loop.recorder.records[0].spec.id)
    again = PlateSource(str(folder / "picture.mov"))
    again.start_at(0)
    frame = again.queue.get(5)
    assert frame is not None
    rgb = rgb_from_yuv420(frame.picture).astype(int)
    assert np.abs(rgb[:, 5, 5] - [50, 170, 70]).max() <= 6
    again.stop()


def test_when_the_disk_stalls_what_is_recorded_is_true_and_what_is_lost_is_told(
    make: Make, production: Production
) -> None:
    """The recorder takes nothing for four seconds: its pipe fills, the loop waits, frames drop."""
    still = move(1.0)[0]
    track = FileTrack([still, replace(still, time_ns=20_000 * MS)])
    loop = make(track, frames=200, brighter=1.0, cues=(Cue(0, "roll"),), paced=True)
    start_ns = time.monotonic_ns()
    track.start_at(start_ns)
    late = threading.Timer(4.0, loop.recorder.start)
    late.start()
    loop.plate.start_at(start_ns)
    loop.run()
    late.join()
    loop.recorder.finish()
    (record,) = loop.recorder.records
    folder = take_folder(production, record.spec.id)
    counts = record.counts
    assert verify_take(folder).ok
    assert counts["frames_in"] == 200
    assert counts["recorded"] == record.frames
    assert counts["dropped"] > 0
    assert counts["recording_lost"] > 0
    assert counts["recorded"] + counts["dropped"] + counts["recording_lost"] == 200
    assert any("too slow" in fault.text for fault in record.faults)
    assert any("dropped at" in fault.text for fault in record.faults)
    # Each composite shows the card of its own plate frame, not of one keyed into the same memory later.
    plates, composites = (card_levels(folder / name) for name in ("picture.mov", "composite.mov"))
    assert np.abs(plates - composites).max() < 6
    # The timecode of every frame is its source's: the card's grey says which frame of the clip it was.
    lines = read_track_lines(folder)
    told = [parse_timecode(line.timecode, RATE).plus(-36000 * 25).frame_count for line in lines]
    assert told == [round((line.time_ns - start_ns) / (40 * MS)) for line in lines]
    assert np.abs(plates - plates[0] - np.array(told) * 219 / 255).max() < 3


def card_levels(path: Path) -> Any:
    """The luma code of the grey card in each frame."""
    with av.open(str(path)) as film:
        return np.array([float(f.to_ndarray()[30:50, 56:74].mean()) for f in film.decode(video=0)])


def test_frames_dropped_at_the_very_end_are_counted(make: Make) -> None:
    """Nobody takes frames until the clip has ended: the queue holds twelve, the others are dropped."""
    loop = make(FileTrack(move()), frames=30, paced=True, cues=(Cue(0, "roll"),))
    loop.plate.start_at(time.monotonic_ns())
    loop.plate.join()
    loop.recorder.start()
    loop.run()
    loop.recorder.finish()
    assert (loop.tally.frames_in, loop.tally.dropped, loop.tally.recorded) == (30, 18, 12)
    assert loop.recorder.records[0].counts["dropped"] == 18


def tape(path: Path, *firsts: str, frames: int = 75) -> LtcInput:
    """LTC on a file that begins with the picture, a stretch of `frames` from each timecode."""
    codes = [parse_timecode(first, RATE) for first in firsts]
    write_sound(path, 48000, [encode([code.plus(n) for n in range(frames)], 48000) for code in codes])
    ltc = LtcInput(parse_ltc(f"ltc:{path}"), RATE)
    ltc.start_at(0, realtime=False)
    return ltc


def test_a_take_has_the_ltc_of_its_own_exposure(
    make: Make, production: Production, tmp_path: Path
) -> None:
    # The picture comes 80 ms late: the one of 0.4 s was exposed at 0.32 s, frame 8 of the tape.
    ltc = tape(tmp_path / "tape.wav", "15:00:00:00")
    loop = make(FileTrack(move(3.0)), cues=(Cue(10, "roll"),), ltc=ltc, used_delay_s=0.08)
    run(loop)
    (record,) = loop.recorder.records
    folder = take_folder(production, record.spec.id)
    assert str(record.spec.start_timecode) == "15:00:00:08"
    lines = read_track_lines(folder)
    assert [line.timecode for line in lines] == [
        f"15:00:{n // 25:02d}:{n % 25:02d}" for n in range(8, 28)
    ]
    assert lines[0].sample["timing"]["timecode"]["hours"] == 15
    assert loop.status.timecode_state == "locked"
    assert verify_take(folder).ok


def test_a_take_notes_that_the_ltc_stopped_and_keeps_its_count(
    make: Make, production: Production, tmp_path: Path
) -> None:
    ltc = tape(tmp_path / "tape.wav", "15:00:00:00", frames=35)
    loop = make(FileTrack(move(3.0)), cues=(Cue(0, "roll"),), frames=60, ltc=ltc)
    run(loop)
    (record,) = loop.recorder.records
    assert [fault.text for fault in record.faults if fault.kind == "timecode"] == [
        "the LTC stopped: the timecode runs free"
    ]
    folder = take_folder(production, record.spec.id)
    assert read_track_lines(folder)[-1].timecode == "15:00:02:09"
    assert loop.status.as_message()["timecode_state"] == "free"
    assert verify_take(folder).ok


def test_a_camera_slower_than_the_ltc_is_no_fault_of_the_take(
    make: Make, production: Production, tmp_path: Path
) -> None:
    # A tape two hundredths fast passes the picture by a frame in 50; half a frame is the first slip.
    code = parse_timecode("15:00:00:00", RATE)
    sound = encode([code.plus(n) for n in range(150)], round(48000 / 1.02))
    write_sound(tmp_path / "tape.wav", 48000, [sound])
    ltc = LtcInput(parse_ltc(f"ltc:{tmp_path / 'tape.wav'}"), RATE)
    ltc.start_at(0, realtime=False)
    loop = make(FileTrack(move(3.0)), cues=(Cue(0, "roll"),), frames=60, ltc=ltc)
    run(loop)
    (record,) = loop.recorder.records
    assert record.counts["timecode_slips"] == 1
    assert record.frames == 60
    folder = take_folder(production, record.spec.id)
    assert read_track_lines(folder)[-1].timecode == "15:00:02:10"
    assert verify_take(folder).ok


def test_ltc_of_another_rate_leaves_the_count_and_the_take_says_why(make: Make, tmp_path: Path) -> None:
    thirty = parse_timecode("15:00:00:00", Fraction(30))
    write_sound(tmp_path / "t.wav", 48000, [encode([thirty.plus(n) for n in range(90)], 48000)])
    ltc = LtcInput(parse_ltc(f"ltc:{tmp_path / 't.wav'}"), RATE)
    ltc.start_at(0, realtime=False)
    loop = make(FileTrack(move()), cues=(Cue(0, "roll"),), ltc=ltc)
    run(loop)
    (record,) = loop.recorder.records
    assert str(record.spec.start_timecode) == "10:00:00:00"
    texts = [fault.text for fault in record.faults if fault.kind == "timecode"]
    assert texts == [
        "no LTC when the take began: counted from 10:00:00:00 (the timecode counts 30, the picture 25 "
        "frames a second: it is not used)"
    ]


def lens_of(focal_mm: float) -> Lens:
    """A lens that bends the more the wider it is."""
    return replace(pinhole(WIDTH, HEIGHT, focal_mm, 24.0), k1=-2.0 / focal_mm)


ZOOM = LensFile(
    "zoom",
    tuple(
        MeasuredLens(
            lens_of(focal_mm),
            zoom=zoom,
            mount=MeasuredMount(Pose((0.0, forward_m, 0.0), LEVEL), (0.0,) * 3, (0.0,) * 3, 12),
        )
        for zoom, focal_mm, forward_m in ((0.0, 20.0, 0.1), (0.5, 28.0, 0.08), (1.0, 40.0, 0.04))
    ),
)


def zooming(first: float, last: float, **lens: float) -> list[TrackSample]:
    """A camera that stands still while its zoom turns for the first second."""
    return [
        TrackSample(
            n * 10_000_000,
            IDENTITY,
            LensReport(zoom_ring=first + (last - first) * min(n / 100, 1.0), **lens),
        )
        for n in range(200)
    ]


def test_a_zoom_is_followed_by_its_encoder_through_the_whole_take(
    make: Make, production: Production
) -> None:
    patterned = np.random.default_rng(3).random((64, 128, 3), np.float32)
    loop = make(
        FileTrack(zooming(0.0, 1.0)), cues=(Cue(0, "roll"),), series=LensSeries(ZOOM), stills=(12,),
        dome=patterned,
    )  # fmt: skip
    run(loop)
    folder = production.root / "takes" / "1-A-t01"
    spec = read_take(folder).spec
    assert (spec.lens_source, spec.lens_setting) == ("lens.json", "followed")
    assert read_take(folder).faults == ()
    lines = list(read_track_lines(folder))
    focal_mm = [line.sample["lens"]["pinholeFocalLength"] for line in lines]
    assert focal_mm[0] == pytest.approx(20.0)
    assert np.all(np.diff(focal_mm[:25]) > 0)
    place = [line.sample["transforms"][0]["translation"]["y"] for line in lines]
    assert place[0] == pytest.approx(0.1)
    # At 0.48 s the encoder says 0.48: what is drawn, and kept, is drawn through the lens of that place.
    there = LensSeries(ZOOM).at(Rings(zoom=0.48))
    assert there.tracker_from_camera is not None
    assert focal_mm[12] == pytest.approx(there.lens.focal_length_mm)
    assert place[12] == pytest.approx(there.tracker_from_camera.position_m[1])
    wanted = np.zeros((3, HEIGHT, WIDTH), np.uint8)
    loop.renderer.render(there.tracker_from_camera, there.lens, wanted)
    np.testing.assert_array_equal(loop.stills[0].background, wanted)


def test_a_zoom_beyond_what_was_measured_is_told_once_and_the_end_stands(
    make: Make, production: Production
) -> None:
    short = replace(ZOOM, settings=ZOOM.settings[:2])
    loop = make(FileTrack(zooming(0.3, 0.9)), cues=(Cue(0, "roll"),), series=LensSeries(short))
    run(loop)
    record = read_take(production.root / "takes" / "1-A-t01")
    (fault,) = [fault for fault in record.faults if fault.kind == "lens"]
    assert fault.text.startswith("zoom at 0.5")
    assert fault.text.endswith("measured from 0.000 to 0.500: the nearest measured lens is taken")
    lines = list(read_track_lines(production.root / "takes" / "1-A-t01"))
    assert lines[-1].sample["lens"]["pinholeFocalLength"] == pytest.approx(28.0)


def test_a_named_zoom_stands_whatever_the_track_says(make: Make, production: Production) -> None:
    series = LensSeries(ZOOM, Rings(focal_mm=28.0))
    run(make(FileTrack(zooming(0.0, 1.0)), frames=6, cues=(Cue(0, "roll"),), series=series))
    spec = read_take(production.root / "takes" / "1-A-t01").spec
    assert spec.lens is not None
    assert (spec.lens_setting, spec.lens.focal_length_mm) == ("named", pytest.approx(28.0))


def test_a_track_that_says_nothing_of_the_zoom_makes_a_take_that_says_so(
    make: Make, production: Production
) -> None:
    run(make(FileTrack(move()), frames=6, cues=(Cue(0, "roll"),), series=LensSeries(ZOOM)))
    record = read_take(production.root / "takes" / "1-A-t01")
    assert record.spec.lens_setting == "assumed"
    assert [fault.text for fault in record.faults if fault.kind == "lens"] == [
        "the track says nothing of the zoom: the nearest measured lens is taken"
    ]


@pytest.mark.parametrize(("measured", "focal_mm"), [(False, 50.0), (True, 35.0)])
def test_a_measured_lens_outranks_what_the_tracker_says_of_it(
    make: Make, production: Production, measured: bool, focal_mm: float
) -> None:
    one = LensSeries(LensFile("", (MeasuredLens(pinhole(WIDTH, HEIGHT, 35.0, 24.0)),)))
    said = LensReport(focal_length_mm=50.0, sensor_width_mm=24.0)
    samples = [TrackSample(n * 10_000_000, IDENTITY, said) for n in range(200)]
    run(make(FileTrack(samples), frames=6, cues=(Cue(0, "roll"),), series=one if measured else None))
    lens = read_take(production.root / "takes" / "1-A-t01").spec.lens
    assert lens is not None
    assert lens.focal_length_mm == pytest.approx(focal_mm)


def test_a_delay_measured_while_a_take_rolls_waits_for_its_end(make: Make) -> None:
    cues = (Cue(0, "measure"), Cue(2, "roll"), Cue(8, "measured"), Cue(20, "cut"))
    loop = make(FileTrack(move()), cues=cues)
    run(loop)
    (record,) = loop.recorder.records
    assert not [fault for fault in record.faults if fault.kind == "delay"]
    # A grey card that never moves gives no delay; that is told once the take is closed.
    assert loop.delay_found is not None
    assert loop.delay_found.refused is not None
    assert [fault["kind"] for fault in loop.status.faults].count("delay") == 1

"""One stage, wired, on real files: what opens, what refuses, what the result says."""

from __future__ import annotations

import socket
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import orjson
import pytest

from openset.formats.ltc import encode
from openset.primitives.errors import (
    BadInput,
    PlateNotFound,
    PortInUse,
    SetNotFound,
    TrackNotFound,
)
from openset.primitives.time import parse_timecode
from openset.sim.files import write_day
from openset.sim.plan import DayPlan
from openset.stage.calibrate.rings import Rings
from openset.stage.calibrate.series import zoom_of_focal
from openset.stage.lens.measured import LensFile, MeasuredLens
from openset.stage.lens.model import Lens
from openset.stage.record.files import read_track_lines, verify_take
from openset.stage.rig import StagePlan, run_stage
from openset.stage.scene.files import write_set
from openset.stage.scene.model import Scene
from openset.store.production import Production, create_production, take_folder

SIZE = (160, 90)


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("day")
    write_day(folder, DayPlan(seed=2, width_px=SIZE[0], height_px=SIZE[1], duration_s=1.0))
    return folder


@pytest.fixture
def production(tmp_path: Path) -> Production:
    made = create_production(tmp_path / "film", title="Film", rate=Fraction(25))
    dome = np.full((32, 64, 3), (0.2, 0.3, 0.6), np.float32)
    write_set(Scene("sky", dome=dome), made.root / "sets" / "sky")
    return made


def plan(day: Path, **changes: object) -> StagePlan:
    fields: dict[str, object] = {
        "plate": str(day / "plate.mp4"), "track": str(day / "track.otrk.jsonl"), "set_name": "sky",
        "scene": "1", "shot": "A", "backend": "cpu", "roll_at_start": True,
    }  # fmt: skip
    return StagePlan(**{**fields, **changes})  # type: ignore[arg-type]


def test_a_clip_and_a_recorded_track_make_a_take_that_verifies(
    day: Path, production: Production
) -> None:
    result = run_stage(production, plan(day))
    (record,) = result.takes
    assert (result.tally.frames_in, result.tally.dropped, record.frames) == (25, 0, 25)
    assert result.trouble is None
    assert verify_take(take_folder(production, record.spec.id)).ok
    assert record.spec.lens is not None
    assert record.spec.lens.k1 == pytest.approx(-0.12, abs=1e-3)


def test_a_missing_set_names_those_there_are(day: Path, production: Production) -> None:
    with pytest.raises(SetNotFound, match="sky"):
        run_stage(production, plan(day, set_name="palace"))


@pytest.mark.parametrize(
    ("lens", "words"),
    [
        (Lens(160, 90, 70.0, 70.0, 80.0, 45.0, fisheye=(0.0, 0.0, 0.0, 0.0)), "a fisheye lens of"),
        (Lens(160, 120, 150.0, 150.0, 80.0, 60.0), "another shape"),
    ],
)
def test_a_measured_lens_that_cannot_be_shot_with_ends_before_anything_is_made(
    day: Path, production: Production, lens: Lens, words: str
) -> None:
    file = LensFile("", (MeasuredLens(lens),))
    given = plan(day, lens=lens, lens_file=file, lens_source="lens.json")
    with pytest.raises(BadInput, match=f"lens.json: .*{words}"):
        run_stage(production, given)
    assert list((production.root / "takes").iterdir()) == []


SERIES = LensFile(
    "zoom",
    tuple(
        MeasuredLens(
            Lens(320, 180, focal_mm * 10, focal_mm * 10, 160.0, 90.0),
            zoom=zoom_of_focal(focal_mm),
            focal_mm=focal_mm,
        )
        for focal_mm in (24.0, 50.0)
    ),
)


def test_a_series_follows_the_focal_length_of_the_track(day: Path, production: Production) -> None:
    (record,) = run_stage(production, plan(day, lens_file=SERIES, lens_source="zoom.json")).takes
    assert record.spec.lens_setting == "followed"
    assert record.spec.lens is not None
    # The day's track says 28 mm; the file's pictures are twice as wide.
    assert record.spec.lens.fx_px == pytest.approx(140.0, rel=1e-6)
    assert [fault for fault in record.faults if fault.kind == "lens"] == []


def silent(day: Path, folder: Path) -> Path:
    """The day's track of a tracker that says nothing of the lens."""
    lines = [orjson.loads(line) for line in (day / "track.otrk.jsonl").read_bytes().splitlines()]
    for line in lines:
        line.get("sample", line).pop("lens", None)
    path = folder / "silent.otrk.jsonl"
    path.write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))
    return path


@pytest.mark.parametrize(
    ("rings", "words"),
    [
        (Rings(), "2 settings .*neither track nor option says where the zoom stands.*24 to 50"),
        (Rings(focal_mm=60.0), "zoom at 60 mm, measured from 24 to 50 mm"),
    ],
)
def test_a_series_of_which_nobody_says_where_it_stands_ends_before_anything_is_made(
    day: Path, production: Production, tmp_path: Path, rings: Rings, words: str
) -> None:
    given = plan(
        day, track=str(silent(day, tmp_path)), lens_file=SERIES, lens_source="zoom.json", rings=rings
    )
    with pytest.raises(BadInput, match=f"zoom.json: .*{words}"):
        run_stage(production, given)
    assert list((production.root / "takes").iterdir()) == []


def test_a_series_is_shot_with_at_the_named_setting(
    day: Path, production: Production, tmp_path: Path
) -> None:
    given = plan(day, track=str(silent(day, tmp_path)), lens_file=SERIES, lens_source="zoom.json")
    (record,) = run_stage(production, replace(given, rings=Rings(focal_mm=24.0))).takes
    assert record.spec.lens is not None
    assert (record.spec.lens_setting, record.spec.lens.fx_px) == ("named", pytest.approx(120.0))


def test_a_missing_plate_ends_before_anything_is_made(day: Path, production: Production) -> None:
    with pytest.raises(PlateNotFound):
        run_stage(production, plan(day, plate="nowhere.mp4"))
    assert list((production.root / "takes").iterdir()) == []


def test_an_unknown_back_end_is_refused(day: Path, production: Production) -> None:
    with pytest.raises(BadInput, match="auto, gpu, cpu"):
        run_stage(production, plan(day, backend="magic"))


def test_a_silent_tracker_is_an_error_where_the_take_needs_it(
    day: Path, production: Production, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("openset.stage.rig.FIRST_SAMPLE_S", 0.2)
    with pytest.raises(TrackNotFound, match="nothing arrived") as caught:
        run_stage(production, plan(day, track="udp:127.0.0.1:0"))
    assert caught.value.exit_code == 12


def test_a_track_without_times_says_how_it_gets_them(
    day: Path, production: Production, tmp_path: Path
) -> None:
    track = tmp_path / "out.freed"
    with pytest.raises(BadInput) as caught:
        run_stage(production, plan(day, track=str(track)))
    timed = tmp_path / "out.otrk.jsonl"
    assert f"openset convert {track} {timed} --rate 50" in caught.value.line


def test_a_tracker_port_in_use_is_named(day: Path, production: Production) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        with pytest.raises(PortInUse, match="another program"):
            run_stage(production, plan(day, track=f"udp:127.0.0.1:{other.getsockname()[1]}"))


def test_a_second_engine_on_the_same_port_is_refused_and_the_first_take_is_untouched(
    day: Path, production: Production
) -> None:
    first = run_stage(production, plan(day, port=0))
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(PortInUse):
            run_stage(production, plan(day, port=other.getsockname()[1]))
    assert verify_take(take_folder(production, first.takes[0].spec.id)).ok


def test_hostile_datagrams_never_stop_the_loop(day: Path, production: Production) -> None:
    """Random bytes rain on the tracker's port all through the take; every frame still comes out."""
    from openset.sim.live import TrackerSender
    from openset.sim.rig import free_udp_port

    port = free_udp_port()
    rng = np.random.default_rng(5)
    wire = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    senders: list[TrackerSender] = []

    def ready(loop: object, start_ns: int) -> None:
        shoot_plan = DayPlan(seed=2, width_px=SIZE[0], height_px=SIZE[1], duration_s=1.0)
        senders.append(TrackerSender(shoot_plan, f"udp:127.0.0.1:{port}", start_ns, lead_in_s=0.2))
        senders[0].start()
        for _ in range(3000):
            wire.sendto(rng.bytes(int(rng.integers(1, 200))), ("127.0.0.1", port))
            wire.sendto(b"OTrk" + rng.bytes(60), ("127.0.0.1", port))

    result = run_stage(
        production,
        plan(day, track=f"udp:127.0.0.1:{port}", wait_for_track=False, delay_s=0.0),
        ready=ready,
    )
    senders[0].stop()
    wire.close()
    assert result.tally.frames_in == 25
    assert result.tally.recorded + result.tally.dropped == 25
    assert sum(result.track_counts["faults"].values()) > 1000
    assert result.track_samples > 50


def test_a_take_carries_the_timecode_of_its_clip(
    day: Path, production: Production, tmp_path: Path
) -> None:
    stamped = tmp_path / "stamped.mov"
    with av.open(str(day / "plate.mp4")) as source, av.open(str(stamped), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        stream.metadata["timecode"] = "17:42:10:03"
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    (own,) = run_stage(production, plan(day, plate=str(stamped))).takes
    (asked,) = run_stage(production, plan(day, plate=str(stamped), timecode="01:00:00:00")).takes
    (bare,) = run_stage(production, plan(day)).takes
    told = [str(record.spec.start_timecode) for record in (own, asked, bare)]
    assert told == ["17:42:10:03", "01:00:00:00", "10:00:00:00"]


def with_sound(plate: Path, path: Path, first: str, seconds: int) -> Path:
    """The clip with LTC on its sound track, as a generator plugged into the camera leaves it."""
    code = parse_timecode(first, Fraction(25))
    sound = encode([code.plus(n) for n in range(25 * seconds)], 48000)
    with av.open(str(plate)) as source, av.open(str(path), "w") as target:
        video = target.add_stream_from_template(source.streams.video[0])
        audio = target.add_stream("pcm_s16le", rate=48000)
        audio.layout = "mono"
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = video
                target.mux(packet)
        samples = (sound * 32767).astype(np.int16).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.sample_rate = 48000
        target.mux(audio.encode(frame))
        target.mux(audio.encode(None))
    return path


def test_ltc_on_the_clip_s_own_sound_belongs_to_its_pictures_whatever_the_delay(
    day: Path, production: Production, tmp_path: Path
) -> None:
    clip = with_sound(day / "plate.mp4", tmp_path / "clip.mov", "15:00:00:00", 1)
    result = run_stage(production, plan(day, plate=str(clip), ltc=f"ltc:{clip}", delay_s=0.2))
    (record,) = result.takes
    assert str(record.spec.start_timecode) == "15:00:00:00"
    assert result.timecode_state == "locked"
    folder = take_folder(production, record.spec.id)
    assert read_track_lines(folder)[-1].timecode == "15:00:00:24"


def test_ltc_beside_the_clip_belongs_to_the_moment_of_exposure_also_in_real_time(
    day: Path, production: Production, tmp_path: Path
) -> None:
    clip = with_sound(day / "plate.mp4", tmp_path / "clip.mov", "15:00:00:10", 3)
    for paced in (False, True):
        changes = {"ltc": f"ltc:{clip}", "delay_s": 0.2, "plate_delay_s": 0.4, "paced": paced}
        (record,) = run_stage(production, plan(day, **changes)).takes
        # At its own pace a clip has no delay of its own: 0.2 s before its start are 5 frames; in real
        # time the first picture comes 0.4 s late and shows what was 0.2 s before: 5 frames after.
        assert str(record.spec.start_timecode) == ("15:00:00:15" if paced else "15:00:00:05")


def test_a_timecode_source_that_is_not_there_is_named_before_anything_opens(
    day: Path, production: Production
) -> None:
    with pytest.raises(BadInput, match=r"ltc:gone\.wav"):
        run_stage(production, plan(day, ltc="ltc:gone.wav"))


def test_a_sound_input_that_is_not_there_stops_nothing(day: Path, production: Production) -> None:
    said: list[str] = []
    result = run_stage(production, plan(day, ltc="ltc:alsa:no-such-card"), say=said.append)
    (record,) = result.takes
    assert record.frames > 0
    assert any("cannot be heard" in line and "going on" in line for line in said)
    assert any("no LTC when the take began" in fault.text for fault in record.faults)
    assert result.timecode_state == "none"


def test_a_stage_that_does_not_wait_says_once_that_no_timecode_is_heard(
    day: Path, production: Production
) -> None:
    said: list[str] = []
    waiting = {"ltc": "ltc:alsa:no-such-card", "wait_for_track": False}
    run_stage(production, plan(day, **waiting), say=said.append)
    assert len([line for line in said if "No LTC: ltc:alsa:no-such-card: cannot" in line]) == 1

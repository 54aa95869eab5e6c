"""Pictures of tags in, OpenTrackIO out, with the truth known."""

from __future__ import annotations

import socket
from fractions import Fraction
from pathlib import Path

import numpy as np
import orjson
import pytest

from openset.primitives.errors import DiskFull
from openset.primitives.space import IDENTITY, Pose
from openset.stage.accuracy.said import spread_from_status
from openset.stage.lens.report import lens_from_report, report_from_lens
from openset.stage.live.optical import OpticalTracker, Teller
from openset.stage.live.outlet import FileOutlet, UdpOutlet
from openset.stage.live.plate import PlateSource
from openset.stage.markers.follow import Follower, RigCamera
from openset.stage.tracking.endpoint import parse_endpoint
from openset.stage.tracking.files import read_track
from openset.stage.tracking.opentrackio import OpenTrackIODecoder

from .walked import LENS, RATE, Walked, walk_below_a_ceiling


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Walked:
    return walk_below_a_ceiling(tmp_path_factory.mktemp("ceiling"))


def plate(walked: Walked, *, paced: bool = False) -> PlateSource:
    return PlateSource(str(walked.images), rate=Fraction(RATE), paced=paced)


def follower(walked: Walked) -> Follower:
    return Follower([RigCamera(LENS)], walked.tags)


def test_a_clip_becomes_a_track_of_true_poses_with_lens_and_spread(
    walked: Walked, tmp_path: Path
) -> None:
    out = FileOutlet(tmp_path / "new.otrk.jsonl")
    teller = Teller(lens=report_from_lens(LENS))
    total = OpticalTracker([plate(walked)], follower(walked), [out], teller).run()
    out.close()
    assert (total.frames, total.poses) == (8, 8)
    assert total.latency_ms is None
    samples = read_track(tmp_path / "new.otrk.jsonl")
    assert [sample.time_ns for sample in samples] == [frame * 40_000_000 for frame in range(8)]
    for frame, sample in enumerate(samples):
        place, turned = walked.truth(frame)
        matrix = sample.stage_from_camera.matrix
        # Half the pixels of a 1080p witness: twice its error, and a little for so few pictures.
        assert np.linalg.norm(matrix[:3, 3] - place) < 0.002
        assert np.abs(matrix[:3, :3] - turned).max() < 0.001
        spread = spread_from_status(sample.status)
        assert spread is not None
        assert 2e-5 < float(np.sqrt(spread[0, 0])) < 2e-3
        assert sample.lens is not None
        assert lens_from_report(sample.lens, 960, 540).fx_px == pytest.approx(LENS.fx_px, rel=1e-6)


def test_the_same_clip_gives_the_same_poses_again(walked: Walked, tmp_path: Path) -> None:
    for name in ("one", "two"):
        out = FileOutlet(tmp_path / f"{name}.otrk.jsonl")
        OpticalTracker([plate(walked)], follower(walked), [out], Teller()).run()
        out.close()
    first, second = (
        [sample.stage_from_camera for sample in read_track(tmp_path / f"{name}.otrk.jsonl")]
        for name in ("one", "two")
    )
    assert first == second


def test_a_clip_goes_out_in_real_time_and_a_receiver_understands_it(walked: Walked) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(5.0)
        port = receiver.getsockname()[1]
        out = UdpOutlet(parse_endpoint(f"opentrackio://127.0.0.1:{port}", "out"))
        tracker = OpticalTracker(
            [plate(walked, paced=True)], follower(walked), [out], Teller(name="witness")
        )
        poses = []
        total = tracker.run(on_pose=poses.append)
        decoder = OpenTrackIODecoder()
        heard = [
            each
            for _ in range(out.datagrams)
            for each in decoder.feed(receiver.recv(65536), "127.0.0.1:1", 0)
        ]
        out.close()
    assert total.poses == len(heard) > 0
    assert total.latency_ms is not None
    assert heard[0].status.startswith("tracked by tags in its own picture, sd ")
    estimate = poses[0].estimate
    assert estimate is not None
    assert heard[0].pose is not None
    assert heard[0].pose.position_m == pytest.approx(estimate.stage_from_body.position_m, abs=1e-6)


def test_a_pose_guessed_ahead_says_so_and_is_stamped_ahead(walked: Walked, tmp_path: Path) -> None:
    out = FileOutlet(tmp_path / "wall.otrk.jsonl")
    OpticalTracker([plate(walked)], follower(walked), [out], Teller(predict_s=0.04)).run()
    out.close()
    lines = [orjson.loads(line) for line in (tmp_path / "wall.otrk.jsonl").read_bytes().splitlines()]
    assert [line["time_ns"] for line in lines] == [frame * 40_000_000 for frame in range(1, 9)]
    status = lines[3]["sample"]["tracker"]["status"]
    assert "predicted 40 ms" in status
    guessed = spread_from_status(status)
    assert guessed is not None
    # Four pictures do not tell a velocity to a fraction of a millimetre in 40 ms.
    assert float(np.sqrt(guessed[0, 0])) > 2e-3


def test_a_second_camera_that_stops_is_named_and_the_first_goes_on(
    walked: Walked, tmp_path: Path
) -> None:
    short = tmp_path / "short"
    short.mkdir()
    first = min(walked.images.iterdir())
    (short / first.name).write_bytes(first.read_bytes())
    plates = [plate(walked), PlateSource(str(short), rate=Fraction(RATE))]
    rig = Follower([RigCamera(LENS), RigCamera(LENS)], walked.tags)
    total = OpticalTracker(plates, rig, [], Teller()).run()
    assert total.poses == 8
    # Its picture at 0 ms stands for 0, 40 and 80 ms too; from 120 to 280 ms none does: five times.
    assert dict(total.notes) == {"no picture of camera 2 beside the first's: check it and its cable": 1}


@pytest.mark.parametrize("on_film_camera", [True, False])
def test_only_the_film_camera_s_own_tags_speak_of_its_picture(
    walked: Walked, tmp_path: Path, on_film_camera: bool
) -> None:
    out = FileOutlet(tmp_path / "new.otrk.jsonl")
    mount = IDENTITY if on_film_camera else Pose((0.0, 0.0, 0.1), (1.0, 0.0, 0.0, 0.0))
    OpticalTracker(
        [plate(walked)], Follower([RigCamera(LENS, mount)], walked.tags), [out], Teller()
    ).run()
    out.close()
    for sample in read_track(tmp_path / "new.otrk.jsonl"):
        assert (" tags" in sample.status) == on_film_camera


def test_it_stops_when_asked(walked: Walked) -> None:
    tracker = OpticalTracker([plate(walked)], follower(walked), [], Teller())
    total = tracker.run(on_pose=lambda _: tracker.stop())
    assert total.frames == 1


def test_it_ends_where_no_outlet_is_left(walked: Walked, tmp_path: Path) -> None:
    full, fine = FileOutlet(tmp_path / "full.otrk.jsonl"), FileOutlet(tmp_path / "fine.otrk.jsonl")
    full.trouble = DiskFull("no space left", where="full.otrk.jsonl", todo="make room")
    total = OpticalTracker([plate(walked)], follower(walked), [full, fine], Teller()).run()
    assert total.poses == fine.reports == 8
    fine.trouble = full.trouble
    assert OpticalTracker([plate(walked)], follower(walked), [full, fine], Teller()).run().poses == 0
    full.close()
    fine.close()

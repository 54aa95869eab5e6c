"""FreeD dumps as moves and back: what a packet holds comes through, what is not there is told."""

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.formats.faults import FormatError
from openset.formats.freed import D1, decode, encode
from openset.formats.opentrackio import validate
from openset.primitives.errors import BadInput
from openset.primitives.space import IDENTITY, Pose
from openset.stage.exchange import freed
from openset.stage.exchange.model import CameraMove, Options
from openset.stage.exchange.move import lens_reports, move_from_samples, pupil_poses, sample_of
from openset.stage.tracking.samples import TrackSample

AT_50 = Options(rate=Fraction(50))


def written(folder: Path, data: bytes) -> Path:
    path = folder / "head.freed"
    path.write_bytes(data)
    return path


def test_a_dump_is_a_valid_move_at_the_rate_that_is_given(tmp_path: Path) -> None:
    packets = [D1(0.1, 0.2, 0.0, (float(x), 2.0, 1.5), zoom=500, focus=70, user=9) for x in range(3)]
    found = freed.read(written(tmp_path, b"".join(map(encode, packets))), AT_50)
    move = found.value
    assert [trouble for sample in move.samples for trouble in validate(sample)] == []
    assert move.times_ns == (0, 20_000_000, 40_000_000)
    assert [round(pose.position_m[0], 4) for pose in pupil_poses(move)] == [0, 1, 2]
    assert move.samples[0]["lens"] == {"rawEncoders": {"zoom": 500, "focus": 70}}
    assert (found.skipped, found.faults, found.unheld) == (0, (), ("user",))


def test_a_profile_says_what_the_counts_mean(tmp_path: Path) -> None:
    # Z CAM: mm x 100, mm x 10, F-number x 100: 35 mm, 2 m, F4.
    path = written(tmp_path, encode(D1(0, 0, 0, (0, 0, 0), zoom=3500, focus=20_000, user=400)))
    found = freed.read(path, Options(rate=Fraction(50), profile="z-cam"))
    report = lens_reports(found.value)[0]
    assert report is not None
    assert (report.focal_length_mm, report.focus_distance_m, report.f_stop) == (35.0, 2.0, 4.0)
    assert (found.unheld, "rawEncoders" in found.value.samples[0]["lens"]) == ((), False)


def test_of_two_cameras_the_first_is_followed(tmp_path: Path) -> None:
    one, two = (encode(D1(0, 0, 0, (float(n), 0, 0), camera_id=n)) for n in (1, 2))
    found = freed.read(written(tmp_path, one + two + b"rubbish" + one), AT_50)
    assert [pose.position_m[0] for pose in pupil_poses(found.value)] == [1.0, 1.0]
    assert found.skipped == 2
    assert found.faults == ("7 bytes belong to no packet", "1 packets of camera 2 left out")


def test_a_rate_must_be_given_and_a_packet_there(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="--rate"):
        freed.read(written(tmp_path, encode(D1(0, 0, 0, (0, 0, 0)))), Options())
    with pytest.raises(FormatError, match="no FreeD D1 packet"):
        freed.read(written(tmp_path, b"\xd1" * 100), AT_50)
    with pytest.raises(BadInput, match="no FreeD profile"):
        freed.read(written(tmp_path, b""), Options(profile="other"))


def test_a_frame_without_a_pose_is_not_invented(tmp_path: Path) -> None:
    move = CameraMove("a", (sample_of(name="a", index=0, time_ns=0, pose=None),), (0,))
    with pytest.raises(FormatError, match="frame 0: FreeD holds poses"):
        freed.write(move, tmp_path / "a.freed", Options())


def test_a_pose_beyond_freed_is_named(tmp_path: Path) -> None:
    far = TrackSample(0, Pose((200.0, 0, 0), (1.0, 0, 0, 0)))
    with pytest.raises(FormatError, match="frame 0: 200 is outside"):
        freed.write(move_from_samples("a", [far]), tmp_path / "a.freed", Options())


@pytest.mark.parametrize(
    ("more", "counts"),
    [
        ({"lens": {"rawEncoders": {"zoom": 7, "focus": 9}}}, (7, 9)),
        ({"lens": {"rawEncoders": {"zoom": [7], "focus": "9"}}}, (0, 0)),
        ({"lens": {"rawEncoders": 7}}, (0, 0)),
        ({"lens": 7, "static": {"camera": [3]}}, (0, 0)),
    ],
)
def test_counts_that_are_none_are_nought(
    more: dict[str, Any], counts: tuple[int, int], tmp_path: Path
) -> None:
    sample = {**sample_of(name="a", index=0, time_ns=0, pose=IDENTITY), **more}
    freed.write(CameraMove("a", (sample,), (0,)), tmp_path / "a.freed", Options())
    packet = decode((tmp_path / "a.freed").read_bytes())
    assert (packet.zoom, packet.focus, packet.camera_id) == (*counts, 1)


angle = st.floats(-math.pi / 2 * 0.99, math.pi / 2 * 0.99)
place = st.tuples(*[st.floats(-130, 130)] * 3)
packets = st.builds(
    D1, angle, angle, angle, place, st.integers(0, 2**24 - 1), st.integers(0, 2**24 - 1), st.just(0),
    st.integers(0, 255),
)  # fmt: skip


@settings(max_examples=30, deadline=None)
@given(st.lists(packets, min_size=1, max_size=4), st.integers(0, 255))
def test_a_dump_comes_back_packet_for_packet(
    tmp_path_factory: pytest.TempPathFactory, sent: list[D1], camera_id: int
) -> None:
    folder = tmp_path_factory.mktemp("dump")
    data = b"".join(encode(packet._replace(camera_id=camera_id)) for packet in sent)
    move = freed.read(written(folder, data), AT_50).value
    freed.write(move, folder / "again.freed", Options())
    again = (folder / "again.freed").read_bytes()
    # Angles and places go through a quaternion: the last of 24 bits may turn.
    assert len(again) == len(data)
    back = freed.read(folder / "again.freed", AT_50).value
    for before, after in zip(pupil_poses(move), pupil_poses(back), strict=True):
        assert before is not None
        assert after is not None
        assert before.position_m == pytest.approx(after.position_m, abs=2e-5)
        dot = sum(a * b for a, b in zip(before.rotation_wxyz, after.rotation_wxyz, strict=True))
        assert abs(dot) == pytest.approx(1.0, abs=1e-11)
    assert [sample.get("lens") for sample in move.samples] == [
        sample.get("lens") for sample in back.samples
    ]
    assert back.samples[0]["static"]["camera"]["label"] == str(camera_id)

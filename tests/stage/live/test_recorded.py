from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.formats import freed
from openset.formats.opentrackio import Reading, write
from openset.primitives.errors import BadInput, TrackBroken, TrackNotFound
from openset.stage.live.recorded import Report, open_recording
from openset.stage.live.replay import Replay

MS = 1_000_000


def sample(x: float, sequence: int | None = None, source: int = 1, **more: Any) -> dict[str, Any]:
    return write(
        Reading((x, 2.0, 1.5), 0.1, 0.2, 0.3, sequence=sequence, **more),
        sample_id="urn:uuid:00000000-0000-4000-8000-000000000001",
        source_id=f"urn:uuid:00000000-0000-4000-8000-{source:012x}",
        include_static=True,
    )


def line(arrival_ms: float, time_ms: float, x: float, sequence: int = 0, **more: Any) -> bytes:
    entry = {
        "arrival_ns": round(arrival_ms * MS),
        "time_ns": round(time_ms * MS),
        "sample": sample(x, sequence, **more),
    }
    return orjson.dumps(entry, option=orjson.OPT_APPEND_NEWLINE)


class Clock:
    """A clock that goes on as far as it is asked to wait, by being read."""

    def __init__(self) -> None:
        self.now_ns = 5_000 * MS

    def __call__(self) -> int:
        self.now_ns += 20_000
        return self.now_ns


def played(replay: Replay, most: int = 1000) -> list[Report]:
    reports: list[Report] = []
    while not replay.ended and len(reports) < most:
        reports += replay.receive(0.0)
    return reports


def test_a_take_is_played_as_its_tracker_sent_it_where_that_was_kept(tmp_path: Path) -> None:
    frame = orjson.dumps({"frame": 0, "pts_s": 0.0, "time_ns": 0, "sample": sample(1.0)}) + b"\n"
    (tmp_path / "track.otrk.jsonl").write_bytes(frame)
    (tmp_path / "raw.otrk.jsonl").write_bytes(b"")
    assert open_recording(tmp_path).path.name == "track.otrk.jsonl"
    (tmp_path / "raw.otrk.jsonl").write_bytes(line(0, 0, 2.0))
    assert open_recording(tmp_path).path.name == "raw.otrk.jsonl"


def test_two_sources_in_one_recording_stay_apart(tmp_path: Path) -> None:
    path = tmp_path / "t.otrk.jsonl"
    path.write_bytes(b"".join(line(t, t, 0.0, source=1 + t % 2) for t in range(6)))
    names = [report.source for report in played(Replay(open_recording(path), clock=Clock()))]
    assert len(set(names)) == 2
    assert names[:2] == names[2:4]


def test_broken_lines_cost_themselves(tmp_path: Path) -> None:
    path = tmp_path / "t.otrk.jsonl"
    path.write_bytes(
        b'{"x\n[]\n' + line(0, 0, 1.0) + b'{"sample": {"transforms": 5}, "time_ns": 3}\n' + b'{"cut'
    )
    replay = Replay(open_recording(path), clock=Clock())
    assert len(played(replay)) == 1
    assert replay.faults == {"unusable entries": 4}


def test_bare_samples_are_timed_by_their_stamps_or_a_rate(tmp_path: Path) -> None:
    path = tmp_path / "t.otrk.jsonl"
    path.write_bytes(b"".join(orjson.dumps(sample(0.0, n)) + b"\n" for n in range(3)))
    with pytest.raises(TrackBroken):
        open_recording(path)
    reports = played(Replay(open_recording(path, rate=Fraction(50)), clock=Clock()))
    assert [(r.arrival_ns - reports[0].arrival_ns) / MS for r in reports] == [0, 20, 40]
    stamped = [sample(0.0, n, sample_time_ns=n * 7 * MS) for n in range(3)]
    path.write_bytes(b"".join(orjson.dumps(each) + b"\n" for each in stamped))
    reports = played(Replay(open_recording(path), clock=Clock()))
    assert [(r.arrival_ns - reports[0].arrival_ns) / MS for r in reports] == [0, 7, 14]


def test_freed_packets_are_played_at_their_rate(tmp_path: Path) -> None:
    path = tmp_path / "head.freed"
    path.write_bytes(b"".join(freed.encode(freed.D1(0, 0, 0, (n, 0, 0))) for n in range(3)))
    with pytest.raises(BadInput, match="--rate"):
        open_recording(path)
    reports = played(Replay(open_recording(path, rate=Fraction(100)), clock=Clock()))
    assert [(r.arrival_ns - reports[0].arrival_ns) / MS for r in reports] == [0, 10, 20]


def test_what_is_no_track_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(TrackNotFound):
        open_recording(tmp_path / "none.otrk.jsonl")
    with pytest.raises(TrackNotFound, match="no track"):
        open_recording(tmp_path)
    (tmp_path / "composite.mov").write_bytes(b"moov")
    with pytest.raises(BadInput, match="holds no camera move") as caught:
        open_recording(tmp_path / "composite.mov")
    assert "--from" not in caught.value.line
    (tmp_path / "t.otrk.jsonl").write_bytes(b"{}\n")
    with pytest.raises(TrackBroken):
        open_recording(tmp_path / "t.otrk.jsonl")
    (tmp_path / "good.otrk.jsonl").write_bytes(line(0, 0, 1.0))
    with pytest.raises(BadInput, match="speed"):
        Replay(open_recording(tmp_path / "good.otrk.jsonl"), speed=0)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.binary(max_size=40),
            st.dictionaries(
                st.sampled_from(["arrival_ns", "time_ns", "pts_s", "sample", "source", "transforms"]),
                st.one_of(
                    st.none(),
                    st.integers(),
                    st.floats(),
                    st.booleans(),
                    st.just([]),
                    st.text(max_size=3),
                ),
            ).map(
                lambda entry: (
                    orjson.dumps(entry, option=orjson.OPT_PASSTHROUGH_DATACLASS)
                    if _json(entry)
                    else b"{"
                )
            ),
        ),
        max_size=8,
    )
)
def test_any_lines_are_played_or_counted(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes]
) -> None:
    path = tmp_path_factory.mktemp("lines") / "t.otrk.jsonl"
    path.write_bytes(b"\n".join(lines) + b"\n" + line(0, 0, 1.0))
    reports = played(Replay(open_recording(path), clock=Clock()))
    assert reports


def _json(entry: dict[str, Any]) -> bool:
    return all(not isinstance(value, int) or abs(value) < 2**63 for value in entry.values())


def test_any_file_that_holds_a_camera_move_is_played(tmp_path: Path) -> None:
    path = tmp_path / "camera.chan"
    path.write_text("1 0 1.5 3 0 0 0\n2 1 1.5 3 0 0 0\n3 2 1.5 3 0 0 0\n", encoding="utf-8")
    reports = played(Replay(open_recording(path, rate=Fraction(25)), clock=Clock()))
    assert [(r.arrival_ns - reports[0].arrival_ns) / MS for r in reports] == [0, 40, 80]
    assert [r.sample.stage_from_camera.position_m[0] for r in reports] == pytest.approx([0, 1, 2])
    (tmp_path / "cut.edl").write_text("TITLE: x\n", encoding="utf-8")
    with pytest.raises(BadInput, match="no camera move"):
        open_recording(tmp_path / "cut.edl")

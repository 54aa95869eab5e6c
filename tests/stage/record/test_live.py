"""Rolling: what is recorded stays, whatever happens to the process or the disk."""

import os
import shutil
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from openset.primitives.errors import AlreadyExists, BadInput, DiskFull, NotWritable
from openset.stage.record.files import count_movie, read_take, recover_take, verify_take
from openset.stage.record.live import TakeWriter
from openset.stage.record.model import (
    COMPOSITE_FILE,
    MATTE_FILE,
    PICTURE_FILE,
    RAW_FILE,
    TRACK_FILE,
    FileTotals,
)
from openset.store.mhl import is_sealed
from openset.store.production import create_production

MOVIES = (PICTURE_FILE, COMPOSITE_FILE, MATTE_FILE)
ROLLING = Path(__file__).with_name("rolling.py")


def start(root: Path, take: int, frames: int, limit_bytes: int = 0) -> "subprocess.Popen[str]":
    command = [sys.executable, str(ROLLING), str(root), str(take), str(frames), str(limit_bytes)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def killed_after(root: Path, take: int, frames: int) -> int:
    """Kill a rolling take with SIGKILL once it said `frames`; how many it had said by its death."""
    said = 0
    with start(root, take, 0) as process:
        assert process.stdout
        for line in process.stdout:
            said = int(line)
            if said == frames:
                process.kill()
    return said


def shoot_until_full(floor: Any, writer: TakeWriter) -> tuple[int, DiskFull]:
    """Add noise from the writer's next frame on until the disk is full; frames in, and the trouble."""
    for index in range(writer.frames, 1000):
        try:
            writer.add(noisy(floor, index))
        except DiskFull as trouble:
            return writer.frames, trouble
    pytest.fail("the disk never filled")


def noisy(floor: Any, index: int) -> Any:
    frame = floor.frame(index)
    grain = np.random.default_rng(index).integers(16, 235, frame.picture.y.shape, dtype=np.uint8)
    return replace(frame, picture=replace(frame.picture, y=grain), matte=grain)


def test_a_clean_take_holds_every_frame_in_every_file(floor: Any) -> None:
    folder = floor.shoot(12)
    record = read_take(folder)
    assert record.state == "closed"
    assert record.files == FileTotals(12, 12, 12, 12, 12)
    assert (record.frames, record.reason, dict(record.counts)) == (12, "cut", {"dropped": 0})
    assert verify_take(folder).failures == ()
    assert {path.name for path in folder.iterdir()} == {
        *MOVIES,
        TRACK_FILE,
        RAW_FILE,
        "take.toml",
        "ascmhl",
    }


def test_take_toml_is_there_from_the_first_moment(floor: Any) -> None:
    writer = floor.roll()
    record = read_take(writer.folder)
    assert (record.state, record.spec) == ("recording", floor.spec())
    writer.close("cut", {})


@pytest.mark.parametrize("frames", [1, 21, 60])
def test_a_killed_take_opens_unrepaired_and_lost_less_than_a_second(floor: Any, frames: int) -> None:
    said = killed_after(floor.production.root, 1, frames)
    folder = floor.production.root / "takes" / "1-A-t01"
    lines = (folder / TRACK_FILE).read_bytes()
    assert lines.count(b"\n") >= said
    if frames > 8:
        for name in MOVIES:
            assert count_movie(folder / name).frames > said - 8, name
            with av.open(str(folder / name)) as container:
                assert container.streams.video[0].metadata


@pytest.mark.parametrize("frames", [2, 33])
def test_a_killed_take_is_recovered_sealed_and_verifies(floor: Any, frames: int) -> None:
    said = killed_after(floor.production.root, 1, frames)
    folder = floor.production.root / "takes" / "1-A-t01"
    with (folder / TRACK_FILE).open("ab") as track:
        track.write(b'{"frame": 99, "torn')
    assert not verify_take(folder).ok
    record = recover_take(folder)
    assert record.state == "recovered"
    assert max(0, said - 8) <= record.frames <= record.files.track_lines
    assert record.poses.tracked + record.poses.held == record.files.track_lines
    assert verify_take(folder).failures == ()
    assert recover_take(folder) == record
    assert list(folder.glob(".*")) == []


def test_killed_while_it_closes_a_take_is_still_brought_home(floor: Any) -> None:
    for take, delay_s in enumerate((0.0, 0.004, 0.012), 1):
        with start(floor.production.root, take, 20) as process:
            assert process.stdout
            while process.stdout.readline().strip() != "closing":
                assert process.poll() is None
            threading.Event().wait(delay_s)
            process.kill()
        folder = floor.production.root / "takes" / f"1-A-t{take:02d}"
        assert recover_take(folder).frames >= 12
        assert verify_take(folder).failures == ()


def test_a_take_that_is_being_recorded_is_not_recovered(floor: Any) -> None:
    writer = floor.roll()
    writer.add(floor.frame(0))
    with pytest.raises(BadInput, match="being recorded"):
        recover_take(writer.folder)
    writer.close("cut", {})
    assert recover_take(writer.folder).state == "closed"


def test_a_full_disk_is_said_clearly_and_the_take_closes_with_all_its_frames(
    floor: Any, small_disk: Path
) -> None:
    production = create_production(small_disk / "lane", title="Lane", rate=floor.spec().rate)
    writer = TakeWriter(production, floor.spec(), floor.started)
    frames, trouble = shoot_until_full(floor, writer)
    assert trouble.where.startswith(str(writer.folder))
    with pytest.raises(DiskFull):
        writer.add(noisy(floor, frames))
    record = writer.close("disk full", {})
    assert (record.frames, record.state) == (frames, "closed")
    assert [fault.kind for fault in record.faults] == ["DiskFull"]
    assert verify_take(writer.folder).failures == ()


def test_a_disk_filled_by_others_in_mid_take_loses_nothing_recorded(
    floor: Any, small_disk: Path
) -> None:
    production = create_production(small_disk / "lane", title="Lane", rate=floor.spec().rate)
    writer = TakeWriter(production, floor.spec(), floor.started)
    for index in range(30):
        writer.add(noisy(floor, index))
    free = shutil.disk_usage(small_disk).free
    (small_disk / "others").write_bytes(bytes(free - 50_000))
    frames, _ = shoot_until_full(floor, writer)
    assert writer.close("disk full", {}).frames == frames >= 30
    assert verify_take(writer.folder).failures == ()


def test_a_disk_that_takes_nothing_more_leaves_what_it_has(floor: Any) -> None:
    said = []
    with start(floor.production.root, 1, 0, limit_bytes=700_000) as process:
        assert process.stdout
        said = process.stdout.read().splitlines()
    last, closing, end = said[-3:]
    state, frames, kind = end.split()
    assert (closing, state, kind) == ("closing", "closed", "DiskFull")
    assert int(last) - int(frames) < 10
    folder = floor.production.root / "takes" / "1-A-t01"
    assert verify_take(folder).failures == ()
    assert "no space left" in read_take(folder).reason


def test_a_folder_one_may_not_write_to_makes_no_take(floor: Any) -> None:
    takes = floor.production.root / "takes"
    script = (
        "import os, sys; from pathlib import Path\n"
        f"sys.path.insert(0, {str(ROLLING.parent)!r})\n"
        "from conftest import STARTED, make_spec\n"
        "from openset.stage.record.live import TakeWriter\n"
        "from openset.store.production import open_production\n"
        "production = open_production(Path(sys.argv[1]))\n"
        "if os.geteuid() == 0: os.setegid(65534); os.seteuid(65534)\n"
        "try: TakeWriter(production, make_spec(), STARTED)\n"
        "except Exception as error: print(type(error).__name__, error.where)\n"
    )
    takes.chmod(0o555)
    done = subprocess.run(
        [sys.executable, "-c", script, str(floor.production.root)],
        capture_output=True,
        text=True,
        check=True,
    )
    takes.chmod(0o755)
    name, where = done.stdout.split()
    assert (name, where.startswith(str(takes))) == (NotWritable.__name__, True)
    assert list(takes.iterdir()) == []


def test_a_take_is_never_recorded_over(floor: Any) -> None:
    folder = floor.shoot(2)
    before = (folder / PICTURE_FILE).read_bytes()
    with pytest.raises(AlreadyExists, match="next take"):
        floor.roll()
    assert (folder / PICTURE_FILE).read_bytes() == before


def test_a_take_that_cannot_open_leaves_no_folder(floor: Any) -> None:
    spec = replace(floor.spec(), key={"odd": object()})
    with pytest.raises(BadInput, match="cannot hold"):
        TakeWriter(floor.production, spec, floor.started)
    assert list((floor.production.root / "takes").iterdir()) == []


def test_frames_out_of_order_or_of_another_size_are_refused_and_nothing_is_written(floor: Any) -> None:
    writer = floor.roll()
    writer.add(floor.frame(0))
    small = replace(floor.frame(1), picture=replace(floor.picture(1), y=floor.picture(1).y[:50]))
    for wrong in (floor.frame(2), floor.frame(0), small, replace(floor.frame(1), matte=None)):
        with pytest.raises(ValueError, match=r"frame|matte"):
            writer.add(wrong)
    writer.add(floor.frame(1))
    assert writer.close("cut", {}).files == FileTotals(2, 2, 2, 2, 0)


def test_a_closed_take_takes_no_more(floor: Any) -> None:
    writer = floor.roll()
    writer.close("cut", {})
    with pytest.raises(ValueError, match="closed"):
        writer.add(floor.frame(0))
    with pytest.raises(ValueError, match="closed"):
        writer.close("cut", {})


def test_a_take_cut_before_its_first_frame_is_whole_and_empty(floor: Any) -> None:
    folder = floor.shoot(0)
    assert read_take(folder).frames == 0
    assert verify_take(folder).failures == ()


def test_without_a_matte_none_is_written(floor: Any) -> None:
    folder = floor.shoot(3, matte=False)
    assert not (folder / MATTE_FILE).exists()
    assert verify_take(folder).failures == ()


def test_faults_reach_the_disk_while_the_take_still_rolls(floor: Any) -> None:
    writer = floor.roll()
    writer.note_fault(7, "tracking", "the tracker fell silent")
    assert len(read_take(writer.folder).faults) == 0
    writer._sync()
    assert [fault.text for fault in read_take(writer.folder).faults] == ["the tracker fell silent"]
    writer.close("cut", {})
    assert len(read_take(writer.folder).faults) == 1


def test_a_flood_of_faults_is_bounded(floor: Any) -> None:
    writer = floor.roll()
    for number in range(5000):
        writer.note_fault(number, "tracking", "again")
    assert len(writer.close("cut", {}).faults) == 1000


def test_no_thread_and_no_open_file_outlives_a_take(floor: Any) -> None:
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    others = set(threading.enumerate())
    floor.shoot(3)
    assert not [t.name for t in threading.enumerate() if t not in others]
    if before:
        assert len(os.listdir("/proc/self/fd")) == before
    assert is_sealed(floor.production.root / "takes" / "1-A-t01")

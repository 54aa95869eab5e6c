"""A growing file outlives a full disk: the reserve lets it close; without one it is left as it was."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from openset.primitives.errors import DiskFull, NotWritable
from openset.store.recording import RecordingFile, Reserve, is_locked

LIMITED = """
import resource, sys
from pathlib import Path
from openset.store.recording import RecordingFile
file = RecordingFile(Path(sys.argv[1]))
file.write(b"a" * 900)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
for _ in range(2):
    try: file.write(b"b" * 200)
    except OSError as error: print(error.errno)
print(type(file.trouble).__name__, file.dead)
file.close()
"""


def test_what_is_written_is_there_at_once_without_a_flush(tmp_path: Path) -> None:
    file = RecordingFile(tmp_path / "a")
    file.write(b"one line\n")
    assert (tmp_path / "a").read_bytes() == b"one line\n"
    file.seek(4)
    file.write(b"tape")
    assert file.tell() == 8
    file.close()
    file.close()
    assert (tmp_path / "a").read_bytes() == b"one tape\n"


def test_a_file_that_exists_is_never_recorded_over(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    with pytest.raises(NotWritable, match="exists"):
        RecordingFile(tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == b"x"


def test_past_the_limit_a_file_is_left_as_it_is_and_later_writes_are_refused(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(tmp_path / "a")], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["27", "5", "DiskFull", "True"]
    assert (tmp_path / "a").read_bytes() == b"a" * 900 + b"b" * 100


def test_on_a_full_disk_the_reserve_is_given_back_and_the_write_goes_on(small_disk: Path) -> None:
    reserve = Reserve(small_disk / ".reserve", 1 << 20)
    file = RecordingFile(small_disk / "a", reserve)
    written = 0
    while file.trouble is None:
        written += file.write(bytes(200_000))
    assert isinstance(file.trouble, DiskFull)
    assert not file.dead
    assert os.path.getsize(small_disk / "a") == written
    assert not reserve.path.exists()
    with pytest.raises(OSError):
        file.write(bytes(2 << 20))
    assert file.dead
    file.close()


def test_a_reserve_that_does_not_fit_is_a_full_disk(small_disk: Path) -> None:
    with pytest.raises(DiskFull, match="reserve"):
        Reserve(small_disk / ".reserve", 64 << 20)


def test_a_recorded_file_is_locked_until_it_is_closed(tmp_path: Path) -> None:
    file = RecordingFile(tmp_path / "a")
    assert not is_locked(tmp_path / "a")
    file.lock()
    assert is_locked(tmp_path / "a")
    file.close()
    assert not is_locked(tmp_path / "a")

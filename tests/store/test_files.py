"""Writes are whole or not at all, and the disk's troubles have names."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from openset.primitives.errors import BadInput, DiskFull, NotWritable
from openset.store.files import (
    disk_error,
    free_bytes,
    hash_file,
    make_folder,
    read_small,
    write_atomic,
)


def test_a_write_replaces_the_whole_file_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    write_atomic(path, b"old and long")
    path.chmod(0o600)
    write_atomic(path, b"new")
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_new_file_can_be_read_by_whom_the_umask_allows(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_atomic(tmp_path / "a", b"x")
    finally:
        os.umask(before)
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o640


def test_a_file_too_large_for_the_disk_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")
    script = (
        "import resource, sys; from pathlib import Path\n"
        "from openset.store.files import write_atomic\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try: write_atomic(Path(sys.argv[1]), bytes(5000))\n"
        "except Exception as error: print(type(error).__name__, error.exit_code, error.where)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["DiskFull", "20", str(path)]
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_one_may_not_write_to_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    script = (
        "import os, sys; from pathlib import Path\n"
        "from openset.store.files import write_atomic, make_folder\n"
        "if os.geteuid() == 0: os.setegid(65534); os.seteuid(65534)\n"
        "for work in (lambda p: write_atomic(p, b'x'), make_folder):\n"
        "    try: work(Path(sys.argv[1]))\n"
        "    except Exception as error: print(type(error).__name__, error.exit_code, error.where)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "a")], capture_output=True, text=True, check=True
    )
    tmp_path.chmod(0o755)
    assert done.stdout.splitlines() == [f"NotWritable 21 {tmp_path / 'a'}"] * 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_every_way_a_disk_is_full_is_disk_full(code: int) -> None:
    assert isinstance(disk_error(OSError(code, "x"), Path("/a")), DiskFull)


@pytest.mark.parametrize("code", [errno.EACCES, errno.EROFS, errno.EPERM, errno.EIO])
def test_every_other_refusal_is_not_writable_with_its_reason(code: int) -> None:
    error = disk_error(OSError(code, os.strerror(code)), Path("/a"))
    assert isinstance(error, NotWritable)
    assert os.strerror(code) in error.line


def test_the_hash_is_the_published_xxh128(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"")
    assert hash_file(path) == "99aa06d3014798d86001c324468d497f"
    path.write_bytes(bytes(9_000_000))
    whole = hash_file(path)
    path.write_bytes(bytes(8_999_999) + b"\x01")
    assert hash_file(path) != whole


def test_free_space_is_asked_of_the_nearest_folder_that_exists(tmp_path: Path) -> None:
    assert free_bytes(tmp_path / "not" / "yet") > 0


def test_a_folder_is_made_with_its_parents(tmp_path: Path) -> None:
    assert make_folder(tmp_path / "a" / "b").is_dir()
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(NotWritable, match="file"):
        make_folder(tmp_path / "file" / "b")


def test_a_small_file_is_read_whole_or_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "lens.json"
    with pytest.raises(BadInput, match=r"no such lens file\. Make one"):
        read_small(path, 4, "lens file", "Make one")
    path.write_bytes(b"1234")
    assert read_small(path, 4, "lens file", "Make one") == b"1234"
    path.write_bytes(b"12345")
    with pytest.raises(BadInput, match="larger than any lens file"):
        read_small(path, 4, "lens file", "Make one")
    with pytest.raises(BadInput, match="cannot be read"):
        read_small(tmp_path, 4, "lens file", "Make one")

"""Writes that are never found half done, hashes, and the disk's troubles by name."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import xxhash

from openset.primitives.errors import BadInput, DiskFull, NotWritable, OpensetError

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_BLOCK_BYTES = 4 << 20


def disk_error(error: OSError, path: Path) -> OpensetError:
    """DiskFull or NotWritable for what the operating system said while writing `path`."""
    if error.errno in FULL:
        return DiskFull(
            "no space left while writing", where=str(path), todo="Free space on this disk and go on"
        )
    reason = error.strerror or str(error)
    return NotWritable(
        f"cannot be written ({reason})", where=str(path), todo="Choose a folder you may write to"
    )


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Everything inside that fails for the disk's sake raises DiskFull or NotWritable naming `path`."""
    try:
        yield
    except OSError as error:
        raise disk_error(error, path) from error


def write_atomic(path: Path, data: bytes, *, mode: int | None = None) -> None:
    """Replace `path` by `data` whole: a reader, or the next start after a power cut, finds the old
    bytes or the new ones and nothing between. The file keeps its mode, or gets `mode` (0o600 for a
    secret). Raises DiskFull, NotWritable."""
    with writing(path):
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".new", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fchmod(file.fileno(), _mode(path) if mode is None else mode)
                os.fsync(file.fileno())
            os.replace(name, path)
        except BaseException:
            with suppress(FileNotFoundError):
                os.unlink(name)
            raise
        sync_folder(path.parent)


def read_small(path: Path, most_bytes: int, what: str, todo: str) -> bytes:
    """The bytes of a file that is never larger than `most_bytes`. Raises BadInput, in which `what`
    names the kind of file and `todo` where one comes from."""
    try:
        with path.open("rb") as stream:
            data = stream.read(most_bytes + 1)
    except FileNotFoundError as error:
        raise BadInput(f"no such {what}", where=str(path), todo=todo) from error
    except OSError as error:
        raise BadInput(f"the {what} cannot be read ({error.strerror})", where=str(path)) from error
    if len(data) > most_bytes:
        raise BadInput(f"this is larger than any {what}", where=str(path), todo=todo)
    return data


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` durable, as fsync does for a file's bytes."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_folder(folder: Path) -> Path:
    """`folder`, made with its parents where absent. Raises DiskFull, NotWritable."""
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def hash_file(path: Path) -> str:
    """The file's xxh128 (XXH3, 128 bits) as 32 hex digits, as ASC MHL writes it."""
    digest = xxhash.xxh3_128()
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
    return str(digest.hexdigest())


def free_bytes(path: Path) -> int:
    """Bytes an ordinary user may still write on the disk that holds `path` or its nearest parent."""
    probe = path.absolute()
    while not probe.exists():
        probe = probe.parent
    return shutil.disk_usage(probe).free


def _mode(path: Path) -> int:
    """The mode `path` has, or the one a new file gets under this process's umask."""
    with suppress(FileNotFoundError):
        return path.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask

"""Files that grow while a take rolls, and the space set aside to close them on a full disk."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path

from openset.primitives.errors import OpensetError
from openset.store.files import FULL, disk_error, writing


class Reserve:
    """Space set aside, given back the moment the disk is full so that what is open can close."""

    def __init__(self, path: Path, size_bytes: int) -> None:
        self.path = path
        with writing(path), path.open("wb") as file:
            file.write(bytes(size_bytes))

    def release(self) -> bool:
        """Give the space back; False if that was done before."""
        try:
            self.path.unlink()
        except FileNotFoundError:
            return False
        return True


class RecordingFile:
    """A file that grows while a take rolls: unbuffered, so a killed process loses nothing written.

    When the disk is full the reserve is released and the write goes on; `trouble` then holds the
    DiskFull that the owner reports. When even that fails the file is left as it is, later writes are
    refused (so that no encoder rewrites its head), and what was written stays readable.
    Offers what PyAV asks of an output: write, seek, tell, seekable, flush.
    """

    def __init__(self, path: Path, reserve: Reserve | None = None) -> None:
        self.path = path
        self.trouble: OpensetError | None = None
        self._reserve = reserve
        self._dead = False
        with writing(path):
            self._file = path.open("xb", buffering=0)

    @property
    def name(self) -> str:
        """The path: FFmpeg opens the file a second time to move an index to its front."""
        return str(self.path)

    def write(self, data: bytes) -> int:
        """All of `data`, in as many system calls as it takes. Raises OSError where the disk refuses."""
        if self._dead:
            raise OSError(errno.EIO, "closed after an earlier write failed", str(self.path))
        view = memoryview(data)
        done = 0
        while done < len(view):
            try:
                done += self._file.write(view[done:]) or 0
            except OSError as error:
                self._survive(error)
        return len(view)

    def _survive(self, error: OSError) -> None:
        self.trouble = self.trouble or disk_error(error, self.path)
        if error.errno in FULL and self._reserve is not None and self._reserve.release():
            return
        self._dead = True
        raise error

    @property
    def dead(self) -> bool:
        """True once the disk refused a write for good."""
        return self._dead

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """As of a raw file."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """As of a raw file."""
        return self._file.tell()

    def seekable(self) -> bool:
        """True: containers rewrite their heads."""
        return True

    def writable(self) -> bool:
        """True: this is an output."""
        return True

    def readable(self) -> bool:
        """False: nothing is read back while recording."""
        return False

    def flush(self) -> None:
        """Nothing is held back, so there is nothing to do."""

    def sync(self) -> None:
        """Bytes to the platter: what is written so far survives a power cut. Raises OSError."""
        if not self._file.closed:
            os.fsync(self._file.fileno())

    def lock(self) -> None:
        """Mark the file as being recorded, until it is closed or this process ends."""
        fcntl.flock(self._file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)

    def close(self) -> None:
        """Sync and close; closing twice is fine. Raises OSError."""
        if not self._file.closed:
            try:
                self.sync()
            finally:
                self._file.close()


def is_locked(path: Path) -> bool:
    """True while a living process records `path` (see RecordingFile.lock)."""
    with path.open("rb") as file:
        try:
            fcntl.flock(file.fileno(), fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False

"""Every trouble Openset can name, each with the exit code its command ends with.

    OpensetError                 1   something Openset has no name for yet
    ├── BadInput                 2   a value or file the user gave cannot be used
    ├── PlateNotFound           10   no picture: file missing, device silent, address unreachable
    ├── PlateBroken             11   the picture cannot be decoded, or stopped in mid-file
    ├── TrackNotFound           12   no track: file missing, or nothing arrived on the port
    ├── TrackBroken             13   the track file holds no usable pose
    ├── SetNotFound             14   the production has no set of that name
    ├── SetBroken               15   the set cannot be read
    ├── ProductionNotFound      16   the folder is not a production
    ├── AlreadyExists           17   refusing to replace what is there
    ├── DiskFull                20   no space left while writing
    ├── NotWritable             21   the folder or disk is read-only
    ├── PortInUse               22   another engine or program holds the port
    ├── VerifyFailed            30   a hash or figure does not hold
    ├── PartMissing             40   an optional part of Openset is not installed
    └── NoAdapter               41   no Vulkan adapter for the gpu back end

Each error is one line: what happened, where, what to do next.
"""

from __future__ import annotations


class OpensetError(Exception):
    """A trouble a person can act on. `what` and `where` name it, `todo` says what to do next."""

    exit_code = 1

    def __init__(self, what: str, *, where: str = "", todo: str = "") -> None:
        self.what = what
        self.where = where
        self.todo = todo
        super().__init__(self.line)

    @property
    def line(self) -> str:
        """The trouble as one line, the way the command line prints it."""
        head = f"{self.where}: {self.what}" if self.where else self.what
        stop = "" if head.endswith("?") else "."
        line = f"{head}{stop} {self.todo}" if self.todo else head
        return " ".join(line.split())


class BadInput(OpensetError):
    """A value or file the user gave cannot be used."""

    exit_code = 2


class PlateNotFound(OpensetError):
    """No picture: the file is missing, the device silent, the address unreachable."""

    exit_code = 10


class PlateBroken(OpensetError):
    """The picture cannot be decoded, or stopped in mid-file."""

    exit_code = 11


class TrackNotFound(OpensetError):
    """No track: the file is missing, or nothing arrived on the port."""

    exit_code = 12


class TrackBroken(OpensetError):
    """The track file holds no usable pose."""

    exit_code = 13


class SetNotFound(OpensetError):
    """The production has no set of that name."""

    exit_code = 14


class SetBroken(OpensetError):
    """The set cannot be read."""

    exit_code = 15


class ProductionNotFound(OpensetError):
    """The folder is not a production."""

    exit_code = 16


class AlreadyExists(OpensetError):
    """Refusing to replace what is there."""

    exit_code = 17


class DiskFull(OpensetError):
    """No space left while writing."""

    exit_code = 20


class NotWritable(OpensetError):
    """The folder or disk is read-only."""

    exit_code = 21


class PortInUse(OpensetError):
    """Another engine or program holds the port."""

    exit_code = 22


class VerifyFailed(OpensetError):
    """A hash or figure does not hold."""

    exit_code = 30


class PartMissing(OpensetError):
    """An optional part of Openset is not installed."""

    exit_code = 40


class NoAdapter(OpensetError):
    """No Vulkan adapter for the gpu back end."""

    exit_code = 41


def all_errors() -> list[type[OpensetError]]:
    """Every error class, by exit code: the table the docs and the tests are checked against."""
    return sorted([OpensetError, *OpensetError.__subclasses__()], key=lambda error: error.exit_code)

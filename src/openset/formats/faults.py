"""What every format says of bytes or text it cannot use: one error, with the place."""

from __future__ import annotations

from openset.primitives.errors import BadInput


class FormatError(ValueError):
    """Bytes or text that are not what they should be.

    `trouble` is a sentence without its place; `at` is the place as a person finds it ("line 12",
    "byte 340", "lens.fStop"), empty where there is none. Every decoder in `formats` raises this or a
    subclass, and nothing else, whatever it is given.
    """

    def __init__(self, trouble: str, at: str = "") -> None:
        self.trouble = trouble
        self.at = at
        super().__init__(f"{at}: {trouble}" if at else trouble)

    def in_file(self, path: object, todo: str) -> BadInput:
        """The same said of a file: where it lies, the place in it, and what to do."""
        where = f"{path}, {self.at}" if self.at else str(path)
        return BadInput(self.trouble, where=where, todo=todo)

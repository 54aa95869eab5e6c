"""Names that become folders and links: slates and set names, safe on every disk and in every URL."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from openset.primitives.errors import BadInput

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.]*[A-Za-z0-9])?")
_SET = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?")
_TAKE = re.compile(
    r"(?P<scene>[A-Za-z0-9_.]+)-(?P<shot>[A-Za-z0-9_.]+)-t(?P<take>[0-9]{2}|[1-9][0-9]{2,3})"
)


@dataclass(frozen=True, order=True)
class TakeId:
    """A slate: scene 12A, shot B, take 3, written 12A-B-t03. Scene and shot hold no hyphen."""

    scene: str
    shot: str
    take: int

    def __str__(self) -> str:
        return f"{self.scene}-{self.shot}-t{self.take:02d}"


def check_name(text: str, what: str) -> str:
    """`text` if it can name a scene or shot (letters, digits, '_' and '.'); BadInput if not."""
    if not _NAME.fullmatch(text) or ".." in text or len(text) > 40:
        raise BadInput(
            f"{what} {text!r} cannot be a folder name",
            todo="Use letters, digits, '_' and '.', at most 40 of them",
        )
    return text


def scene_folder(number: str) -> str:
    """A scene's number as slates and folders write it: 12A stays, 12-A becomes 12_A, ١٢ becomes 12.

    `check_name` takes it unless nothing is left, which is "_": no slate has that.
    """
    letters = unicodedata.normalize("NFKD", number)
    plain = "".join(str(unicodedata.decimal(c, c)) for c in letters if not unicodedata.combining(c))
    safe = re.sub(r"\.{2,}", ".", re.sub(r"[^A-Za-z0-9_.]", "_", plain))
    return safe.strip("_.")[:40].rstrip("_.") or "_"


def check_set_name(text: str) -> str:
    """`text` if it can name a set (as a scene name, '-' allowed inside); BadInput if not."""
    if not _SET.fullmatch(text) or ".." in text or len(text) > 60:
        raise BadInput(
            f"set {text!r} cannot be a folder name",
            todo="Use letters, digits, '_', '.' and '-', at most 60 of them",
        )
    return text


def parse_take_id(text: str) -> TakeId:
    """'1-A-t03' to its parts; BadInput for anything else."""
    match = _TAKE.fullmatch(text)
    if match is None:
        raise BadInput(f"{text!r} is not a take", todo="Takes are named like 1-A-t03")
    return TakeId(
        check_name(match["scene"], "scene"),
        check_name(match["shot"], "shot"),
        int(match["take"]),
    )

"""A timeline's media when it moves to another folder.

Relative paths count from the file a timeline is read from; what lies there is told from where the new
file will lie. What does not lie there keeps its path, for it may be relative to anything.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import opentimelineio as otio

from openset.stage.exchange import timeline_parts as parts
from openset.stage.exchange.timeline_otio import MEDIA, ORIGINAL, local_file


def rebase(timeline: Any, before: Path, after: Path) -> None:
    """Relative paths to media from the folder `before`, those that are there, as paths from `after`."""
    for media in _references(timeline):
        if isinstance(media, otio.schema.ExternalReference):
            media.target_url = moved(str(media.target_url), before, after)
        elif isinstance(media, otio.schema.ImageSequenceReference):
            base = str(media.target_url_base)
            media.target_url_base = moved(base, before, after) + "/" * base.endswith("/")


def unbundle(timeline: Any, before: Path, after: Path) -> list[str]:
    """The paths of a bundle that lies in `before` as paths from `after`: to where its media came from,
    if they still are there. The media that are in the bundle only are given back by name."""
    inside = []
    for media in _references(timeline):
        if not isinstance(media, otio.schema.ExternalReference):
            continue
        url, original = str(media.target_url), parts.said(media, ORIGINAL)
        if isinstance(original, str):
            del media.metadata[ORIGINAL]
            if found(original, before) or local_file(original, before):
                media.target_url = moved(original, before, after)
                continue
        if url != original and url.startswith(f"{MEDIA}/"):
            inside.append(url)
    return list(dict.fromkeys(inside))


def moved(url: str, before: Path, after: Path) -> str:
    """A relative path from `before` as one from `after`; anything else, and what is not there, as it
    is."""
    there = None if "://" in url or Path(url).is_absolute() else found(url, before)
    if there is None:
        return url
    path = Path(os.path.relpath(there, after)).as_posix()
    return path if there == before / url else quote(path)


def found(url: str, folder: Path) -> Path | None:
    """The file or folder that a path means, as typed or with its %20 read as a space."""
    for said in (url, unquote(url)) if url and "://" not in url else ():
        try:
            if (folder / said).exists():
                return folder / said
        except (OSError, ValueError):
            continue
    return None


def _references(timeline: Any) -> list[Any]:
    """The media of all clips, those among them that a clip does not use now."""
    return [media for clip in timeline.find_clips() for media in clip.media_references().values()]

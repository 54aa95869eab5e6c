"""Final Draft's title page: centred lines without names, against Fountain's keys.

Title, credit, author and source stand centred in that order with empty lines between, as the program's
own template has them; everything else is a line "Key: value", a value of several lines indented below.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

CENTRED = ("title", "credit", "author", "source")
_KEY = re.compile(r"([^\s:][^:]{0,40}):(?:\s+(.*))?")
_INDENT = "    "


@dataclass(frozen=True)
class TitleLine:
    """A line of the page, empty for a gap."""

    text: str
    centred: bool


def title_page(lines: Sequence[str]) -> dict[str, str]:
    """The page's lines, with Fountain's marks, as keys and values.

    Lines before the first "Key: value" are groups set apart by empty lines: title, credit, author,
    source; two groups are title and author. What is left over is contact.
    """
    groups: list[list[str]] = [[]]
    values: dict[str, list[str]] = {}
    key = ""
    for line in (part for text in lines for part in text.split("\n")):
        match = _KEY.fullmatch(line.rstrip())
        if match and "//" not in line[match.end(1) : match.end(1) + 3]:
            key = match[1].strip().lower()
            values.setdefault(key, []).extend([match[2].strip()] if match[2] else [])
        elif key and line.startswith(_INDENT) and line.strip():
            values[key].append(line.strip())
        elif line.strip():
            key = ""
            groups[-1].append(line.strip())
        elif groups[-1]:
            groups.append([])
    return _named([group for group in groups if group], values)


def title_lines(values: dict[str, str]) -> list[TitleLine]:
    """The page to write; `title_page` gives back the same values."""
    centred = [key for key in CENTRED if values.get(key)]
    for count in range(len(centred), 0, -1):
        lines = _page(values, centred[:count])
        if title_page([line.text for line in lines]) == values:
            return lines
    return _page(values, [])


def _named(groups: list[list[str]], values: dict[str, list[str]]) -> dict[str, str]:
    names = ("title", "author") if len(groups) == 2 else CENTRED
    out = {name: "\n".join(group) for name, group in zip(names, groups, strict=False)}
    left = [line for group in groups[len(CENTRED) :] for line in group]
    if left:
        values = {**values, "contact": [*values.get("contact", []), *left]}
    for key, parts in values.items():
        out[key] = "\n".join([*([out[key]] if out.get(key) else []), *parts])
    return out


def _page(values: dict[str, str], centred: Sequence[str]) -> list[TitleLine]:
    lines: list[TitleLine] = []
    for key in centred:
        lines += [TitleLine(part, True) for part in values[key].split("\n")]
        lines.append(TitleLine("", True))
    for key in (each for each in values if each not in centred):
        name = key.capitalize() if key.capitalize().lower() == key else key
        parts = [part for part in values[key].split("\n") if part.strip()]
        if len(parts) > 1:
            lines.append(TitleLine(f"{name}:", False))
            lines += [TitleLine(f"{_INDENT}{part.strip()}", False) for part in parts]
        else:
            lines.append(TitleLine(f"{name}: {parts[0].strip()}" if parts else f"{name}:", False))
    return lines

"""The text of a Nuke script (.nk): commands and their words, nodes with their knobs, and which node
stands on which. Pure and without recursion, so that any text can be tried.

A script is Tcl-like: a command is words up to the end of the line, a word is bare, in quotes or in
braces, and what is in braces may span lines. `Camera3 { … }` makes a node that takes its inputs from a
stack and puts itself there; `push 0`, `push $name` and `set name [stack 0]` work on that stack. What
lies between a Group and its `end_group` has a stack of its own.
Source: Foundry, Nuke developers' guide; curves: "Curve serialisation format".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from openset.formats.faults import FormatError

MOST_NODES = 100_000
_MOST_INPUTS = 100
_GROUPS = ("Group", "LiveGroup")


class NukeError(FormatError):
    """Text that is no Nuke script."""


@dataclass(frozen=True)
class Node:
    """A node: its class ("Camera3"), knobs as they are written, the index of the node its first input
    comes from (None for nothing), and the line it begins on."""

    kind: str
    knobs: dict[str, str]
    parent: int | None
    line: int

    @property
    def name(self) -> str:
        """The node's name, else its class."""
        return self.knobs.get("name", self.kind)


def words(text: str, first_line: int = 1) -> Iterator[tuple[int, list[str]]]:
    """The commands of a text, each with its line: words without their quotes or outer braces.

    Raises NukeError for a brace or quote that is never closed.
    """
    at, end, line = 0, len(text), first_line
    command: list[str] = []
    began = line
    while at < end:
        letter = text[at]
        if letter in "\n;":
            if command:
                yield began, command
                command = []
            line += letter == "\n"
            at += 1
        elif letter.isspace():
            at += 1
        elif letter == "\\" and text[at + 1 : at + 2] == "\n":
            line, at = line + 1, at + 2
        elif letter == "#" and not command:
            at = _line_end(text, at)
        else:
            if not command:
                began = line
            word, after = _word(text, at, line)
            command.append(word)
            line += text.count("\n", at, after)
            at = after
    if command:
        yield began, command


def nodes(text: str) -> list[Node]:
    """Every node of a script in order. Raises NukeError where the text cannot be taken apart."""
    out: list[Node] = []
    stack: list[int | None] = []
    around: list[list[int | None]] = []
    named: dict[str, int | None] = {}
    for line, command in words(text):
        verb, *rest = command
        if verb == "push" and rest:
            stack.append(named.get(rest[0].removeprefix("$")))
        elif verb == "set" and rest and rest[-1:] == ["[stack 0]"]:
            named[rest[0]] = stack[-1] if stack else None
        elif verb == "end_group" and around:
            stack = around.pop()
        elif len(rest) == 1 and verb[:1].isupper():
            knobs = _knobs(rest[0], line)
            taken = [stack.pop() if stack else None for _ in range(_inputs(verb, knobs))]
            out.append(Node(verb, knobs, taken[0] if taken else None, line))
            stack.append(len(out) - 1)
            if verb in _GROUPS:
                around.append(stack)
                stack = []
            if len(out) > MOST_NODES:
                raise NukeError(f"more than {MOST_NODES} nodes", f"line {line}")
    return out


def listed(value: str) -> list[str]:
    """A knob's value as its parts: "{1 2 3}" and "{{curve …} {curve …}}" give three and two."""
    parts = [part for _, command in words(value) for part in command]
    return parts


def _word(text: str, at: int, line: int) -> tuple[str, int]:
    """The word that begins at `at` and where it ends."""
    if text[at] == "{":
        after = _closing(text, at, line)
        return text[at + 1 : after - 1], after
    if text[at] == '"':
        after = at + 1
        while after < len(text) and text[after] != '"':
            after += 2 if text[after] == "\\" else 1
        if after >= len(text):
            raise NukeError("a quote is never closed", f"line {line}")
        return _unescaped(text[at + 1 : after]), after + 1
    return _bare(text, at)


def _bare(text: str, at: int) -> tuple[str, int]:
    after, depth = at, 0
    while after < len(text):
        letter = text[after]
        if letter == "\\":
            after += 2
            continue
        depth += (letter == "[") - (letter == "]")
        if letter == "\n" or (depth <= 0 and (letter.isspace() or letter == ";")):
            break
        after += 1
    after = min(after, len(text))
    return text[at:after], after


def _closing(text: str, at: int, line: int) -> int:
    """The place after the brace that closes the one at `at`."""
    depth, after = 0, at
    while after < len(text):
        letter = text[after]
        if letter == "\\":
            after += 2
            continue
        depth += (letter == "{") - (letter == "}")
        after += 1
        if depth == 0:
            return after
    raise NukeError("a brace is never closed", f"line {line}")


def _line_end(text: str, at: int) -> int:
    found = text.find("\n", at)
    return len(text) if found < 0 else found


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    out, at = [], 0
    while at < len(text):
        escaped = text[at] == "\\" and at + 1 < len(text)
        letter = text[at + escaped]
        out.append({"n": "\n", "t": "\t"}.get(letter, letter) if escaped else letter)
        at += 1 + escaped
    return "".join(out)


def _knobs(body: str, line: int) -> dict[str, str]:
    """Knobs with their values; several words are kept each in braces, as `listed` reads them."""
    out: dict[str, str] = {}
    for _, command in words(body, line):
        name, *values = command
        if name == "addUserKnob":
            continue
        out[name] = values[0] if len(values) == 1 else " ".join(f"{{{value}}}" for value in values)
    return out


def _inputs(kind: str, knobs: dict[str, str]) -> int:
    """How many nodes a node takes from the stack: what it says, else one; "1+1" has a mask besides."""
    if kind in ("Root", "Read", "Constant", "BackdropNode", "StickyNote"):
        return 0
    total = 0
    for part in knobs.get("inputs", "1").split("+"):
        if not re.fullmatch("[0-9]+", part.strip()):
            return 1
        total += min(_MOST_INPUTS, int(part.strip()[:4]))
    return min(_MOST_INPUTS, total)

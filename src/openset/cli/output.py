"""How every command answers: a table for people, one JSON object for programs, one line for trouble."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from openset.primitives.errors import OpensetError

Figures = dict[str, Any]


class Output:
    """One command's answer. With `as_json`, stdout carries exactly one JSON object; everything said on
    the way goes to stderr."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json

    def say(self, text: str) -> None:
        """Progress, on stderr."""
        print(shown(text), file=sys.stderr, flush=True)

    def done(self, figures: Figures, title: str, rows: Sequence[tuple[str, str]]) -> None:
        """The answer: `figures` as JSON, or `rows` of (what, value) as a table under `title`."""
        if self.as_json:
            print(json.dumps({"ok": True, **figures}, default=str, allow_nan=False))
            return
        print_table(title, rows)

    def trouble_after(
        self, figures: Figures, title: str, rows: Sequence[tuple[str, str]], error: OpensetError
    ) -> None:
        """Trouble that came after work worth reporting: the figures and the one line."""
        if self.as_json:
            print(json.dumps({**figures, **error_figures(error)}, default=str, allow_nan=False))
        else:
            print_table(title, rows)
        print(shown(f"openset: {error.line}"), file=sys.stderr)

    def trouble(self, error: OpensetError) -> None:
        """The one clear line; as JSON too where a program asked."""
        print(shown(f"openset: {error.line}"), file=sys.stderr)
        if self.as_json:
            print(json.dumps(error_figures(error)))


def error_figures(error: OpensetError) -> Mapping[str, Any]:
    """An error as the JSON object a program reads."""
    return {
        "ok": False,
        "error": type(error).__name__,
        "what": error.what,
        "where": error.where,
        "todo": error.todo,
        "exit_code": error.exit_code,
    }


def shown(text: str) -> str:
    """Text for a terminal: what files and the network put in it cannot steer the terminal."""
    return "".join(each if each.isprintable() or each in _SPACES else "\N{MIDDLE DOT}" for each in text)


_SPACES = "\n\t\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}"


def print_table(title: str, rows: Sequence[tuple[str, str]]) -> None:
    """Rows of (what, value) on stdout, values aligned; an empty value makes its row a heading."""
    width = max((len(what) for what, value in rows if value), default=0)
    print(shown(f"\n{title}"))
    for what, value in rows:
        print(shown(f"  {what:<{width}}  {value}" if value else f"\n  {what}"))
    print(flush=True)

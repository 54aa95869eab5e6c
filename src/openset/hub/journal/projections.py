"""Which handler turns entries of a kind into table rows, and which tables are projections.

An app registers at import of its models:

    @projects("person.added")
    def _person_added(entry: Entry) -> None: ...

    projection_tables("people", [Person])

A handler reads nothing but the entry and its own app's projection tables, takes no clock and makes no
ids, so that replaying the journal gives the same rows. It gets the entry as parsed from its bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from openset.hub.journal.entry import SCHEMA, Entry

Handler = Callable[[Entry], None]
_handlers: dict[tuple[str, int], Handler] = {}
_tables: dict[str, tuple[Any, ...]] = {}


def projects(kind: str, version: int = 1) -> Callable[[Handler], Handler]:
    """Register the decorated handler for one version of one kind; ValueError if there is another."""

    def register(handler: Handler) -> Handler:
        known = _handlers.setdefault((kind, version), handler)
        if known.__qualname__ != handler.__qualname__ or known.__module__ != handler.__module__:
            raise ValueError(f"{kind} version {version} already has a handler in {known.__module__}")
        return handler

    return register


def projection_tables(app: str, models: Sequence[Any]) -> None:
    """Name an app's projection models, those that others point at first."""
    _tables[app] = tuple(models)


def handler_for(entry: Entry) -> Handler | None:
    """The handler of the entry, or None: a kind, version or schema this Openset does not know."""
    if entry.schema != SCHEMA:
        return None
    return _handlers.get((entry.kind, entry.version))


def all_projection_tables() -> tuple[Any, ...]:
    """Every projection model, in the order in which they may be filled."""
    return tuple(model for models in _tables.values() for model in models)


def forget(kind: str, version: int = 1) -> None:
    """Take a handler out again, as an Openset that does not know the kind would have it."""
    _handlers.pop((kind, version), None)

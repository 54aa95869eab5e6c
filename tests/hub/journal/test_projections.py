"""A kind and version has one handler; what has none is skipped."""

from collections.abc import Iterator

import pytest

from openset.hub.journal.clock import Stamp
from openset.hub.journal.entry import FIRST, Entry
from openset.hub.journal.projections import forget, handler_for, projects


@pytest.fixture(autouse=True)
def _clean() -> Iterator[None]:
    yield
    forget("lens.polished")


def entry(kind: str = "lens.polished", version: int = 1, schema: int = 1) -> Entry:
    return Entry(schema, version, "0" * 64, 1, FIRST, Stamp(1, 0), "", kind, "lens-1", {})


def test_the_handler_of_a_kind_and_version_is_found() -> None:
    @projects("lens.polished")
    def polish(_entry: Entry) -> None: ...

    assert handler_for(entry()) is polish


def test_unknown_kinds_newer_versions_and_newer_schemas_have_no_handler() -> None:
    @projects("lens.polished")
    def polish(_entry: Entry) -> None: ...

    assert handler_for(entry(kind="lens.melted")) is None
    assert handler_for(entry(version=2)) is None
    assert handler_for(entry(schema=2)) is None


def test_two_handlers_for_one_kind_are_refused() -> None:
    @projects("lens.polished")
    def polish(_entry: Entry) -> None: ...

    with pytest.raises(ValueError, match="already has a handler"):

        @projects("lens.polished")
        def scratch(_entry: Entry) -> None: ...

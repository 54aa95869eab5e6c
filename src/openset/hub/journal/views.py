"""The journal as a page: the newest entries, and whether each holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import orjson
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from openset.hub.journal import projections
from openset.hub.journal.entry import FIRST
from openset.hub.journal.models import EntryRow, check_journal, row_fault

PER_PAGE = 50
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Line:
    """One entry as the page shows it; `fault` is "" where all holds."""

    row: EntryRow
    when: datetime
    fault: str
    known: bool
    payload: str


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The newest entries, newest first, each checked as it is shown; ?check=all checks every log."""
    page = Paginator(EntryRow.objects.order_by("-id"), PER_PAGE).get_page(request.GET.get("page"))
    whole = request.GET.get("check") == "all"
    context = {
        "page": page,
        "lines": [_line(row) for row in page.object_list],
        "checked_whole": whole,
        "faults": check_journal() if whole else (),
    }
    return render(request, "journal/index.html", context)


def _line(row: EntryRow) -> Line:
    fault = row_fault(row) or _link_fault(row)
    when = _EPOCH + timedelta(milliseconds=min(row.wall_ms, 2**47))
    if fault:
        return Line(row, when, fault, known=True, payload="")
    kept = row.entry
    payload = orjson.dumps(kept.payload, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode()
    return Line(row, when, "", projections.handler_for(kept) is not None, payload)


def _link_fault(row: EntryRow) -> str:
    """Whether the entry follows from the one before it in its device's log."""
    if row.sequence == 1:
        return "" if row.entry.previous == FIRST else "the first entry claims one before it"
    before = EntryRow.objects.filter(device=row.device, sequence=row.sequence - 1).first()
    if before is None:
        return f"entry {row.sequence - 1} is missing before it"
    return "" if before.hash == row.entry.previous else "it does not follow from the entry before it"

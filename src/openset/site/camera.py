"""The camera's page: five steps from printed paper to the error in centimetres.

What needs a live picture is done by the bench (stage/live/bench.py), a process of its own that these
views start and the live socket relays; all else is a form, so the page works without a script too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from openset.primitives.errors import OpensetError
from openset.site import takes as shelf
from openset.site.addresses import local_addresses
from openset.site.camera_forms import BarForm, MarkForm, SheetsForm, SourceForm, TrackedSourceForm
from openset.site.camera_steps import first_open, steps
from openset.site.camera_words import camera_words
from openset.site.drawing_words import translated
from openset.site.engines import alive, bench_name, find_engine, start_bench
from openset.site.lens_in_use import lens_in_use
from openset.site.media import inside
from openset.site.permissions import STAGE, may, needs
from openset.stage.prints.board_page import board_page, choose_board
from openset.stage.prints.guide_page import guide_page
from openset.stage.prints.ids import parse_ids
from openset.stage.prints.paper import parse_paper
from openset.stage.prints.scale import is_as_printed
from openset.stage.prints.tag_pages import lay_out, tag_pages
from openset.stage.prints.typeset import Page, pdf
from openset.stage.prints.words import LANGUAGES, words_in
from openset.store.camera import CameraSetup, read_setup, write_setup
from openset.store.production import Production, update_marks

MOVIES = (".mp4", ".mov", ".mkv", ".m4v", ".avi")
LIVE_STEPS = ("lens", "tags", "delay")
SCREEN = "screen"
"""The fourth step by another way: the delay of a screen and the camera."""
_DRAWING = "default-src 'none'; style-src 'unsafe-inline'; sandbox"

_Taker = Callable[[HttpRequest, str], HttpResponseBase]


def _posted(step: str) -> Callable[[_Taker], _Taker]:
    """A view that takes a form of a step. A form it refuses is shown at its own address; who loads that
    again, changes the language there or signs in comes back to the step."""

    def wrap(view: _Taker) -> _Taker:
        @require_http_methods(["GET", "HEAD", "POST"])
        @wraps(view)
        def taken(request: HttpRequest, production_id: str) -> HttpResponseBase:
            if request.method == "POST":
                return view(request, production_id)
            page = reverse("camera", args=[production_id])
            return redirect(f"{page}?step={step}" if step else page)

        return taken

    return wrap


@require_safe
@never_cache
def camera(request: HttpRequest, production_id: str) -> HttpResponseBase:
    """The five steps, and the one in hand."""
    return _page(request, shelf.get_production(production_id), request.GET.get("step", ""))


def _page(request: HttpRequest, one: Production, step: str, **forms: object) -> HttpResponseBase:
    found = steps(one)
    names = [each.name for each in found]
    bench_step = step if step in (*names, SCREEN) else first_open(found)
    chosen = "delay" if bench_step == SCREEN else bench_step
    setup = read_setup(one)
    context: dict[str, Any] = {
        "production": one,
        "steps": found,
        "step": found[names.index(chosen)],
        "bench_step": bench_step,
        "addresses": json.dumps(local_addresses()) if bench_step == SCREEN else "",
        "live": chosen in LIVE_STEPS,
        "setup": setup,
        "sources": sources(one.root),
        "words": camera_words(),
        "may_stage": may(request.user, STAGE),
        "bench": bench_name(one.id),
        "running": alive(find_engine(bench_name(one.id))) if chosen in LIVE_STEPS else False,
        "sheets_form": SheetsForm(initial=_sheets(setup), label_suffix=""),
        "bar_form": BarForm(initial={"bar_mm": setup.bar_mm or None}, label_suffix=""),
        "source_form": _source_form(bench_step)(initial=_source(setup), label_suffix=""),
        "bar_said": bar_sentence(setup.bar_mm),
        "delay_from": one.stage.get("delay_measured_from", "") if chosen == "delay" else "",
        "lens": lens_in_use(one) if chosen == "lens" else None,
        "marks": _mark_forms(one) if chosen == "check" else [],
        "drawings": [name for name in ("tags", "delay") if (one.root / f"camera/{name}.svg").is_file()],
        **forms,
    }
    return render(request, "site/camera.html", context)


def sources(root: Path) -> list[str]:
    """What a picture can come from on this machine: its cameras, then the production's clips."""
    devices = sorted(str(path) for path in Path("/dev").glob("video[0-9]*"))
    clips = sorted(
        str(path.relative_to(root))
        for folder in (root, root / "camera")
        for path in (folder.iterdir() if folder.is_dir() else [])
        if path.suffix.lower() in MOVIES
    )
    return [*devices, *clips]


def bar_sentence(bar_mm: float) -> str:
    """What the printer did to the sheets, in words; "" while nobody has measured."""
    if not bar_mm:
        return ""
    if is_as_printed(bar_mm):
        return _("The bar has its true length. All sizes are as written.")
    if bar_mm < 100:
        said = _("The printer shrank the sheet to %(part)s %%. Every size is now taken as printed.")
    else:
        said = _("The printer enlarged the sheet to %(part)s %%. Every size is now taken as printed.")
    return said % {"part": f"{bar_mm:g}"}


@_posted("print")
@needs(STAGE)
def camera_sheets(request: HttpRequest, production_id: str) -> HttpResponseBase:
    """Choose which sheets are printed."""
    one = shelf.get_production(production_id)
    form = SheetsForm(request.POST, label_suffix="")
    if not form.is_valid():
        return _page(request, one, "print", sheets_form=form)
    given = form.cleaned_data
    changes = {name: given[name] for name in ("paper", "board", "tag_mm", "tag_ids")}
    return _kept(request, one, "print", changes)


@_posted("print")
@needs(STAGE)
def camera_bar(request: HttpRequest, production_id: str) -> HttpResponseBase:
    """Say what the scale bar measures."""
    one = shelf.get_production(production_id)
    form = BarForm(request.POST, label_suffix="")
    if not form.is_valid():
        return _page(request, one, "print", bar_form=form)
    return _kept(request, one, "print", {"bar_mm": form.cleaned_data["bar_mm"]})


@_posted("")
@needs(STAGE)
def camera_start(request: HttpRequest, production_id: str) -> HttpResponseBase:
    """Open the camera: start the bench on a picture."""
    one = shelf.get_production(production_id)
    step = request.POST.get("step", "lens")
    form = _source_form(step)(request.POST, label_suffix="")
    if not form.is_valid():
        return _page(request, one, step, source_form=form)
    given = form.cleaned_data
    changes = {**given, "sensor_mm": given["sensor_mm"] or 0.0}
    answer = _kept(request, one, step, changes)
    trouble = start_bench(one)
    if trouble:
        messages.error(request, _("The camera did not open. It said: %(line)s") % {"line": trouble})
    return answer


@_posted("check")
@needs(STAGE)
def camera_marks(request: HttpRequest, production_id: str) -> HttpResponseBase:
    """Set, rename, move or remove a mark."""
    one = shelf.get_production(production_id)
    marks = dict(one.marks)
    was = request.POST.get("was", "")
    if "remove" in request.POST:
        marks.pop(was, None)
    else:
        form = MarkForm(request.POST, label_suffix="", auto_id="wrong_%s")
        if not form.is_valid():
            return _page(request, one, "check", marks=_mark_forms(one, form))
        given = form.cleaned_data
        if was and was != given["name"]:
            marks.pop(was, None)
        marks[given["name"].strip()] = (given["x"], given["y"], given["z"])
    try:
        update_marks(one, marks)
    except OpensetError as trouble:
        messages.error(request, trouble.line)
    return redirect(_at(one, "check"))


@require_safe
def camera_board(request: HttpRequest, production_id: str) -> HttpResponseBase:
    """The board as a PDF."""
    setup = read_setup(shelf.get_production(production_id))
    language = _language()
    paper = parse_paper(setup.paper)
    sheet = board_page(choose_board(setup.board, paper), paper, language)
    return _pdf([sheet], words_in(language)["board"], language, f"board-{setup.paper}.pdf")


@require_safe
def camera_tags(request: HttpRequest, production_id: str) -> HttpResponseBase:
    """The tags as a PDF, with the page on how to hang them."""
    setup = read_setup(shelf.get_production(production_id))
    language, paper, ids = _language(), parse_paper(setup.paper), parse_ids(setup.tag_ids)
    layout = lay_out(paper, setup.tag_mm)
    pages = [guide_page(ids, layout, paper, language), *tag_pages(ids, layout, language)]
    return _pdf(pages, words_in(language)["tags"], language, f"tags-{setup.paper}.pdf")


@require_safe
@never_cache
def camera_drawing(request: HttpRequest, production_id: str, name: str) -> HttpResponseBase:
    """A drawing the bench has made: the plan of the tags, the curve of the delay."""
    if not re.fullmatch(r"(tags|delay)(-new)?", name):
        raise Http404(name)
    path = inside(shelf.get_production(production_id).root, "camera", f"{name}.svg")
    if not path.is_file():
        raise Http404(name)
    drawn = translated(path.read_text(encoding="utf-8", errors="replace"))
    answer = HttpResponse(drawn.encode(), content_type="image/svg+xml")
    answer.headers["Content-Security-Policy"] = _DRAWING
    return answer


def _kept(
    request: HttpRequest, one: Production, step: str, changes: dict[str, Any]
) -> HttpResponseBase:
    try:
        write_setup(one, **changes)
    except OpensetError as trouble:
        messages.error(request, trouble.line)
    return redirect(_at(one, step))


def _at(one: Production, step: str) -> str:
    known = step if step in ("print", *LIVE_STEPS, SCREEN, "check") else "print"
    return f"{reverse('camera', args=[one.id])}?step={known}"


def _sheets(setup: CameraSetup) -> dict[str, Any]:
    kind = "checkerboard" if setup.board.startswith("checkerboard") else "charuco"
    return {"paper": setup.paper, "kind": kind, "tag_mm": setup.tag_mm, "tag_ids": setup.tag_ids}


def _source_form(step: str) -> type[SourceForm]:
    """Only the delay is measured against a track."""
    return TrackedSourceForm if step == "delay" else SourceForm


def _source(setup: CameraSetup) -> dict[str, Any]:
    return {"picture": setup.picture, "track": setup.track, "sensor_mm": setup.sensor_mm or None}


def _mark_forms(one: Production, wrong: MarkForm | None = None) -> list[MarkForm]:
    """A form for each mark and an empty one; the one that was wrong in its place."""
    out = []
    for number, (name, place) in enumerate([*one.marks.items(), ("", None)]):
        if wrong is not None and wrong.data.get("was", "") == name:
            out.append(wrong)
            continue
        x, y, z = place or (None, None, 0.0 if place is None else None)
        given = {"was": name, "name": name, "x": x, "y": y, "z": z}
        out.append(MarkForm(initial=given, label_suffix="", auto_id=f"mark{number}_%s"))
    return out


def _language() -> str:
    language = (get_language() or "en").split("-")[0]
    return language if language in LANGUAGES else "en"


def _pdf(pages: Sequence[Page], title: str, language: str, name: str) -> HttpResponse:
    answer = HttpResponse(pdf(pages, title, language), content_type="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="{name}"'
    return answer

"""The pages: productions, takes, the monitor, signing in, and the files behind them."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.contrib.auth import login, update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.contrib.auth.views import LoginView
from django.contrib.staticfiles import finders
from django.core.exceptions import SuspiciousFileOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from openset.hub.milestones.models import Grant
from openset.hub.milestones.views import sheet
from openset.primitives.errors import OpensetError
from openset.site import takes as shelf
from openset.site.engines import alive, find_engine, start_engine
from openset.site.enter import owner_needs_a_link, owner_user, spend
from openset.site.forms import AccountForm, MarksForm, SignInForm
from openset.site.media import file_response, inside
from openset.site.permissions import MARK, STAGE, may, needs
from openset.site.stills import still
from openset.site.words import monitor_words, view_names
from openset.stage.record.files import make_proxy, verify_take, write_marks
from openset.stage.record.model import Marks
from openset.store.production import set_names

BACKEND = "django.contrib.auth.backends.ModelBackend"
A_DAY_S = 86400


@require_safe
def home(request: HttpRequest) -> HttpResponseBase:
    """All productions; with one production alone, that production."""
    found = shelf.productions()
    if len(found) == 1:
        return production(request, found[0].id)
    cards = [shelf.on_page(one) for one in found]
    return render(request, "site/home.html", {"cards": cards})


@require_safe
def production(request: HttpRequest, production_id: str) -> HttpResponseBase:
    """One production: its newest take big, its takes as pictures, its sets and deliveries."""
    page = shelf.on_page(shelf.get_production(production_id))
    only_circled = "circled" in request.GET
    newest = page.newest
    context = {
        "production": page.production,
        "page": page,
        "newest": newest,
        "figures": shelf.figures(newest.record) if newest and newest.record else [],
        "takes": [take for take in page.takes if take.marks.circled or not only_circled],
        "only_circled": only_circled,
        "grants": [sheet(grant) for grant in Grant.objects.filter(production_id=production_id)],
        "sets": set_names(page.production),
        "deliveries": shelf.deliveries(page.production),
        "running": alive(find_engine(page.production.id)),
    }
    return render(request, "site/production.html", context)


@require_safe
def take(request: HttpRequest, production_id: str, take_id: str) -> HttpResponseBase:
    """One take: picture, timeline, figures, marks."""
    return _take_page(request, production_id, take_id)


def _take_page(
    request: HttpRequest, production_id: str, take_id: str, **extra: object
) -> HttpResponseBase:
    one = shelf.get_production(production_id)
    found = shelf.get_take(one, take_id)
    context = {
        "production": one,
        "take": found,
        "record": found.record,
        "figures": shelf.figures(found.record) if found.record else [],
        "timeline": shelf.take_timeline(found),
        "files": shelf.take_files(found),
        "form": MarksForm(initial=asdict(found.marks), label_suffix=""),
        "may_mark": may(request.user, MARK),
        **extra,
    }
    return render(request, "site/take.html", context)


@require_POST
@needs(MARK)
def marks(request: HttpRequest, production_id: str, take_id: str) -> HttpResponseBase:
    """Circle, rate and note a take."""
    found = shelf.get_take(shelf.get_production(production_id), take_id)
    form = MarksForm(request.POST)
    if not form.is_valid():
        return _take_page(request, production_id, take_id, form=form)
    given = form.cleaned_data
    try:
        write_marks(found.folder, Marks(given["circled"], given["rating"] or 0, given["note"].strip()))
    except OpensetError as trouble:
        form.add_error(None, trouble.line)
        return _take_page(request, production_id, take_id, form=form)
    messages.success(request, _("Saved."))
    return redirect("take", production_id, take_id)


@require_POST
def verify(request: HttpRequest, production_id: str, take_id: str) -> HttpResponseBase:
    """Read every byte of the take again and compare it with its manifest."""
    found = shelf.get_take(shelf.get_production(production_id), take_id)
    return _take_page(request, production_id, take_id, verification=verify_take(found.folder))


@require_POST
@needs(MARK)
def proxy(request: HttpRequest, production_id: str, take_id: str) -> HttpResponseBase:
    """Make the small video the page plays."""
    found = shelf.get_take(shelf.get_production(production_id), take_id)
    try:
        make_proxy(found.folder)
    except OpensetError as trouble:
        messages.error(request, trouble.line)
    return redirect("take", production_id, take_id)


@require_safe
def take_file(request: HttpRequest, production_id: str, take_id: str, name: str) -> HttpResponseBase:
    """A file of a take, whole or in part."""
    found = shelf.get_take(shelf.get_production(production_id), take_id)
    return file_response(request, inside(found.folder, name), download="download" in request.GET)


@require_safe
def take_still(request: HttpRequest, production_id: str, take_id: str) -> HttpResponseBase:
    """The take as one picture."""
    one = shelf.get_production(production_id)
    path = still(shelf.get_take(one, take_id).folder, one.id)
    if path is None:
        raise Http404("nothing to see yet")
    return file_response(request, path)


@require_safe
def production_file(request: HttpRequest, production_id: str, area: str, name: str) -> HttpResponseBase:
    """A file of a set or a delivery."""
    folder = shelf.get_production(production_id).root / area
    return file_response(request, inside(folder, name), download="download" in request.GET)


@require_safe
@never_cache
def monitor(request: HttpRequest, production_id: str) -> HttpResponseBase:
    """The live picture, the slate and the keys."""
    one = shelf.get_production(production_id)
    context = {
        "production": one,
        "words": monitor_words(),
        "views": view_names(),
        "may_stage": may(request.user, STAGE),
        "may_mark": may(request.user, MARK),
        "running": alive(find_engine(one.id)),
    }
    return render(request, "site/monitor.html", context)


@require_POST
@needs(STAGE)
def stage_start(request: HttpRequest, production_id: str) -> HttpResponseBase:
    """Start the production's stage with the defaults in its production.toml."""
    trouble = start_engine(shelf.get_production(production_id))
    if trouble:
        messages.error(request, _("The stage did not start. It said: %(line)s") % {"line": trouble})
    return redirect("monitor", production_id)


class SignIn(LoginView):
    """Name and password."""

    template_name = "site/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Say so while nobody has a password yet."""
        return super().get_context_data(needs_link=owner_needs_a_link(), **kwargs)


@require_safe
@never_cache
def enter(request: HttpRequest, token: str) -> HttpResponseBase:
    """The printed link: signs the owner of this machine in, once."""
    if not spend(token):
        return render(request, "site/enter_spent.html", status=403)
    login(request, owner_user(), backend=BACKEND)
    return redirect("account")


@login_required
def account(request: HttpRequest) -> HttpResponseBase:
    """One's own name and password."""
    user = request.user
    assert isinstance(user, User)
    form = AccountForm(request.POST or None, user=user, initial={"username": user.get_username()})
    if request.method == "POST" and form.is_valid():
        user.username = form.cleaned_data["username"]
        user.set_password(form.cleaned_data["password"])
        user.save()
        update_session_auth_hash(request, user)
        messages.success(request, _("Saved. You can sign in with this name and password from now on."))
        return redirect("home")
    return render(request, "site/account.html", {"form": form})


@require_safe
def static_file(request: HttpRequest, path: str) -> HttpResponseBase:
    """Style sheet, scripts, fonts."""
    try:
        found = finders.find(path)
    except SuspiciousFileOperation:
        found = None
    if not isinstance(found, str):
        raise Http404("no such file")
    return file_response(request, Path(found), cache_s=A_DAY_S if path.startswith("vendor/") else 0)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that did not come from a page of this site."""
    return render(request, "site/refused.html", {"csrf": True}, status=403)


def refused(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Somebody signed in whose role may not do this."""
    return render(request, "site/refused.html", status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Nothing at this address."""
    return render(request, "site/not_found.html", status=404)


def broken(request: HttpRequest) -> HttpResponse:
    """An error of ours; the page stands alone, since the trouble may lie in what pages share."""
    return render(request, "site/broken.html", status=500)

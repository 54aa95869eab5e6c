"""The lens a production uses, as the camera's page shows it: settings, how sure, where it sits."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from openset.primitives.errors import OpensetError
from openset.site.camera_steps import figure
from openset.stage.lens.files import read_lens
from openset.stage.lens.measured import LensFile, MeasuredLens
from openset.stage.live.bench_lens_said import across_deg
from openset.store.camera import read_setup
from openset.store.production import Production

MOST_ROWS = 60
_DATE = "%Y-%m-%d %H:%M UTC"


@dataclass(frozen=True)
class SettingOnPage:
    """One setting in words: where the rings stood, how wide, how sure, from how many views, and where
    the lens sits on the tracker with its spread; "" for what was not measured."""

    rings: str
    across: str
    sure: str
    views: str
    sits: str


@dataclass(frozen=True)
class LensOnPage:
    """A lens file: its name and place, what is known of all of it as pairs of words, its first settings
    and how many more there are, and the commands that would add to it."""

    name: str
    path: str
    facts: tuple[tuple[str, str], ...] = ()
    settings: tuple[SettingOnPage, ...] = ()
    more: int = 0
    add: str = ""
    mount: str = ""


def lens_in_use(production: Production) -> LensOnPage | None:
    """The lens that production.toml names; None where it names none, or the file cannot be read (the
    step itself says so)."""
    named = str(production.stage.get("lens", ""))
    if not named:
        return None
    try:
        file = read_lens(production.root / named)
    except OpensetError:
        return None
    board = file.notes.get("board") or read_setup(production).board
    return LensOnPage(
        file.name or _("The lens"),
        named,
        tuple(_facts(file)),
        tuple(_setting(each, file) for each in file.settings[:MOST_ROWS]),
        max(0, len(file.settings) - MOST_ROWS),
        f"openset calibrate lens --images 'w35/*.jpg' --board {board} --focal-mm 35 --focus-m 2 "
        f"--add {named} --out {named}",
        f"openset calibrate nodal --lens {named} --board {board} --picture move.mp4 "
        "--track move.otrk.jsonl",
    )


def rings_said(each: MeasuredLens, file: LensFile) -> str:
    """Where the rings stood: as their scales say, else their encoders; "" for a lens of one setting
    that nobody named."""
    series = len(file.settings) > 1
    said = []
    if each.focal_mm is not None:
        said.append(_("%(mm)s mm") % {"mm": figure(each.focal_mm, 1)})
    elif series and len({one.zoom for one in file.settings}) > 1:
        said.append(_("zoom %(place)s") % {"place": figure(each.zoom, 3)})
    if each.lens.focus_distance_m is not None:
        said.append(_("%(m)s m") % {"m": figure(each.lens.focus_distance_m, 2)})
    elif series and len({one.focus for one in file.settings}) > 1:
        said.append(_("focus %(place)s") % {"place": figure(each.focus, 3)})
    return ", ".join(said)


def _setting(each: MeasuredLens, file: LensFile) -> SettingOnPage:
    sure = each.map_uncertainty_px
    return SettingOnPage(
        rings_said(each, file),
        f"{figure(across_deg(each.lens), 1)}°",
        "" if sure is None else _("%(px)s px") % {"px": figure(sure, 2)},
        figure(each.views_used, 0) if each.views_used else "",
        _sits(each, file),
    )


def _sits(each: MeasuredLens, file: LensFile) -> str:
    """Where the entrance pupil sits, in millimetres, give or take the least sure axis."""
    if each.mount is not None:
        place, sd_m = each.mount.tracker_from_camera.position_m, max(each.mount.sd_m)
        return f"{_triple(place)} ± {figure(sd_m * 1000, 2)}"
    if file.tracker_from_camera is None or any(one.mount is not None for one in file.settings):
        return ""
    return _triple(file.tracker_from_camera.position_m)


def _triple(place: tuple[float, float, float]) -> str:
    return " · ".join(figure(each * 1000, 1).replace("-", "\N{MINUS SIGN}") for each in place)


def _facts(file: LensFile) -> list[tuple[str, str]]:
    facts = []
    if date := file.notes.get("calibrated"):
        facts.append((_("Measured"), _day(date)))
    turned = [each.mount for each in file.settings if each.mount is not None]
    if turned:
        worst = math.degrees(max(max(each.sd_rad) for each in turned))
        facts.append((_("Turn on the tracker, sure to"), f"{figure(worst, 3)}°"))
    if file.readout_s is not None:
        facts.append(
            (_("Sensor's read-out"), _("%(ms)s ms") % {"ms": figure(file.readout_s * 1000, 1)})
        )
    return facts


def _day(text: str) -> str:
    """A date as the reader writes it; another text as it stands."""
    try:
        made = datetime.strptime(text, _DATE).replace(tzinfo=UTC)
    except ValueError:
        return text[:40]
    return str(date_format(made, "DATE_FORMAT"))

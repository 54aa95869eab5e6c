"""The five steps of the camera's set-up as they stand, read from the production's folder each time."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from openset.primitives.errors import OpensetError
from openset.stage.lens.files import read_lens
from openset.stage.lens.measured import LensFile
from openset.stage.live.bench_lens_said import across_deg
from openset.stage.markers.files import read_map
from openset.stage.markers.verdict import unusable
from openset.stage.prints.scale import is_as_printed
from openset.store.camera import FOLDER, TAGS_FILE, CameraSetup, read_setup
from openset.store.production import Production

_LEFT_TO_RIGHT, _END = "\N{LEFT-TO-RIGHT ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"


@dataclass(frozen=True)
class StepOnPage:
    """One step: its name in addresses, its title and icon, "proved", "degraded" or "open", what is
    known, and what to do next."""

    name: str
    title: str
    icon: str
    state: str
    known: str
    todo: str


def steps(production: Production) -> list[StepOnPage]:
    """All five, in the order they are done."""
    setup = read_setup(production)
    return [
        _print(setup),
        _lens(production),
        _tags(production),
        _delay(production),
        _check(production),
    ]


def first_open(found: list[StepOnPage]) -> str:
    """The step to begin with: the first that is not done, else the last."""
    return next((each.name for each in found if each.state != "proved"), found[-1].name)


def _print(setup: CameraSetup) -> StepOnPage:
    def step(state: str, known: str, todo: str) -> StepOnPage:
        return StepOnPage("print", _("Print"), "printer", state, known, todo)

    if not setup.bar_mm:
        todo = _("Print the board and the tags at 100 %, then measure the bar on a sheet.")
        return step("open", _("not checked"), todo)
    known = _("bar %(mm)s mm") % {"mm": figure(setup.bar_mm, 1)}
    if is_as_printed(setup.bar_mm):
        return step("proved", known, _("The sheets have their true size. Glue the board to glass."))
    return step(
        "proved", known, _("Every size is taken as printed. Print all sheets with the same setting.")
    )


def _lens(production: Production) -> StepOnPage:
    def step(state: str, known: str, todo: str) -> StepOnPage:
        return StepOnPage("lens", _("Lens"), "aperture", state, known, todo)

    kept = len(list((production.root / FOLDER / "views").glob("view-*.json")))
    named = str(production.stage.get("lens", ""))
    if not named:
        known = ngettext("%(n)s view", "%(n)s views", kept) % {"n": kept} if kept else _("not measured")
        return step("open", known, _("Open the camera and hold the board before it."))
    try:
        file = read_lens(production.root / named)
    except OpensetError:
        return step("degraded", _("cannot be read"), _("Measure the lens again."))
    known = _lens_known(file)
    if file.notes.get("warnings"):
        return step("degraded", known, _("It works, and more views would make it better."))
    if len(file.settings) > 1:
        return step("proved", known, _("Add settings where you will shoot."))
    return step("proved", known, _("Measure it again when zoom or focus has moved."))


def _lens_known(file: LensFile) -> str:
    """How wide the lens is and how sure; of a series how many settings, and the least sure."""
    wide = sorted(across_deg(each.lens) for each in file.settings)
    known = (
        f"{figure(wide[0], 1)}°" if len(wide) == 1 else f"{figure(wide[0], 0)}–{figure(wide[-1], 0)}°"
    )
    unsure = [each.map_uncertainty_px for each in file.settings if each.map_uncertainty_px is not None]
    if unsure:
        known += f" · ± {figure(max(unsure), 2)} px"
    if len(wide) == 1:
        return known
    settings = ngettext("%(n)s setting", "%(n)s settings", len(wide)) % {"n": len(wide)}
    return f"{settings} · {_LEFT_TO_RIGHT}{known}{_END}"


def _tags(production: Production) -> StepOnPage:
    def step(state: str, known: str, todo: str) -> StepOnPage:
        return StepOnPage("tags", _("Tags"), "qr-code", state, known, todo)

    named = str(production.stage.get("tags", ""))
    if not named and not (production.root / TAGS_FILE).is_file():
        return step("open", _("no map"), _("Hang the tags, then walk around them with the camera."))
    path = production.root / (named or TAGS_FILE)
    try:
        tag_map = read_map(path)
    except OpensetError:
        return step("degraded", _("cannot be read"), _("Map the tags again."))
    count = len(tag_map.tags)
    known = ngettext("%(n)s tag", "%(n)s tags", count) % {"n": count}
    if unusable(tag_map, path):
        return step("degraded", known, _("This map is not good enough to track on: walk again."))
    return step("proved", known, _("Map them again when one was moved or added."))


def _delay(production: Production) -> StepOnPage:
    def step(state: str, known: str, todo: str) -> StepOnPage:
        return StepOnPage("delay", _("Delay"), "timer", state, known, todo)

    delay_s, sd_s = production.stage.get("delay_s"), production.stage.get("delay_sd_s")
    if not isinstance(delay_s, int | float):
        return step("open", _("not measured"), _("Shake the camera for ten seconds."))
    known = _("%(ms)s ms") % {"ms": figure(1000 * delay_s, 0)}
    if not isinstance(sd_s, int | float):
        return step("degraded", known, _("This was set by hand. Measure it."))
    known += f" ± {figure(1000 * sd_s, 1)}"
    return step("proved", known, _("Measure it again when a cable, the format or the tracker changes."))


def _check(production: Production) -> StepOnPage:
    """Never done in the folder: only a running stage tells the error, and then the page says so."""
    count = len(production.marks)
    known = ngettext("%(n)s mark", "%(n)s marks", count) % {"n": count} if count else _("no mark")
    todo = (
        _("Start the stage: it says by how much feet slide at each mark.")
        if count
        else _("Say where the actors stand.")
    )
    return StepOnPage("check", _("Check"), "crosshair", "open", known, todo)


def figure(value: float, places: int) -> str:
    """A figure in the reader's own digits' order; whole where it is whole, and never minus nought."""
    rounded = round(value, places) + 0.0
    return str(number_format(rounded, 0 if rounded.is_integer() else places))

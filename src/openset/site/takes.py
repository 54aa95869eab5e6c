"""What the pages show of productions and takes, read anew each time: the files are the truth."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISREG
from typing import Any

import orjson
from django.conf import settings
from django.http import Http404
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from openset.primitives.errors import BadInput, OpensetError
from openset.primitives.ids import TakeId, parse_take_id
from openset.site.timeline import Timeline, timeline
from openset.stage.record.files import read_marks, read_take
from openset.stage.record.model import CONTACT_FILE, PROXY_FILE, TRACK_FILE, Marks, TakeRecord
from openset.store.production import Production, find_productions, take_folder, take_ids


@dataclass(frozen=True)
class Figure:
    """One line of a take's table: a label, a value with its unit, and "good", "degraded" or ""."""

    label: str
    value: str
    state: str = ""


@dataclass(frozen=True)
class TakeOnPage:
    """A take as pages show it. `record` is None while take.toml cannot be read; `trouble` says why."""

    id: TakeId
    folder: Path
    record: TakeRecord | None
    marks: Marks
    trouble: str = ""

    @property
    def has_proxy(self) -> bool:
        """Whether there is a video a browser can play."""
        return (self.folder / PROXY_FILE).is_file()

    @property
    def has_contact(self) -> bool:
        """Whether there is a contact sheet."""
        return (self.folder / CONTACT_FILE).is_file()

    @property
    def rolling(self) -> bool:
        """Whether the take is being recorded, or was when its engine died."""
        return self.record is not None and self.record.state == "recording"


@dataclass(frozen=True)
class ProductionOnPage:
    """A production with its takes, newest first."""

    production: Production
    takes: tuple[TakeOnPage, ...]

    @property
    def circled(self) -> int:
        """How many takes are circled."""
        return sum(take.marks.circled for take in self.takes)

    @property
    def newest(self) -> TakeOnPage | None:
        """The take recorded last."""
        return self.takes[0] if self.takes else None


def productions() -> list[Production]:
    """The productions this site shows."""
    return find_productions(Path(settings.PRODUCTIONS)) if settings.PRODUCTIONS else []


def get_production(production_id: str) -> Production:
    """The production of that id, or Http404."""
    for production in productions():
        if production.id == production_id:
            return production
    raise Http404("no such production")


def on_page(production: Production) -> ProductionOnPage:
    """The production with all its takes, newest first."""
    takes = [_look(production, take_id) for take_id in take_ids(production)]
    return ProductionOnPage(production, tuple(sorted(takes, key=_when, reverse=True)))


def get_take(production: Production, text: str) -> TakeOnPage:
    """The take of that name, or Http404."""
    try:
        take_id = parse_take_id(text)
        folder = take_folder(production, take_id)
    except BadInput as error:
        raise Http404("no such take") from error
    if not folder.is_dir() or folder.name != text:
        raise Http404("no such take")
    return _look(production, take_id)


def track_lines(folder: Path) -> list[dict[str, Any]]:
    """The lines of the take's track that can be read; a line cut off at the end is left out."""
    path = folder / TRACK_FILE
    out = []
    for line in path.read_bytes().split(b"\n") if path.is_file() else []:
        try:
            value = orjson.loads(line)
        except ValueError:
            continue
        if isinstance(value, dict):
            out.append(value)
    return out


def take_timeline(take: TakeOnPage) -> Timeline | None:
    """The take's time with tracking and faults on it; None for a take without a record."""
    return timeline(take.record, track_lines(take.folder)) if take.record else None


def figures(record: TakeRecord) -> list[Figure]:
    """What happened in the take, as lines for a table, the ones that matter first."""
    poses, spec = record.poses, record.spec
    dropped = int(record.counts.get("dropped", 0))
    ntsc = spec.rate.denominator != 1
    rate = f"{float(spec.rate):.3f}" if ntsc else str(spec.rate)
    lines = [
        Figure(_("Frames"), f"{record.frames}"),
        Figure(_("Length"), _("%(seconds)s s") % {"seconds": _tenths(record.duration_s)}),
        Figure(_("Dropped frames"), str(dropped), "degraded" if dropped else "good"),
        Figure(
            _("Tracked frames"),
            _("%(share)s %%") % {"share": _share(poses.tracked, record.frames)},
            "good" if poses.tracked == record.frames else "degraded",
        ),
    ]
    if poses.held or poses.none:
        lines.append(Figure(_("Background held still"), _frames(poses.held), "degraded"))
    if poses.none:
        lines.append(Figure(_("No tracking at all"), _frames(poses.none), "degraded"))
    lines += [
        Figure(_("Oldest pose used"), _("%(ms)s ms") % {"ms": f"{poses.longest_age_s * 1000:.0f}"}),
        Figure(_("Picture delay"), _("%(ms)s ms") % {"ms": f"{spec.delay_s * 1000:.0f}"}),
        Figure(_("Picture"), f"{spec.width} × {spec.height}, {rate} fps"),
        Figure(_("Set"), spec.set_name or _("none")),
        Figure(_("Background drawn by"), spec.backend),
        Figure(_("Timecode"), f"{spec.start_timecode} – {record.end_timecode}"),
    ]
    return lines


def take_files(take: TakeOnPage) -> list[tuple[str, int]]:
    """The take's files a visitor may fetch, with their sizes in bytes. Hidden ones are half written: a
    take that rolls makes and renames them all the time, so any may be gone when it is looked at."""
    out = []
    for path in take.folder.rglob("[!.]*"):
        with suppress(FileNotFoundError):
            stat = path.stat()
            if S_ISREG(stat.st_mode):
                out.append((str(path.relative_to(take.folder)), stat.st_size))
    return sorted(out)


def deliveries(production: Production) -> list[tuple[str, list[str]]]:
    """Each delivery with the names of its files."""
    folder = production.root / "deliveries"
    out = []
    for child in sorted(folder.iterdir()) if folder.is_dir() else []:
        if child.is_dir() and not child.name.startswith("."):
            names = sorted(str(path.relative_to(folder)) for path in child.rglob("*") if path.is_file())
            out.append((child.name, names))
    return out


def _frames(count: int) -> str:
    return ngettext("%(count)d frame", "%(count)d frames", count) % {"count": count}


def _tenths(value: float) -> str:
    """One place after the point or comma, rounded: Django's own formatting cuts off."""
    return str(number_format(round(value, 1), 1))


def _share(part: int, whole: int) -> str:
    """Per cent, never rounded up to a hundred."""
    if whole == 0:
        return "0"
    share = 100 * part / whole
    return "100" if part >= whole else _tenths(min(share, 99.9))


def _look(production: Production, take_id: TakeId) -> TakeOnPage:
    folder = take_folder(production, take_id)
    record, trouble, marks = None, "", Marks()
    try:
        record = read_take(folder)
        marks = read_marks(folder)
    except OpensetError as error:
        trouble = error.line
    return TakeOnPage(take_id, folder, record, marks, trouble)


def _when(take: TakeOnPage) -> tuple[float, TakeId]:
    return (take.record.started_at.timestamp() if take.record else 0.0, take.id)

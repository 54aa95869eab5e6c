"""The work of `calibrate lens`: look at the pictures, solve, judge, write the lens file whole."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from openset.cli.camera.lens_answer import figures_of, rows_of, title_of
from openset.cli.output import Output
from openset.primitives.errors import AlreadyExists, BadInput, NotWritable, OpensetError
from openset.stage.calibrate.conclude import Conclusion, conclude
from openset.stage.calibrate.gate import look
from openset.stage.calibrate.intrinsics import MODELS
from openset.stage.calibrate.series import focus_of_distance, with_setting, zoom_of_focal
from openset.stage.calibrate.session import Session
from openset.stage.calibrate.sighting import Refusal, View
from openset.stage.exchange.lens_source import open_lens
from openset.stage.lens.files import read_lens, write_lens
from openset.stage.lens.measured import LensFile, MeasuredLens
from openset.stage.live.boards import OtherSize, image_files, read_images, read_picture
from openset.stage.prints.model import Board, parse_board
from openset.stage.prints.scale import board_as_printed

MOST_VIEWS = 60
_LOOK_EVERY_S = 0.1
_KEEP_EVERY_S = 0.4
_USUAL_MM = 36.0
"""The width of the sensor that a lens file has where none was said."""


@dataclass(frozen=True)
class Asked:
    """What was asked for on the command line."""

    board: str
    images: str
    picture: str
    out: Path | None
    add: Path | None
    model: str
    start: Path | None
    sensor_mm: float | None
    focal_mm: float | None
    focus_m: float | None
    zoom: float | None
    focus: float | None
    bar_mm: float | None
    name: str
    seconds: float
    replace: bool


def run_lens(output: Output, asked: Asked) -> int | None:
    """Measure the lens; 0, or the code of the trouble that the views are in."""
    board = _board(asked)
    _check(asked)
    before = read_lens(asked.add) if asked.add is not None else None
    if asked.images:
        views, refused, size = from_images(asked.images, board, output.say)
    else:
        views, refused, size = from_picture(asked.picture, board, asked.seconds, output.say)
    start = open_lens(asked.start, *size).settings[0] if asked.start is not None else None
    try:
        found = conclude(views, board, *size, model=asked.model, start=start)
    except OpensetError as trouble:
        where = asked.images or asked.picture
        named = BadInput(trouble.what, where=where, todo=_why(refused) or trouble.todo)
        output.trouble_after(
            {"views_used": len(views), "views_rejected": _told(refused)}, "No lens", [], named
        )
        return named.exit_code
    refused = [*refused, *found.refused]
    sensor_mm = asked.sensor_mm or _sensor_of(before)
    measured = _measured(asked, found, start, sensor_mm)
    file = _file(asked, measured, found, before)
    if asked.out is not None:
        write_lens(asked.out, file)
    figures = figures_of(found, measured, refused, size, sensor_known=sensor_mm is not None)
    figures["out"] = str(asked.out) if asked.out is not None else None
    figures["settings"] = len(file.settings)
    figures["bar_mm"] = asked.bar_mm
    rows = rows_of(found, measured, refused, sensor_known=sensor_mm is not None, bar_mm=asked.bar_mm)
    output.done(figures, title_of(found, asked.out), rows)
    return None


def _board(asked: Asked) -> Board:
    board = parse_board(asked.board)
    return board if asked.bar_mm is None else board_as_printed(board, asked.bar_mm)


def _check(asked: Asked) -> None:
    if bool(asked.images) == bool(asked.picture):
        raise BadInput("where are the pictures?", todo="Give --images 'DIR/*.jpg' or --picture CLIP")
    if asked.model not in MODELS:
        raise BadInput(
            f"{asked.model!r} is no lens model",
            where="--model",
            todo=f"Choose from {', '.join(MODELS)}",
        )
    for value, most, option in (
        (asked.sensor_mm, 1000.0, "--sensor-mm"),
        (asked.seconds, 3600.0, "--seconds"),
    ):
        if value is not None and not 0.5 <= value <= most:
            raise BadInput(f"{value:g}", where=option, todo=f"Give a number from 0.5 to {most:g}")
    _places(asked)
    if asked.start is not None and not asked.start.is_file():
        raise BadInput("there is no such file", where=str(asked.start), todo="Name a lens file")
    if asked.out is not None and not asked.out.parent.is_dir():
        raise NotWritable("there is no such folder", where=str(asked.out.parent), todo="Make it first")
    if asked.out is not None and asked.out.exists() and not asked.replace and asked.add != asked.out:
        raise AlreadyExists(
            "there is a file already", where=str(asked.out), todo="Give --replace, or another name"
        )


def from_images(
    pattern: str, board: Board, say: Callable[[str], None], *, distinct: bool = True
) -> tuple[list[View], list[Refusal], tuple[int, int]]:
    """The usable views of photographs, those that are none with the reason, and the pictures' size."""
    session: Session | None = None
    refused: list[Refusal] = []
    for index, each in enumerate(read_images(image_files(pattern)), start=1):
        if isinstance(each, OtherSize):
            refused.append(Refusal(each.name, "other-size", each.reason, each.todo))
            continue
        if session is None:
            session = Session(board, each.luma.shape[1], each.luma.shape[0], distinct=distinct)
        found = session.add(each.name, each.luma, each.time_s)
        if index % 10 == 0 or isinstance(found, Refusal):
            said = found.reason if isinstance(found, Refusal) else f"{len(session.views)} views"
            say(f"{each.name}: {said}")
    if session is None:
        raise BadInput("none of these pictures can be read", where=pattern, todo="Copy them again")
    return session.views, [*refused, *session.refused], (session.width_px, session.height_px)


def from_picture(
    source: str, board: Board, seconds: float, say: Callable[[str], None]
) -> tuple[list[View], list[Refusal], tuple[int, int]]:
    """The sharp, still, distinct views of a clip or a camera."""
    session: Session | None = None
    looked_s = kept_s = -1e9
    troubles: dict[str, Refusal] = {}
    for each in read_picture(source, seconds):
        if each.time_s - looked_s < _LOOK_EVERY_S:
            continue
        looked_s = each.time_s
        if session is None:
            session = Session(board, each.luma.shape[1], each.luma.shape[0])
        seen = session.look(each.luma, each.time_s)
        if seen.trouble is not None and seen.trouble.code not in ("same", "moving"):
            troubles.setdefault(seen.trouble.code, replace(seen.trouble, view=each.name))
        if not seen.good or each.time_s - kept_s < _KEEP_EVERY_S:
            continue
        if isinstance(session.keep(each.name), View):
            kept_s = each.time_s
            say(f"{each.name}: {len(session.views)} views")
        if len(session.views) >= MOST_VIEWS:
            break
    if session is None:
        raise BadInput("not one picture came", where=source)
    if not session.views:
        troubles |= _thorough(source, board, seconds)
    refused = [*troubles.values(), *session.refused]
    return session.views, refused, (session.width_px, session.height_px)


def _thorough(source: str, board: Board, seconds: float) -> dict[str, Refusal]:
    """Why nothing was found: a few frames looked at as photographs are."""
    out: dict[str, Refusal] = {}
    last_s = -1e9
    for each in read_picture(source, min(seconds, 3.0)):
        if each.time_s - last_s < 1.0 or len(out) > 3:
            continue
        last_s = each.time_s
        found = look(each.name, each.luma, board)
        if isinstance(found, Refusal):
            out.setdefault(found.code, found)
    return out


def _why(refused: Sequence[Refusal]) -> str:
    """What most refused views say to do."""
    if not refused:
        return ""
    codes = [each.code for each in refused]
    usual = max(set(codes), key=codes.count)
    first = next(each for each in refused if each.code == usual)
    return f"{first.view}: {first.reason}. {first.todo}"


def _told(refused: Sequence[Refusal]) -> list[dict[str, str]]:
    return [
        {"view": each.view, "code": each.code, "reason": each.reason, "todo": each.todo}
        for each in refused
    ]


def _sensor_of(before: LensFile | None) -> float | None:
    """The sensor that a file's settings were measured on, mm; None where nobody said: then it keeps
    the usual one."""
    kept_mm = _USUAL_MM if before is None else before.settings[0].lens.sensor_width_mm
    return None if kept_mm == _USUAL_MM else kept_mm


def _measured(
    asked: Asked, found: Conclusion, start: MeasuredLens | None, sensor_mm: float | None
) -> MeasuredLens:
    """The setting as the lens file keeps it."""
    sensor_mm = sensor_mm or (start.lens.sensor_width_mm if start is not None else _USUAL_MM)
    focus_m = asked.focus_m if asked.focus_m is not None and math.isfinite(asked.focus_m) else None
    lens = replace(found.found.lens, sensor_width_mm=sensor_mm, focus_distance_m=focus_m)
    zoom, focus = _places(asked)
    return MeasuredLens(
        lens,
        focus,
        zoom,
        found.found.covariance,
        found.found.rms_px,
        found.found.map_uncertainty_px,
        len(found.found.views),
        asked.focal_mm,
    )


def _places(asked: Asked) -> tuple[float, float]:
    """Where zoom and focus stand, 0 to 1: the encoders' values, else what the rings say."""
    zoom, focus = asked.zoom, asked.focus
    ring_zoom = 0.0 if asked.focal_mm is None else zoom_of_focal(asked.focal_mm)
    ring_focus = 0.0 if asked.focus_m is None else focus_of_distance(asked.focus_m)
    return ring_zoom if zoom is None else zoom, ring_focus if focus is None else focus


def _file(asked: Asked, measured: MeasuredLens, found: Conclusion, before: LensFile | None) -> LensFile:
    """The lens file: a new one, or one that there was, with this setting."""
    now = datetime.now(UTC)  # noqa: TID251 - the command's own clock
    notes = {"board": asked.board, "calibrated": now.strftime("%Y-%m-%d %H:%M UTC")}
    if found.warnings:
        notes["warnings"] = "; ".join(each.text for each in found.warnings)
    if before is None:
        return LensFile(asked.name, (measured,), notes=notes)
    after = with_setting(before, measured)
    return replace(after, name=asked.name or after.name, notes={**before.notes, **notes})

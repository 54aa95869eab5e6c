"""The bench's second step: the lens, from a printed board waved before it.

What is sharp, still and new is kept by itself, or at a key; each view is on disk before it counts. The
lens is solved when asked, and goes into use when asked again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from openset.formats.faults import FormatError
from openset.primitives.errors import OpensetError
from openset.primitives.image import U8Plane
from openset.stage.calibrate.conclude import Conclusion
from openset.stage.calibrate.coverage import GOOD_VIEWS
from openset.stage.calibrate.gate import look as look_hard
from openset.stage.calibrate.session import Seen, Session
from openset.stage.calibrate.sighting import Refusal, View
from openset.stage.lens.lens_file import json_from_lens_file, lens_file_from_json
from openset.stage.lens.measured import LensFile, MeasuredLens
from openset.stage.live.bench_draft import Draft, DraftFile, put_in_use
from openset.stage.live.bench_draw import DOUBT, GOOD, Canvas, whole_luma
from openset.stage.live.bench_lens_said import result_said
from openset.stage.live.bench_step import UNKNOWN, Order, Said, Work, told
from openset.stage.live.bench_views import KeptViews
from openset.stage.live.plate import PlateFrame
from openset.stage.prints.model import Board, parse_board
from openset.store.camera import LENS_FILE, CameraSetup, camera_folder
from openset.store.production import Production, update_stage

LEAST_VIEWS = 6
MOST_VIEWS = 60
_KEEP_EVERY_NS = 400_000_000
_LOOK_HARD_EVERY_NS = 1_500_000_000
_SHOWN_REFUSALS = 8


class LensStep:
    """Looks at every picture it gets; keeps, solves, writes."""

    def __init__(self, production: Production, setup: CameraSetup, width: int, height: int) -> None:
        self._production, self._setup = production, setup
        self._begin(parse_board(setup.board), width, height)
        self._hard_ns = self._kept_ns = 0
        self._auto, self._used = True, False
        self._work = Work()
        self._file = DraftFile(camera_folder(production), "lens")
        self._draft = self._left(width, height)
        self._trouble: OpensetError | None = None

    def sheets(self, setup: CameraSetup) -> None:
        """Another board was set meanwhile: its own views count from now on."""
        self._setup = setup
        board = parse_board(setup.board)
        if board != self._board:
            self._begin(board, self._session.width_px, self._session.height_px)

    def _begin(self, board: Board, width: int, height: int) -> None:
        """Look for this board, with the views of it that lie in the folder."""
        self._board = board
        self._session = Session(board, width, height)
        self._kept = KeptViews(camera_folder(self._production) / "views", board, width, height)
        self._session.views.extend(self._kept.read())
        self._others = self._kept.others()
        self._luma: U8Plane | None = None
        self._seen: Seen | None = None
        self._hard: Refusal | None = None

    def look(self, frame: PlateFrame) -> None:
        """One picture: what is seen of the board, and keep it where it is worth it."""
        self._luma = whole_luma(frame.picture)
        self._seen = self._session.look(self._luma, frame.time_ns / 1e9)
        if self._seen.trouble is None or self._seen.trouble.code != "no-board":
            self._hard = None
        elif frame.time_ns - self._hard_ns > _LOOK_HARD_EVERY_NS:
            self._hard_ns = frame.time_ns
            found = look_hard("", self._luma, self._board)
            self._hard = found if isinstance(found, Refusal) else None
        ready = frame.time_ns - self._kept_ns > _KEEP_EVERY_NS and not self._work.busy
        if self._auto and ready and self._seen.good and len(self._session.views) < MOST_VIEWS:
            self._kept_ns = frame.time_ns
            self._keep()

    def draw(self, canvas: Canvas) -> None:
        """The board's outline and corners; green when it may be kept."""
        if self._seen is not None and len(self._seen.corners_px):
            colour = GOOD if self._seen.good else DOUBT
            canvas.outline(self._seen.outline_px, colour)
            canvas.dots(self._seen.corners_px, colour)

    def status(self) -> dict[str, Any]:
        """How it stands."""
        self._pick_up()
        cover, seen = self._session.coverage(), self._seen
        return {
            "board": self._setup.board,
            "auto": self._auto,
            "seen": None if seen is None else self._seen_said(seen),
            "views": [
                {"name": view.name, "blur_px": round(view.blur_px, 2)} for view in self._session.views
            ],
            "others": self._others,
            "rejected": _refusals(self._session.refused[-_SHOWN_REFUSALS:]),
            "cells": [list(row) for row in cover.cells],
            "part": round(cover.part, 3),
            "corners": list(cover.corners),
            "tilts": list(cover.tilts),
            "next": [{"code": each.code, "text": each.text} for each in cover.shortfalls],
            "wanted": GOOD_VIEWS,
            "least": LEAST_VIEWS,
            "busy": self._work.busy,
            "result": None if self._draft is None else self._draft.said,
            "used": self._used,
            "trouble": told(self._work.trouble or self._trouble),
        }

    def obey(self, order: Order) -> Said:
        """keep, drop (view), auto (on), solve, use."""
        kind = order["type"]
        if kind == "keep":
            found = self._keep()
            return (True, "kept") if isinstance(found, View) else (False, found.reason)
        if kind == "drop":
            return self._drop(str(order.get("view", "")))
        if kind == "auto":
            self._auto = bool(order.get("on"))
            return True, "done"
        if kind == "solve":
            return self._solve()
        return self._use() if kind == "use" else UNKNOWN

    def _seen_said(self, seen: Seen) -> dict[str, Any]:
        trouble = self._hard or seen.trouble
        return {
            "good": seen.good,
            "there": bool(len(seen.corners_px)),
            "blur_px": round(seen.blur_px, 2),
            "speed": round(seen.speed, 3),
            "trouble": None if trouble is None else _refusals([trouble])[0],
        }

    def _keep(self) -> View | Refusal:
        if self._luma is None:
            return Refusal("", "no-board", "no picture has come yet", "Check the camera")
        luma = self._luma
        before = {view.name for view in self._session.views}
        found = self._session.keep(self._kept.next_name())
        if isinstance(found, View):
            self._kept.write(found, luma)
            for gone in before - {view.name for view in self._session.views}:
                self._kept.remove(gone)
        return found

    def _drop(self, name: str) -> Said:
        there = [view for view in self._session.views if view.name == name]
        if not there or self._work.busy:
            return False, "there is no such view"
        self._session.views.remove(there[0])
        self._kept.remove(name)
        return True, "dropped"

    def _solve(self) -> Said:
        if len(self._session.views) < LEAST_VIEWS:
            return False, f"{len(self._session.views)} views are too few"
        self._draft, self._used, self._trouble = None, False, None
        copy = Session(self._board, self._session.width_px, self._session.height_px)
        copy.views.extend(self._session.views)
        return (True, "solving") if self._work.start(copy.result) else (False, "it is being solved")

    def _pick_up(self) -> None:
        found = self._work.done()
        if isinstance(found, Conclusion):
            said = result_said(found, self._setup.sensor_mm)
            self._draft = Draft(said, json_from_lens_file(self._lens_file(found)).decode())
            try:
                self._file.write(self._draft)
            except OpensetError as trouble:
                self._trouble = trouble

    def _left(self, width: int, height: int) -> Draft | None:
        """What was worked out and not used when the bench last ended, for pictures of this size."""
        draft = self._file.read()
        try:
            lens = lens_file_from_json(draft.made.encode()).settings[0].lens if draft else None
        except (FormatError, IndexError):
            return None
        fits = lens is not None and (lens.width_px, lens.height_px) == (width, height)
        return draft if fits else None

    def _use(self) -> Said:
        if self._draft is None:
            return False, "there is no lens yet"
        try:
            self._write(self._draft)
        except OpensetError as trouble:
            return False, trouble.line
        self._used = True
        return True, "used"

    def _write(self, draft: Draft) -> None:
        """The lens file in place of the one before, which is kept beside it; then into [stage]."""
        put_in_use(self._production.root / LENS_FILE, draft.made)
        update_stage(self._production, {"lens": LENS_FILE})
        self._file.drop()

    def _lens_file(self, found: Conclusion) -> LensFile:
        """A solved lens as the file it becomes."""
        now = datetime.now(UTC)  # noqa: TID251 - the bench's own clock
        notes = {"board": self._setup.board, "calibrated": now.strftime("%Y-%m-%d %H:%M UTC")}
        if found.warnings:
            notes["warnings"] = "; ".join(each.text for each in found.warnings)
        inner = found.found
        lens = replace(inner.lens, sensor_width_mm=self._setup.sensor_mm or 36.0)
        measured = MeasuredLens(
            lens, 0.0, 0.0, inner.covariance, inner.rms_px, inner.map_uncertainty_px, len(inner.views)
        )
        return LensFile("", (measured,), notes=notes)


def _refusals(found: Sequence[Refusal]) -> list[dict[str, str]]:
    return [
        {"view": each.view, "code": each.code, "text": each.reason, "todo": each.todo} for each in found
    ]

"""The bench's third step: the map of the tags, from a walk around them and a taped distance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from openset.formats.faults import FormatError
from openset.primitives.errors import BadInput, OpensetError
from openset.stage.calibrate.rings import LensSeries, Rings
from openset.stage.exchange.lens_source import open_lens
from openset.stage.lens.measured import LensFile, MeasuredLens
from openset.stage.live.bench_draft import Draft, DraftFile, put_in_use
from openset.stage.live.bench_draw import DOUBT, GOOD, Canvas, whole_luma
from openset.stage.live.bench_step import UNKNOWN, Order, Said, Work, told
from openset.stage.live.bench_walk import MOST_PICTURES, WalkLog
from openset.stage.live.plate import PlateFrame
from openset.stage.markers.asked import taped_from
from openset.stage.markers.bow import unbowed
from openset.stage.markers.bundle import Frame, solve_map
from openset.stage.markers.detect import TagDetector
from openset.stage.markers.finding import Finding
from openset.stage.markers.map_file import json_from_map, map_from_json
from openset.stage.markers.map_plot import plot_of
from openset.stage.markers.model import SeenTag
from openset.stage.markers.quality import MapQuality, quality_of
from openset.stage.markers.solution import MapSolution
from openset.stage.markers.verdict import with_verdict
from openset.stage.prints.ids import parse_ids
from openset.store.camera import TAGS_FILE, CameraSetup, camera_folder
from openset.store.production import Production, open_production, update_stage

SURE_LOOKS = 8
"""Seen in so many pictures a tag is well tied in."""
LEAST_PICTURES = 8


class TagsStep:
    """Looks at every picture; keeps what it sees, maps, writes."""

    def __init__(self, production: Production, setup: CameraSetup, width: int, height: int) -> None:
        self._production, self._setup, self._size = production, setup, (width, height)
        self._folder: Path = camera_folder(production)
        self._walk = WalkLog(self._folder / "walk.jsonl", width, height)
        self._detector = TagDetector()
        self._seen: tuple[SeenTag, ...] = ()
        self._work, self._solving_m = Work(), 0.0
        self._file = DraftFile(self._folder, "tags")
        self._draft = self._left()
        self._serial, self._used = int(self._draft is not None), False
        self._trouble: OpensetError | None = None
        self._lens: MeasuredLens | None = None
        self._lens_trouble: OpensetError | None = None
        self._lens_at()

    def sheets(self, setup: CameraSetup) -> None:
        """Other tags, or another size of them, were set meanwhile: what was walked goes on, and a map
        of another size that nobody has used is let go."""
        before_m, self._setup = self._size_m, setup
        if self._size_m != before_m:
            self._draft, self._used = None, False
            self._file.drop()

    @property
    def _size_m(self) -> float:
        """The side of a tag's black square, as printed."""
        return self._setup.tag_mm / 1000 * self._setup.printed

    def look(self, frame: PlateFrame) -> None:
        """One picture: which tags are seen, and keep it where it is the sharpest of a few."""
        luma = whole_luma(frame.picture)
        self._seen = self._detector.detect(luma)
        if not self._work.busy:
            self._walk.offer(luma, self._detector)

    def draw(self, canvas: Canvas) -> None:
        """Each tag's outline and number; green when it is well tied in."""
        counts = self._walk.counts
        for tag in self._seen:
            colour = GOOD if counts.get(tag.id, 0) >= SURE_LOOKS else DOUBT
            canvas.outline(tag.corners_px, colour)
            canvas.word(str(tag.id), tag.corners_px.mean(axis=0).tolist(), colour)

    def status(self) -> dict[str, Any]:
        """How it stands."""
        found = self._work.done()
        if found is not None and self._solving_m == self._size_m:
            self._solved(*found)
        if self._lens is None and not self._work.busy:
            self._lens_at()
        counts = self._walk.counts
        return {
            "lens": self._lens is not None,
            "seen": [tag.id for tag in self._seen],
            "tags": [{"id": each, "pictures": counts[each]} for each in sorted(counts)],
            "wanted": list(parse_ids(self._setup.tag_ids)),
            "sure": SURE_LOOKS,
            "mirrored": sorted(self._walk.mirrored),
            "pictures": len(self._walk.frames),
            "least": LEAST_PICTURES,
            "most": MOST_PICTURES,
            "busy": self._work.busy,
            "result": None if self._draft is None else self._draft.said,
            "serial": self._serial,
            "used": self._used,
            "trouble": told(self._work.trouble or self._trouble or self._lens_trouble),
        }

    def obey(self, order: Order) -> Said:
        """solve (tapes, floor), again, use."""
        kind = order["type"]
        if kind == "solve":
            return self._solve(order)
        if kind == "again":
            self._walk.again()
            self._file.drop()
            self._draft = None
            return True, "begun anew"
        return self._use() if kind == "use" else UNKNOWN

    def _lens_at(self) -> None:
        """The lens in use now, at the size of these pictures."""
        kept = open_production(self._production.root).stage
        named = kept.get("lens")
        if not named:
            return
        try:
            self._lens, self._lens_trouble = None, None
            file = open_lens(self._production.root / str(named), *self._size)
            self._lens = _setting(file, kept)
        except OpensetError as trouble:
            self._lens_trouble = trouble

    def _solve(self, order: Order) -> Said:
        self._lens_at()
        lens = self._lens
        if lens is None or len(self._walk.frames) < LEAST_PICTURES:
            return False, "there is too little to work with"
        tapes = order.get("tapes", [])
        texts = [str(each) for each in tapes[:20]] if isinstance(tapes, list) else []
        taped = taped_from([text for text in texts if text.strip()])
        floor = str(order.get("floor", "")).strip()
        frame = Frame(parse_ids(floor, "--floor") if floor else ())
        frames = [unbowed(seen, lens.lens) for seen in self._walk.frames]
        size_m = self._size_m

        def work() -> tuple[MapSolution, MapQuality]:
            solution = solve_map(
                frames, lens.lens, size_m, taped=taped, frame=frame, lens_covariance=lens.covariance
            )
            quality = quality_of(solution, frames)
            self._file.draw(plot_of(solution, quality))
            return solution, quality

        if not self._work.start(work):
            return False, "it is being solved"
        self._solving_m = size_m
        return True, "solving"

    def _solved(self, solution: MapSolution, quality: MapQuality) -> None:
        """A map was made: keep it until it is used."""
        now = datetime.now(UTC)  # noqa: TID251 - the bench's own clock
        made = {"made": now.strftime("%Y-%m-%dT%H:%M:%SZ"), "from": "the walk on the camera's page"}
        tag_map = replace(solution.tag_map, notes={**solution.tag_map.notes, **made})
        tag_map = with_verdict(tag_map, quality)
        self._draft = Draft(_said(solution, quality), json_from_map(tag_map).decode())
        self._used, self._trouble = False, None
        self._serial += 1
        try:
            self._file.write(self._draft)
        except OpensetError as trouble:
            self._trouble = trouble

    def _left(self) -> Draft | None:
        """The map that was made and not used when the bench last ended."""
        draft = self._file.read()
        try:
            return draft if draft and map_from_json(draft.made.encode()).tags else None
        except FormatError:
            return None

    def _use(self) -> Said:
        if self._draft is None:
            return False, "there is no map yet"
        put_in_use(self._production.root / TAGS_FILE, self._draft.made)
        update_stage(self._production, {"tags": TAGS_FILE})
        self._file.settle()
        self._used = True
        return True, "used"


def _setting(file: LensFile, kept: Mapping[str, Any]) -> MeasuredLens:
    """The lens the walk is filmed through: of a series, at the setting that [stage] names."""
    places = [kept.get(name) for name in ("focal_mm", "focus_m")]
    focal_mm, focus_m = (float(each) if isinstance(each, int | float) else None for each in places)
    if len(file.settings) == 1:
        return file.settings[0]
    series = LensSeries(file, Rings(focal_mm=focal_mm, focus_m=focus_m), "production.toml")
    if series.at().missing:
        raise BadInput(
            "the lens in use is a series over its rings, and nothing says where they stand",
            where="production.toml",
            todo="Write focal_mm, and focus_m where it was measured, under [stage]",
        )
    return series.named_setting()


def _said(solution: MapSolution, quality: MapQuality) -> dict[str, Any]:
    return {
        "tags": len(solution.tag_map.tags),
        "sd_mm": round(quality.sd_m * 1000, 2),
        "worst_sd_mm": round(quality.worst_sd_m * 1000, 2),
        "usable": quality.usable,
        "taped": solution.scale.taped,
        "print_percent": round(solution.scale.factor * 100, 2),
        "findings": [_finding(each) for each in quality.findings],
    }


def _finding(each: Finding) -> dict[str, Any]:
    return {
        "code": each.kind.replace(" ", "-"),
        "tags": list(each.tags),
        "text": each.text,
        "todo": each.todo,
        "grave": each.grave,
    }

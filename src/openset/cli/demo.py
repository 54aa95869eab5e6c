"""The verb `demo`: a production from nothing but code, a simulated day on the real stage, a proof."""

from __future__ import annotations

import shutil
import time
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from openset.cli.office import open_office, run_up
from openset.cli.output import Output
from openset.primitives.errors import AlreadyExists, BadInput, PortInUse, VerifyFailed
from openset.sim.files import write_day
from openset.sim.rig import DEMO_DAY, JudgedDay, day_plan, shoot_day
from openset.stage.deliver.files import make_delivery, verify_delivery
from openset.stage.live.monitor import VIEWS, MonitorFrame, bgr_of
from openset.stage.record.files import write_marks
from openset.stage.record.model import Marks
from openset.stage.rig import BACKENDS
from openset.stage.scene.files import write_set
from openset.stage.scene.market import market_lane
from openset.store.files import write_atomic, writing
from openset.store.production import (
    FILE_NAME,
    Production,
    create_production,
    open_production,
    take_ids,
    update_stage,
)

MARK = "made by openset demo"
DEMO_TAKES = ("1-A-t01", "2-A-t01")

SCRIPT = """Title: The Last Stall
Credit: a demonstration script
Author: Openset
Draft date: 22/11/2026

EXT. MARKET LANE - LATE AFTERNOON #1#

The stalls are closing. AMA stands in the middle of the lane and tells a story to whoever still listens.

AMA
Every stall here had a song. My mother knew them all.

She spreads her arms. Nobody stops.

EXT. MARKET LANE - MOMENTS LATER #2#

A lantern goes on above her. AMA begins again, louder.

AMA
So I will sing you the last one.

> CUT TO BLACK.
"""

SHEET_WIDTH = 480
SITE_PORT = 8000


def run_demo(
    output: Output,
    folder: Path,
    *,
    replace: bool,
    backend: str,
    seed: int,
    width: int,
    leave_open: bool,
) -> int:
    """Make the demo production in `folder`, print what happened, and leave the site open if asked."""
    if not 320 <= width <= 1920:
        raise BadInput(f"no picture of {width} pixels", where="--width", todo="Choose 320 to 1920")
    if backend not in BACKENDS:
        raise BadInput(f"no back end {backend!r}", todo=f"Choose one of {', '.join(BACKENDS)}")
    if leave_open and output.as_json:
        raise BadInput("--open and --json do not go together", todo="Run openset up --json afterwards")
    began = time.monotonic()
    production = make_production(folder, replace=replace)
    output.say("the set: a market lane, built by code")
    write_set(market_lane(), folder / "sets" / "market")
    open_office(folder)
    before, grant = _first_look(production)
    output.say(f"milestone 'stage': {before}")
    output.say("the day: figure, cloth, camera and tracker are simulated (this takes a minute)")
    shoot = write_day(folder / "simulated", day_plan(DEMO_DAY, seed, *_size(width)), _progress(output))
    production = update_stage(
        production,
        {
            "plate": "simulated/plate.mp4",
            "track": "simulated/track.otrk.jsonl",
            "set": "market",
            "scene": "1",
            "shot": "A",
        },
    )
    output.say("the shoot: tracker over UDP, picture at its own delay, two takes")
    day = shoot_day(
        production, shoot, DEMO_DAY, set_name="market", backend=backend, port=0, say=output.say
    )
    if day.stage.trouble is not None:
        raise day.stage.trouble
    for take in day.takes:
        write_marks(take.folder, Marks(circled=True, note="Circled by the demonstration"))
    sheet = folder / "contact-sheet.png"
    write_contact_sheet(sheet, day.stage.stills)
    output.say("the hand-over: delivery, passport, checksums")
    delivery = folder / "deliveries" / "rushes"
    made = make_delivery(production, delivery, now=datetime.fromtimestamp(time.time(), UTC))
    verification = verify_delivery(delivery)
    if not verification.ok:
        first = verification.failures[0]
        raise VerifyFailed(first.what, where=first.where, todo="Run openset demo again")
    proof = _judge(grant)
    figures = _figures(day, folder, sheet, delivery, len(verification.findings), before, proof)
    figures["seconds"] = round(time.monotonic() - began, 1)
    output.done(figures, f"The day at {folder}", _rows(figures, made.file_count))
    if leave_open:
        leave_site_open(output, folder)
    return 0


def leave_site_open(output: Output, folder: Path) -> None:
    """Serve the demo until Ctrl-C, on another port where the usual one is taken."""
    try:
        run_up(output, folder, SITE_PORT)
    except PortInUse:
        run_up(output, folder, 0)


def _size(width: int) -> tuple[int, int]:
    """16:9, in whole blocks of four pixels."""
    return width // 4 * 4, width * 9 // 16 // 4 * 4


def make_production(folder: Path, *, replace: bool) -> Production:
    """A new production with the demo's script; with `replace`, an earlier demo there is deleted first.

    Raises AlreadyExists for anything that is there otherwise: only a demo is ever deleted.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        ours = (folder / FILE_NAME).is_file() and _is_demo(folder)
        if not ours:
            raise AlreadyExists(
                "something that is not a demo is here", where=str(folder), todo="Name another folder"
            )
        if not replace:
            raise AlreadyExists(
                "a demo is here already",
                where=str(folder),
                todo="Name another folder, or add --replace",
            )
        own = [str(take) for take in take_ids(open_production(folder)) if str(take) not in DEMO_TAKES]
        if own:
            raise AlreadyExists(
                f"this demo holds takes of your own ({', '.join(own[:3])})",
                where=str(folder),
                todo="Name another folder, or move these takes away",
            )
        _empty(folder)
    create_production(
        folder,
        title="The Last Stall",
        rate=Fraction(25),
        languages=("en",),
        stage={"made": MARK},
        marks={"A": (0.0, 0.0, 0.0)},
    )
    write_atomic(folder / "script" / "last-stall.fountain", SCRIPT.encode())
    return open_production(folder)


def _empty(folder: Path) -> None:
    """Delete what is in the folder; the folder stays, for it may be a link or where the shell stands.
    What says that this is a demo goes last, so that a deletion cut off can be taken up again."""
    with writing(folder):
        for child in sorted(folder.iterdir(), key=lambda path: path.name == FILE_NAME):
            if child.is_dir() and not child.is_symlink():
                shutil.rmtree(child)
            else:
                child.unlink()


def _is_demo(folder: Path) -> bool:
    return open_production(folder).stage.get("made") == MARK


def _progress(output: Output) -> Any:
    last = [time.monotonic()]

    def tell(done: int, total: int) -> None:
        if time.monotonic() - last[0] > 5 or done == total:
            last[0] = time.monotonic()
            output.say(f"  frame {done} of {total}")

    return tell


def _first_look(production: Production) -> tuple[str, Any]:
    """The grant of the demo and what its stage milestone is worth before anything is shot."""
    from openset.hub.milestones.services import ensure_demo_grant, proof_of

    grant = ensure_demo_grant(production)
    return proof_of(grant, "stage").state, grant


def _judge(grant: Any) -> Any:
    from openset.hub.milestones.services import observe

    return observe(grant, "stage")


def write_contact_sheet(path: Path, stills: tuple[MonitorFrame, ...]) -> None:
    """Plate, matte, background and composite side by side, one row a moment, as a PNG."""
    order = ("plate", "matte", "background", "composite")
    assert set(order) == set(VIEWS)
    gap, head = 12, 44
    rows = []
    for still in stills:
        cells = [_cell(bgr_of(still, view)) for view in order]
        spacer = np.full((cells[0].shape[0], gap, 3), 22, np.uint8)
        rows.append(np.hstack([part for cell in cells for part in (cell, spacer)][:-1]))
    width = rows[0].shape[1]
    top = np.full((head, width, 3), 22, np.uint8)
    for number, view in enumerate(order):
        place = (number * (SHEET_WIDTH + gap) + 2, 30)
        cv2.putText(top, view, place, cv2.FONT_HERSHEY_SIMPLEX, 0.75, (217, 217, 217), 1, cv2.LINE_AA)
    line = np.full((gap, width, 3), 22, np.uint8)
    sheet = np.vstack([top, *(part for row in rows for part in (row, line))][:-1])
    sheet = cv2.copyMakeBorder(sheet, 8, gap, gap, gap, cv2.BORDER_CONSTANT, value=(22, 22, 22))
    ok, data = cv2.imencode(".png", sheet)
    if not ok:
        raise RuntimeError("PNG encoder refused the contact sheet")
    write_atomic(path, bytes(data))


def _cell(bgr: np.ndarray[Any, np.dtype[np.uint8]]) -> np.ndarray[Any, np.dtype[np.uint8]]:
    height = round(bgr.shape[0] * SHEET_WIDTH / bgr.shape[1])
    return np.asarray(cv2.resize(bgr, (SHEET_WIDTH, height), interpolation=cv2.INTER_AREA), np.uint8)


def _figures(
    day: JudgedDay, folder: Path, sheet: Path, delivery: Path, checked: int, before: str, proof: Any
) -> dict[str, Any]:
    stage, found = day.stage, day.stage.delay_found
    return {
        "production": str(folder),
        "frames_in": stage.tally.frames_in,
        "frames_out": stage.tally.frames_in - stage.tally.dropped,
        "dropped": stage.tally.dropped,
        "recorded": stage.tally.recorded,
        "held": stage.tally.held,
        "backend": stage.backend,
        "delay_ms": {
            "found": round(stage.delay_s * 1000, 2),
            "truth": round(day.true_delay_s * 1000, 2),
            "error": round(day.delay_error_ms, 2),
            "sd": None if found is None or found.sd_s is None else round(found.sd_s * 1000, 2),
            "refused": found.refused if found else "not measured",
        },
        "takes": [
            {
                "take": str(take.record.spec.id),
                "folder": str(take.folder),
                "frames": take.record.frames,
                "dropped": take.record.counts.get("dropped", 0),
                "key_sad_per_frame": round(take.key.sad_per_frame, 3),
                "key_mse": round(take.key.mse, 5),
                "key_grad": round(take.key.grad, 3),
                "track_position_rms_mm": round(take.track.position_rms_mm, 3),
                "track_rotation_rms_mdeg": round(take.track.rotation_rms_mdeg, 2),
                "track_at_mark_rms_px": round(take.track.mark_rms_px, 3),
                "track_at_mark_rms_mm": round(take.track.mark_rms_mm, 2),
            }
            for take in day.takes
        ],
        "track_samples": stage.track_samples,
        "track_sent": day.sent,
        "contact_sheet": str(sheet),
        "delivery": str(delivery),
        "passport": str(delivery / "passport.html"),
        "verified_findings": checked,
        "milestone": {
            "name": "stage",
            "before": before,
            "after": proof.state,
            "lines": [
                {"text": line.text, "state": line.state, "take": str(line.take_id or "")}
                for line in proof.lines
            ],
        },
    }


def _rows(figures: dict[str, Any], files: int) -> list[tuple[str, str]]:
    delay = figures["delay_ms"]
    doubt = f" ± {delay['sd']}" if delay["sd"] is not None else ""
    rows = [
        (
            "frames in / out / dropped",
            f"{figures['frames_in']} / {figures['frames_out']} / {figures['dropped']}",
        ),
        ("recorded", f"{figures['recorded']} frames in {len(figures['takes'])} takes"),
        ("tracker samples", f"{figures['track_samples']} heard of {figures['track_sent']} sent"),
        ("delay found / truth", f"{delay['found']}{doubt} / {delay['truth']} ms"),
        ("back end", figures["backend"]),
    ]
    for take in figures["takes"]:
        at_mark = (
            f"{take['track_at_mark_rms_mm'] / 10:.2f} cm, {take['track_at_mark_rms_px']} px at the mark"
        )
        rows += [
            (f"take {take['take']}", ""),
            ("frames, dropped", f"{take['frames']}, {take['dropped']}"),
            ("key error", f"SAD {take['key_sad_per_frame']} per frame, MSE {take['key_mse']}"),
            (
                "track error",
                f"{take['track_position_rms_mm']} mm, {take['track_rotation_rms_mdeg']} mdeg; "
                f"{at_mark}",
            ),
        ]
    milestone = figures["milestone"]
    rows += [
        ("the grant", ""),
        ("milestone 'stage'", f"{milestone['before']} -> {milestone['after']}"),
    ]
    rows += [(line["take"] or line["state"], line["text"]) for line in milestone["lines"]]
    rows += [
        ("where to look", ""),
        ("contact sheet", figures["contact_sheet"]),
        (
            "delivery",
            f"{figures['delivery']} ({files} files, {figures['verified_findings']} checks hold)",
        ),
        ("on a page", f"openset up {figures['production']}"),
    ]
    return rows

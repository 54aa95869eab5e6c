"""The verbs `shoot` and `stage`: one take from a plate, or the engine under the crew's hands."""

from __future__ import annotations

import math
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

from openset.cli.camera.in_use import kept_number
from openset.cli.output import Output
from openset.primitives.errors import BadInput
from openset.primitives.ids import check_name, check_set_name
from openset.primitives.space import Pose, pose_from_pan_tilt_roll
from openset.stage.calibrate.rings import LensSeries, Rings
from openset.stage.lens.measured import LensFile
from openset.stage.lens.model import Lens, pinhole
from openset.stage.live.ltc import PREFIX
from openset.stage.rig import StagePlan, StageResult, recover_open_takes, run_stage
from openset.store.production import Production, open_production

INTERRUPTED = 130
TIMECODE_SAID = {
    "none": "never heard; timecode was counted",
    "locked": "heard to the end",
    "free": "heard, then silent; timecode ran free",
}


def run_shoot(
    output: Output,
    folder: Path,
    *,
    plate: str,
    track: str,
    set_name: str,
    scene: str,
    shot: str,
    delay_s: float | None,
    focal_mm: float | None,
    sensor_mm: float,
    matte: bool,
    backend: str,
    port: int,
    mount: str | None,
    timecode: str | None = None,
    lens: Path | None = None,
    focus_m: float | None = None,
) -> int:
    """Shoot one take; the exit code is 0, or that of the trouble that ended it early."""
    measured, rings = _measured(lens, focal_mm, focus_m)
    plan = StagePlan(
        plate=plate,
        track=track,
        set_name=check_set_name(set_name),
        scene=check_name(scene, "scene"),
        shot=check_name(shot, "shot"),
        backend=backend,
        record_matte=matte,
        roll_at_start=True,
        port=port,
        lens=None if measured else _lens(focal_mm, sensor_mm),
        tracker_from_camera=_mount(mount) if mount is not None else None,
        rings=rings,
        ltc=timecode,
        lens_file=measured,
        lens_source=str(lens or ""),
    )
    production = open_production(folder)
    delay, sd_s = _delay(production, delay_s)
    plan = replace(plan, delay_s=delay, delay_sd_s=sd_s)
    _end_politely()
    result = run_stage(production, plan, say=output.say)
    return report(output, production.root, result)


def _delay(production: Production, given_s: float | None) -> tuple[float, float | None]:
    """The delay to work with, and how sure it is: as given, or as it was measured for the
    production."""
    if given_s is not None:
        return given_s, None
    kept = production.stage
    sd_s = kept.get("delay_sd_s")
    return float(kept.get("delay_s", 0.0)), float(sd_s) if sd_s is not None else None


def _measured(
    lens: Path | None,
    focal_mm: float | None,
    focus_m: float | None,
    production: Production | None = None,
) -> tuple[LensFile | None, Rings]:
    """The measured lens of a lens file, and what was named of its rings: here, or for a series under
    [stage] of the production."""
    if lens is None:
        if focus_m is not None or (focal_mm is not None and production is not None):
            raise BadInput("a place of the rings, and no lens file", todo="Give --lens, a series")
        return None, Rings()
    from openset.stage.lens.files import read_lens

    file = read_lens(lens)
    if focal_mm is not None and len(file.settings) == 1:
        raise BadInput(
            "a lens file of one setting and a focal length", todo="Give --lens or --focal-mm, not both"
        )
    if production is not None and len(file.settings) > 1:
        focal_mm = kept_number(production, "focal_mm") if focal_mm is None else focal_mm
        focus_m = kept_number(production, "focus_m") if focus_m is None else focus_m
    named = Rings(focal_mm=focal_mm, focus_m=focus_m)
    LensSeries(file, named, str(lens))  # what cannot be named is refused before anything is opened
    return file, named


def _mount(text: str) -> Pose:
    """'PAN,TILT,ROLL' in degrees: how the camera is turned against the tracker's body."""
    try:
        pan, tilt, roll = (math.radians(float(part)) for part in text.split(","))
    except ValueError:
        raise BadInput(
            f"{text!r} is no mount", where="--mount", todo="Write PAN,TILT,ROLL in degrees: 0,28,0"
        ) from None
    level = pose_from_pan_tilt_roll((0.0, 0.0, 0.0), 0.0, 0.0, 0.0)
    turned = pose_from_pan_tilt_roll((0.0, 0.0, 0.0), pan, tilt, roll)
    return level.inverse().after(turned)


def _lens(focal_mm: float | None, sensor_mm: float) -> Lens | None:
    """A pinhole lens from the command line; its size is fitted to the picture by the loop."""
    if focal_mm is None:
        return None
    if not (0.5 <= focal_mm <= 5000 and 0.5 <= sensor_mm <= 200):
        raise BadInput(
            f"no lens of {focal_mm} mm on a sensor {sensor_mm} mm wide", todo="Give both in millimetres"
        )
    return pinhole(1920, 1080, focal_mm, sensor_mm)


def run_engine(
    output: Output,
    folder: Path,
    *,
    plate: str | None,
    track: str | None,
    set_name: str | None,
    scene: str | None,
    shot: str | None,
    delay_s: float | None,
    matte: bool,
    backend: str,
    port: int,
    timecode: str | None = None,
    lens: Path | None = None,
    focal_mm: float | None = None,
    focus_m: float | None = None,
) -> int:
    """Run the engine until it is told to stop; what is not given comes from production.toml [stage]."""
    production = open_production(folder)
    kept = production.stage

    def given(name: str, value: str | None) -> str:
        found = value if value is not None else kept.get(name)
        if not found:
            raise BadInput(
                f"no {name} given",
                where=str(production.root / "production.toml"),
                todo=f"Give --{name}, or write {name} = … under [stage]",
            )
        return str(found)

    source, track_source = given("plate", plate), given("track", track)
    delay = _delay(production, delay_s)
    kept_lens = kept.get("lens")
    if lens is None and kept_lens:
        lens = Path(_inside(production.root, str(kept_lens)))
    measured, rings = _measured(lens, focal_mm, focus_m, production)
    plan = StagePlan(
        plate=_inside(production.root, source),
        track=_inside(production.root, track_source),
        set_name=check_set_name(given("set", set_name)),
        scene=check_name(given("scene", scene or str(kept.get("scene", "1"))), "scene"),
        shot=check_name(given("shot", shot or str(kept.get("shot", "A"))), "shot"),
        backend=backend,
        delay_s=delay[0],
        delay_sd_s=delay[1],
        record_matte=matte,
        paced=True,
        loop=True,
        port=port,
        wait_for_track=False,
        ltc=timecode or _timecode_inside(production.root, kept.get("timecode")),
        rings=rings,
        lens_file=measured,
        lens_source=str(lens or ""),
    )
    _end_politely()
    output.say("stage running: roll and cut from the monitor page; Ctrl-C ends it")
    return report(output, production.root, run_stage(production, plan, say=output.say))


def run_recover(output: Output, folder: Path) -> None:
    """Close every take that a crash or a power cut left open."""
    production = open_production(folder)
    records = recover_open_takes(production, output.say)
    takes = [{"take": str(r.spec.id), "frames": r.frames, "state": r.state} for r in records]
    rows = [(str(record.spec.id), f"{record.frames} frames") for record in records]
    output.done({"recovered": takes}, f"{len(records)} open takes closed", rows)


def _end_politely() -> None:
    """A shutdown or a lost terminal ends the engine as Ctrl-C does: the open take is closed."""
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.default_int_handler)


def _inside(root: Path, source: str) -> str:
    """A file named in production.toml is relative to the production; an address or device is itself."""
    inside = root / source
    return str(inside) if inside.exists() else source


def _timecode_inside(root: Path, source: object) -> str | None:
    """[stage] timecode of production.toml, a file relative to the production."""
    if not source:
        return None
    place, mark, options = str(source).removeprefix(PREFIX).partition("?")
    return PREFIX + _inside(root, place) + mark + options


def _timecode_said(result: StageResult) -> str:
    """What became of the LTC, in words; why, where it could not be used."""
    if result.timecode_state == "none" and result.timecode_note:
        return f"{result.timecode_note}; timecode was counted"
    return TIMECODE_SAID[result.timecode_state]


def report(output: Output, root: Path, result: StageResult) -> int:
    """Print what happened; the exit code of what ended it early (130 for Ctrl-C), or 0."""
    tally = result.tally
    takes = [
        {
            "take": str(record.spec.id),
            "folder": str(root / "takes" / str(record.spec.id)),
            "frames": record.frames,
            "counts": dict(record.counts),
            "state": record.state,
            "faults": [fault.text for fault in record.faults],
        }
        for record in result.takes
    ]
    figures: dict[str, Any] = {
        "takes": takes,
        "frames_in": tally.frames_in,
        "frames_out": tally.frames_in - tally.dropped,
        "dropped": tally.dropped,
        "recorded": tally.recorded,
        "recording_lost": tally.recording_lost,
        "held": tally.held,
        "no_pose": tally.no_pose,
        "delay_s": result.delay_s,
        "track_samples": result.track_samples,
        "track_counts": result.track_counts,
        "backend": result.backend,
        "timecode_state": result.timecode_state,
        "timecode_note": result.timecode_note,
        "seconds": round(result.seconds, 2),
        "frames_per_second": round(tally.frames_in / result.seconds, 2) if result.seconds else 0.0,
    }
    if result.trouble is not None:
        figures["trouble"] = result.trouble.line
    rows = [
        ("frames in", str(tally.frames_in)),
        ("frames out", str(figures["frames_out"])),
        ("dropped", str(tally.dropped)),
        (
            "recorded",
            f"{tally.recorded}" + (f", {tally.recording_lost} lost" if tally.recording_lost else ""),
        ),
        (
            "track",
            f"{result.track_samples} samples, held for {tally.held} frames, none for {tally.no_pose}",
        ),
        ("delay", f"{result.delay_s * 1000:.1f} ms"),
        *([("LTC", _timecode_said(result))] if result.timecode_state else []),
        ("back end", result.backend),
        ("speed", f"{figures['frames_per_second']} frames a second"),
    ]
    rows += [(str(take["take"]), str(take["folder"])) for take in takes]
    if result.trouble is not None:
        output.trouble_after(figures, "Ended early; what was recorded is kept", rows, result.trouble)
        return result.trouble.exit_code
    if result.interrupted:
        output.done(figures, "Interrupted; the open take was closed", rows)
        return INTERRUPTED
    output.done(figures, "Shot", rows)
    return 0

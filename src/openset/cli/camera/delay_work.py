"""The work of `calibrate delay`: read or listen, estimate, answer, keep."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from openset.cli.output import Output
from openset.primitives.errors import BadInput
from openset.primitives.space import Pose, pose_from_pan_tilt_roll
from openset.primitives.time import parse_rate
from openset.stage.calibrate.rings import Rings
from openset.stage.live.delay_source import Material, is_a_stages, is_take, material_of, take_of
from openset.stage.live.delay_watch import Wanted
from openset.stage.tracking.delay import estimate_delay
from openset.stage.tracking.delay_chart import delay_chart, headline
from openset.stage.tracking.delay_model import MIN_MOTION_PX, MIN_TURN_DEG_S, DelayEstimate
from openset.stage.tracking.freed import profile_named
from openset.store.files import write_atomic
from openset.store.production import open_production, update_stage

REFERS_TO = "mid-exposure of the picture's middle row"


def run_delay(
    output: Output,
    take: Path | None,
    *,
    picture: str,
    track: str,
    seconds: float,
    start_s: float,
    lens: Path | None,
    mount: str,
    search_s: float,
    rate: str,
    profile: str,
    production: Path | None,
    plot: Path | None,
    focal_mm: float | None = None,
    focus_m: float | None = None,
) -> int:
    """Measure the delay; 0, or 2 where the material does not give one."""
    _check(take, picture, track, seconds, start_s, search_s)
    home = open_production(production) if production is not None else None
    rings = Rings(focal_mm=focal_mm, focus_m=focus_m)
    if rings.said and lens is None:
        raise BadInput(
            "a ring of the lens is named without its file", where="--focal-mm, --focus-m",
            todo="Give the series with --lens",
        )  # fmt: skip
    name = profile_named(profile).name
    wanted = Wanted(start_s, seconds, _mount(mount), lens, _rate(rate), name, rings)
    if take is None and (take := take_of(picture, track)) is not None:
        output.say(f"both files are of the take {take.name}: its own picture, track and timing count")
    material = material_of(take, picture, track, wanted, output.say)
    found = estimate_delay(material.motion, material.track, (-search_s, search_s))
    if material.went_back:
        found = replace(found, refused=material.went_back, remedy="Record once more")
    figures = figures_of(found, material)
    source = str(take) if take is not None else picture
    if plot is not None:
        chart = delay_chart(found, material.motion, material.track, title=source)
        write_atomic(plot, chart.encode())
        figures["plot"] = str(plot)
    if found.refused is not None:
        trouble = BadInput(found.refused, where=source, todo=found.remedy)
        output.trouble_after(figures, "No delay", rows_of(found, material), trouble)
        return trouble.exit_code
    rows = rows_of(found, material)
    if home is not None and (refused := not_kept(found, material, source)) is not None:
        output.trouble_after(figures, headline(found), rows, refused)
        return refused.exit_code
    if home is not None:
        now = datetime.now(UTC)  # noqa: TID251 - the command's own clock
        figures["was"] = was(home.stage)
        update_stage(home, kept(found, source, now))
        figures["production"] = str(home.root)
        rows.append(("kept in", str(home.root)))
        rows += was_rows(figures["was"])
    output.done(figures, headline(found), rows)
    return 0


def run_of_screen(
    output: Output, picture: str, *, seconds: float, port: int, capture_ms: str, rate: str
) -> int:
    """Measure the loop of a screen; what only that needs is imported here."""
    from openset.cli.camera.delay_screen_work import run_screen_delay

    return run_screen_delay(
        output, picture, seconds=seconds, port=port, capture_ms=capture_ms, rate=_rate(rate)
    )


def kept(found: DelayEstimate, source: str, now: datetime) -> dict[str, Any]:
    """What production.toml [stage] keeps of a measured delay."""
    return {
        "delay_s": round(found.delay_s, 6),
        "delay_sd_s": round(found.sd_s or 0.0, 6),
        "delay_confidence": round(found.confidence, 4),
        "delay_measured": f"{now:%Y-%m-%dT%H:%M:%SZ}",
        "delay_measured_from": source,
    }


def not_kept(found: DelayEstimate, material: Material, source: str) -> BadInput | None:
    """Why a delay that was found is not kept for the stage; None where it may be."""
    if is_a_stages(material, found.delay_s):
        return None
    return BadInput(
        f"{1000 * found.delay_s:.0f} ms is no stage's delay and is not kept: clip and track did not "
        "begin together",
        where=source,
        todo="Name a take (openset calibrate delay takes/1-A-t01), or measure live",
    )


def was(stage: Mapping[str, Any]) -> dict[str, Any] | None:
    """The delay that [stage] kept until now; None where it kept none."""
    if not isinstance(stage.get("delay_s"), int | float):
        return None
    return {name: stage.get(name) for name in ("delay_s", "delay_measured", "delay_measured_from")}


def was_rows(before: dict[str, Any] | None) -> list[tuple[str, str]]:
    """The delay that was overwritten, for people."""
    if before is None:
        return []
    said = f"{1000 * before['delay_s']:.1f} ms"
    when, source = before["delay_measured"], before["delay_measured_from"]
    if not (when or source):
        return [("was", f"{said}, set by hand")]
    said += f", measured {when}" if when else ", measured"
    return [("was", f"{said} from {source}" if source else said)]


def figures_of(found: DelayEstimate, material: Material) -> dict[str, Any]:
    """The answer for programs; `delay_s` is None where it is refused, `best_s` the best guess."""
    jump, drift = found.jump, found.drift
    return {
        "delay_s": found.delay_s if found.refused is None else None,
        "best_s": found.delay_s,
        "sd_s": found.sd_s,
        "confidence": found.confidence,
        "refused": found.refused,
        "remedy": found.remedy,
        "frames": found.frames,
        "frames_seen": material.frames,
        "frames_uneven": material.uneven,
        "motion": {
            "px_per_frame": found.moved_px,
            "needed_px_per_frame": MIN_MOTION_PX,
            "deg_per_s": found.turned_deg_s,
            "needed_deg_per_s": MIN_TURN_DEG_S,
        },
        "focal_px": found.pixels_per_rad * material.per_measured_px if found.pixels_per_rad else None,
        "readout_s": found.readout_s,
        "readout_sd_s": found.readout_sd_s,
        "drift_ppm": drift.ppm if drift else None,
        "drift_sd_ppm": drift.sd_ppm if drift else None,
        "jump": {
            "at_s": jump.at_s,
            "by_s": jump.by_s,
            "before_s": jump.before_s,
            "after_s": jump.after_s,
        }
        if jump
        else None,
        "tracker_gaps_s": [list(gap) for gap in found.gaps_s],
        "notes": list(found.notes),
        "clock": material.clock,
        "refers_to": REFERS_TO,
        "take_delay_s": material.used_s,
    }


def rows_of(found: DelayEstimate, material: Material) -> list[tuple[str, str]]:
    """The answer for people."""
    rows: list[tuple[str, str]] = []
    if found.refused is None:
        sd = "not known" if found.sd_s is None else f"± {1000 * found.sd_s:.2f} ms"
        rows.append(("delay", f"{1000 * found.delay_s:.2f} ms {sd} (one standard deviation)"))
        rows.append(("refers to", REFERS_TO))
    if found.refused is None and material.used_s is not None:
        off = 1000 * (found.delay_s - material.used_s)
        rows.append(("the take used", f"{1000 * material.used_s:.2f} ms, {abs(off):.2f} ms off"))
    rows += [
        ("correlation", f"{found.confidence:.3f}"),
        (
            "frames",
            f"{found.frames} of {material.frames}{', at uneven times' if material.uneven else ''}",
        ),
        (
            "motion",
            f"{found.moved_px:.2f} pixels a frame ({MIN_MOTION_PX:g} needed), "
            f"{found.turned_deg_s:.1f} degrees a second (about {MIN_TURN_DEG_S:g} needed)",
        ),
    ]
    if found.readout_s is not None and found.readout_sd_s is not None:
        rows.append(("read-out", f"{1000 * found.readout_s:.1f} ± {1000 * found.readout_sd_s:.1f} ms"))
    if found.drift is not None:
        rows.append(("drift", f"{found.drift.ppm:.0f} ± {found.drift.sd_ppm:.0f} ppm"))
    rows += [("noticed", note) for note in found.notes]
    rows.append(("times", material.clock))
    return rows


def _check(
    take: Path | None, picture: str, track: str, seconds: float, start_s: float, search_s: float
) -> None:
    if take is not None and (picture or track):
        raise BadInput("give a take, or --picture and --track, not both", where=str(take))
    if take is not None and not is_take(take):
        raise BadInput("there is no take here", where=str(take), todo="A take's folder holds take.toml")
    if take is None and not (picture and track):
        raise BadInput(
            "a picture and its track are needed", todo="Give a take's folder, or --picture and --track"
        )
    for name, value, low, high in (
        ("--seconds", seconds, 2.0, 3600.0),
        ("--start", start_s, 0.0, 1e6),
        ("--search", search_s, 0.05, 10.0),
    ):
        if not low <= value <= high:
            raise BadInput(f"{value:g} s cannot be used", where=name, todo=f"Give {low:g} to {high:g}")


def _mount(text: str) -> Pose | None:
    """'PAN,TILT,ROLL' in degrees: how the camera is turned against the tracker's body."""
    if not text:
        return None
    try:
        pan, tilt, roll = (math.radians(float(part)) for part in text.split(","))
        level = pose_from_pan_tilt_roll((0.0, 0.0, 0.0), 0.0, 0.0, 0.0)
        return level.inverse().after(pose_from_pan_tilt_roll((0.0, 0.0, 0.0), pan, tilt, roll))
    except ValueError:
        raise BadInput(
            f"{text!r} is no mount", where="--mount", todo="Write PAN,TILT,ROLL in degrees: 0,28,0"
        ) from None


def _rate(text: str) -> Any:
    try:
        return parse_rate(text) if text else None
    except ValueError as error:
        raise BadInput(str(error), where="--rate") from error

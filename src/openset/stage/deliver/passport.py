"""The passport of a delivery: what it holds, with measured figures, and what is not promised.

Everything in a take's entry but its marks, media, key and seal follows from the take's own files, so
that whoever receives the delivery can work it out again: see `told_by_files`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from openset import __version__
from openset.primitives.errors import BadInput
from openset.stage.accuracy.watch import MarkSummary
from openset.stage.deliver.cut import record_start
from openset.stage.deliver.model import (
    EDL_FILE,
    OTIO_FILE,
    HandedTake,
)
from openset.stage.deliver.track import frame_at, lens_drift_px
from openset.stage.lens.model import Lens
from openset.stage.lens.stmap import overscan, straight_size
from openset.store.production import Production

STEADY_LENS_PX = 0.1
"""A lens that moves no point of the picture further than this during a take has one ST map."""

CONVENTIONS = {
    "length": "metres; camera.usda in centimetres, Z up",
    "angles": "pan, tilt, roll in degrees as OpenTrackIO: about Z, X, Y; at zero the camera looks "
    "along +Y",
    "camera": "the entrance pupil on the studio floor's own frame; looks down -Z, Y up",
    "lens": "pinhole and Brown-Conrady k1 k2 p1 p2 k3, undistorted to distorted, OpenCV's form; the "
    "principal point in pixels from the picture's top-left corner",
    "st_maps": "32-bit float OpenEXR, R = x / width, G = 1 - y / height; undistort.exr straightens the "
    "plate, distort.exr bends a straight render of straight_size_px to the plate",
    "picture": "8-bit 4:2:0, BT.709 primaries, transfer and matrix, limited range",
    "matte": "8-bit, full range: 255 is subject, 0 is screen",
    "timecode": "SMPTE ST 12-1, counted by the engine from the take's first frame",
    "delay": "the picture reached the engine that much later than the pose of the same moment",
    "accuracy": "the radius, across the line of sight, within which the truth lies nine times in ten, "
    "from what is known of pose, lens and delay",
    "hash": "XXH3 with 128 bits (xxh128), as in the ASC MHL manifest",
}


@dataclass(frozen=True)
class Medium:
    """A movie of the take as its file says: see passport.schema.json."""

    file: str
    what: str
    container: str
    codec: str
    pixel_format: str
    colour: str
    frames: int
    megabits_per_s: float


@dataclass(frozen=True)
class KeyMoment:
    """The key of one frame: its timecode and the figures of stage/key/report.py."""

    timecode: str
    score: float
    screen_coverage: float
    evenness_stops: float
    noise: float


@dataclass(frozen=True)
class TakeExtras:
    """What is measured when the delivery is made, and not again: media, key, and the take's own seal
    (name and hash of its manifest)."""

    media: tuple[Medium, ...]
    key: tuple[KeyMoment, ...]
    manifest: str
    manifest_xxh128: str


@dataclass(frozen=True)
class SetEntry:
    """A set in the delivery, with what its reader had to say."""

    name: str
    folder: str
    file_count: int
    notes: tuple[str, ...]


@dataclass(frozen=True)
class FileEntry:
    """One file of the delivery."""

    path: str
    bytes: int
    xxh128: str


def passport(
    production: Production,
    takes: Sequence[tuple[HandedTake, TakeExtras]],
    sets: Sequence[SetEntry],
    files: Sequence[FileEntry],
    now: datetime,
) -> dict[str, Any]:
    """The whole passport as JSON values, valid under passport.schema.json."""
    handed = [take for take, _ in takes]
    return {
        "openset_passport": 1,
        "software": f"openset {__version__}",
        "made_at": now.isoformat(timespec="seconds"),
        "production": {
            "id": production.id,
            "title": production.title,
            "rate": str(production.rate),
            "languages": list(production.languages),
        },
        "cut": cut_entry(handed),
        "takes": [take_entry(take, extras) for take, extras in takes],
        "sets": [_plain(entry) for entry in sets],
        "conventions": CONVENTIONS,
        "not_promised": not_promised(handed),
        "files": [_plain(entry) for entry in files],
    }


def cut_entry(takes: Sequence[HandedTake]) -> dict[str, Any]:
    """The cut's length and where it lies."""
    rated = [take for take in takes if take.record.frames]
    frames = sum(take.record.frames for take in rated)
    start = record_start(rated[0])
    return {
        "otio": OTIO_FILE,
        "edl": EDL_FILE,
        "rate": str(start.rate),
        "frames": frames,
        "record_start": str(start),
        "record_end": str(start.plus(frames)),
    }


def take_entry(take: HandedTake, extras: TakeExtras) -> dict[str, Any]:
    """One take's entry."""
    return {
        **told_by_files(take),
        "marks": {
            "circled": take.marks.circled,
            "rating": take.marks.rating,
            "note": take.marks.note,
        },
        "media": [_plain(medium) for medium in extras.media],
        "key": _key(take, extras.key),
        "seal_of_the_take": {"manifest": extras.manifest, "xxh128": extras.manifest_xxh128},
    }


def told_by_files(take: HandedTake) -> dict[str, Any]:
    """The part of a take's entry that its files tell again: record, track and lens."""
    record, spec = take.record, take.record.spec
    return {
        "id": str(spec.id),
        "folder": take.folder,
        "state": record.state,
        "reason": record.reason,
        "started_at": record.started_at.isoformat(timespec="seconds"),
        "source": {"plate": spec.plate_source, "track": spec.track_source},
        "background": {
            "set": spec.set_name,
            "backend": spec.backend,
            "included": take.set_included,
        },
        "picture": {
            "rate": str(spec.rate),
            "width_px": spec.width,
            "height_px": spec.height,
            "frames": record.frames,
            "duration_s": round(record.duration_s, 6),
            "start_timecode": str(spec.start_timecode),
            "end_timecode": str(record.end_timecode),
        },
        "figures": _figures(take),
        "accuracy": [_at_mark(summary) for summary in record.accuracy],
        "lens": _lens(take),
        **({"solve": _solve(take.solve)} if take.solve else {}),
        "faults": [
            {
                "timecode": _timecode_at(take, fault.time_ns),
                "kind": fault.kind,
                "text": fault.text,
            }
            for fault in record.faults
        ],
    }


def not_promised(takes: Sequence[HandedTake]) -> list[str]:
    """What a receiver might take for granted and must not, in plain sentences."""
    out = [
        "The plate is the picture as it reached the stage, 8 bits deep and in BT.709. It holds no "
        "camera raw, no log curve and nothing brighter than video white.",
        "The plate and the composite are H.264, each coded once on the stage; the matte is lossless.",
        "Takes hold no sound.",
        "Sets are as they stood in the production when the delivery was made.",
        "The timecode was counted on the stage. It matches the camera's own only where the camera's "
        "timecode was the source.",
        "The seal shows whether a file has changed since the delivery was made. It does not show who "
        "made it: it is not signed.",
    ]
    for take in takes:
        out += [f"{take.id}: {sentence}" for sentence in _doubts(take)]
    return out


def _doubts(take: HandedTake) -> list[str]:
    record, spec, out = take.record, take.record.spec, []
    dropped = record.counts.get("dropped", 0)
    if record.state == "recovered":
        out.append(
            f"recovered after the recording was cut off; what was whole is here ({record.reason})."
        )
    if dropped:
        out.append(
            f"{dropped} frames of the source reached the stage too late and are not in the take."
        )
    held, none = (sum(frame.state == state for frame in take.frames) for state in ("held", "none"))
    if held:
        out.append(
            f"{held} frames use an older pose, held because the tracker was late; see the markers."
        )
    if none:
        out.append(f"{none} frames have no pose from the tracker; their camera is not measured.")
    if take.solve is not None:
        out.append(
            "the camera was solved from the picture after the take (solved.otrk.jsonl); the "
            "composite's background was drawn with the one in track.otrk.jsonl."
        )
    if not spec.record_matte:
        out.append("no matte was recorded.")
    if spec.delay_sd_s is None:
        out.append("the delay between picture and track was set by hand, not measured.")
    if not record.accuracy:
        out.append(
            "how far feet slide was not worked out: the production names no marks, or the tracker "
            "told too little."
        )
    if not take.set_included:
        out.append(f"the set {spec.set_name!r} is not in this delivery.")
    if take.lens is None:
        out.append("the lens is not known, so there are no ST maps and the camera has no focal length.")
        return out
    if lens_drift_px(take.frames) > STEADY_LENS_PX:
        out.append("the lens changes during the take; the ST maps hold for its first frame.")
    if not any(getattr(take.lens, name) for name in ("k1", "k2", "p1", "p2", "k3")):
        out.append("the lens was not calibrated for distortion, or has none; the ST maps are straight.")
    if take.lens.entrance_pupil_offset_m == 0.0:
        out.append(
            "where the entrance pupil sits is not known; it is taken to be at the tracked point."
        )
    return out


def _timecode_at(take: HandedTake, time_ns: int) -> str:
    """The timecode of the frame exposed then, from its track line; the first one without lines."""
    if not take.frames:
        return str(take.record.spec.start_timecode)
    return take.frames[frame_at(take.frames, time_ns)].timecode


def _figures(take: HandedTake) -> dict[str, Any]:
    record = take.record
    states = [frame.state for frame in take.frames]
    ages = [frame.age_s for frame in take.frames if frame.age_s is not None and frame.state != "none"]
    counted = {
        name: record.counts[name] for name in ("dropped", "recording_lost") if name in record.counts
    }
    return {
        "tracked": states.count("tracked"),
        "held": states.count("held"),
        "without_pose": states.count("none"),
        **counted,
        "longest_age_ms": round(max([*ages, 0.0]) * 1000, 3),
        "tracker_reports": record.files.raw_lines,
        "delay_ms": round(record.spec.delay_s * 1000, 3),
        **_delay_sd(record.spec.delay_sd_s),
        "faults": len(record.faults),
    }


def _delay_sd(sd_s: float | None) -> dict[str, float]:
    return {} if sd_s is None else {"delay_sd_ms": round(sd_s * 1000, 3)}


def _at_mark(summary: MarkSummary) -> dict[str, Any]:
    return {
        "mark": summary.mark,
        "median_cm": summary.median_cm,
        "worst_cm": summary.worst_cm,
        "worst_distance_m": summary.worst_distance_m,
        "looks": summary.looks,
        "shares": dict(summary.shares),
        "basis": summary.basis,
    }


def _solve(report: Mapping[str, Any]) -> dict[str, Any]:
    """How much better the solved camera explains the picture than the one the take was shot with."""
    try:
        return {
            "software": str(report["solve"]["software"]),
            "residual_before_px": round(float(report["residuals"]["before"]["rms_px"]), 4),
            "residual_after_px": round(float(report["residuals"]["after"]["rms_px"]), 4),
            "delay_ms": round(float(report["delay"]["solved_s"]) * 1000, 3),
            "notes": [str(note) for note in report["solve"]["notes"]],
        }
    except (KeyError, TypeError, ValueError) as error:
        raise BadInput(
            f"the report of the solve cannot be understood ({error})",
            where="solved.toml",
            todo="Run openset solve --replace",
        ) from error


def _lens(take: HandedTake) -> dict[str, Any] | None:
    lens = take.lens
    if lens is None:
        return None
    focals = [frame.lens.focal_length_mm for frame in take.frames if frame.lens]
    factor = overscan(lens)
    return {
        "focal_length_mm": round(lens.focal_length_mm, 4),
        "sensor_width_mm": round(lens.sensor_width_mm, 4),
        "sensor_height_mm": round(_sensor_height_mm(lens), 4),
        "centre_px": [round(lens.cx_px, 3), round(lens.cy_px, 3)],
        "brown_conrady": {
            name: round(getattr(lens, name), 9) for name in ("k1", "k2", "p1", "p2", "k3")
        },
        "entrance_pupil_offset_m": round(lens.entrance_pupil_offset_m, 5),
        "focus_distance_m": lens.focus_distance_m,
        "f_stop": lens.f_stop,
        "drift_px": round(lens_drift_px(take.frames), 3),
        "focal_range_mm": [
            round(min(focals, default=lens.focal_length_mm), 4),
            round(max(focals, default=lens.focal_length_mm), 4),
        ],
        "overscan": round(factor, 6),
        "straight_size_px": list(straight_size(lens, factor)),
    }


def _sensor_height_mm(lens: Lens) -> float:
    return lens.height_px * lens.focal_length_mm / lens.fy_px


def _key(take: HandedTake, moments: Sequence[KeyMoment]) -> dict[str, Any] | None:
    if not moments:
        return None
    return {
        "score": round(sum(moment.score for moment in moments) / len(moments), 1),
        "moments": [_plain(moment) for moment in moments],
        "settings": dict(take.record.spec.key),
    }


def _plain(value: Any) -> dict[str, Any]:
    """A dataclass of plain values as JSON says it; floats to three places."""
    table: Mapping[str, Any] = vars(value)
    return {
        name: round(item, 3)
        if isinstance(item, float)
        else list(item)
        if isinstance(item, tuple)
        else item
        for name, item in table.items()
    }

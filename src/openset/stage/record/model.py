"""What a take is, as plain values, and how take.toml and marks.toml spell it.

take.toml is the machine's record: written when the camera rolls (state "recording"), again at the cut
("closed") or by the repair of a take that was killed ("recovered"), and sealed. marks.toml is what
people say of the take afterwards, and is not sealed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime
from fractions import Fraction
from typing import Any, TypeVar

from openset.primitives.errors import BadInput
from openset.primitives.ids import TakeId, parse_take_id
from openset.primitives.image import U8Plane, Yuv420
from openset.primitives.space import Pose
from openset.primitives.time import Timecode, parse_rate, parse_timecode
from openset.stage.accuracy.watch import MarkSummary
from openset.stage.lens.model import Lens

TAKE_FILE = "take.toml"
MARKS_FILE = "marks.toml"
PICTURE_FILE = "picture.mov"
COMPOSITE_FILE = "composite.mov"
MATTE_FILE = "matte.mkv"
TRACK_FILE = "track.otrk.jsonl"
RAW_FILE = "raw.otrk.jsonl"
PROXY_FILE = "proxy.mp4"
CONTACT_FILE = "contact.jpg"
SOLVED_FILE = "solved.otrk.jsonl"
SOLVE_FILE = "solved.toml"
RESERVE_FILE = ".reserve"
UNSEALED = (MARKS_FILE, PROXY_FILE, CONTACT_FILE, SOLVED_FILE, SOLVE_FILE)
"""Files that may change or be made again after the cut, and so stand outside the manifest."""

T = TypeVar("T")

STATES = ("recording", "closed", "recovered")
POSE_STATES = ("tracked", "held", "none")


@dataclass(frozen=True)
class TakeSpec:
    """What is known when the camera rolls. `delay_s` is the picture's delay against the pose; `key`
    holds the keyer's settings as TOML values; `lens` is the lens at the roll, None where unknown,
    `lens_source` its lens file, and `lens_setting` how the setting of a series was known ("named" for
    the whole take, "followed" frame by frame, "assumed"), "" for any other; `delay_sd_s` is None where
    the delay was not measured."""

    id: TakeId
    rate: Fraction
    width: int
    height: int
    start_timecode: Timecode
    delay_s: float
    set_name: str
    backend: str
    plate_source: str
    track_source: str
    lens: Lens | None = None
    key: Mapping[str, Any] = field(default_factory=dict)
    record_matte: bool = False
    delay_sd_s: float | None = None
    lens_source: str = ""
    lens_setting: str = ""


@dataclass(frozen=True, eq=False)
class TakeFrame:
    """One recorded frame. `index` counts from 0 without gaps; `skipped` is how many frames of the
    source were lost since the roll, so that its timecode is the source's own; `time_ns` is the moment
    of exposure on the engine's clock; `stage_from_camera` is the pose the background was made with,
    `age_s` how much older than the picture it is, `state` one of POSE_STATES. Planes are read only
    while `add` runs."""

    index: int
    time_ns: int
    picture: Yuv420
    composite: Yuv420
    matte: U8Plane | None
    stage_from_camera: Pose
    lens: Lens | None
    age_s: float
    state: str
    skipped: int = 0


@dataclass(frozen=True)
class Fault:
    """Trouble during the take, on the engine's clock: a short `kind` and a sentence."""

    time_ns: int
    kind: str
    text: str


@dataclass(frozen=True)
class TrackTotals:
    """How many frames had which pose, and the oldest pose used, seconds."""

    tracked: int = 0
    held: int = 0
    none: int = 0
    longest_age_s: float = 0.0


@dataclass(frozen=True)
class FileTotals:
    """How much each file of the take holds: frames, or lines."""

    picture_frames: int = 0
    composite_frames: int = 0
    matte_frames: int = 0
    track_lines: int = 0
    raw_lines: int = 0


@dataclass(frozen=True)
class TakeRecord:
    """What take.toml holds. `frames` is how many frames are whole in every file."""

    spec: TakeSpec
    production: str
    state: str
    started_at: datetime
    ended_at: datetime | None = None
    frames: int = 0
    files: FileTotals = FileTotals()
    poses: TrackTotals = TrackTotals()
    reason: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    software: str = ""
    accuracy: tuple[MarkSummary, ...] = ()

    @property
    def duration_s(self) -> float:
        """Length of the take at its rate."""
        return float(self.frames / self.spec.rate)

    @property
    def end_timecode(self) -> Timecode:
        """The timecode after the last frame, as an edit list writes an out point."""
        return self.spec.start_timecode.plus(self.frames)


@dataclass(frozen=True)
class Marks:
    """What people say of a take: circled or not, 0 to 5 stars, a note."""

    circled: bool = False
    rating: int = 0
    note: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.rating <= 5:
            raise BadInput(f"a rating of {self.rating} is out of range", todo="Give 0 to 5")


@dataclass(frozen=True)
class Finding:
    """One thing a verification looked at: `what` was checked, `where` (a file), and the figures."""

    ok: bool
    what: str
    where: str
    detail: str = ""


@dataclass(frozen=True)
class Verification:
    """All findings on a take."""

    findings: tuple[Finding, ...]

    @property
    def failures(self) -> tuple[Finding, ...]:
        """Those that do not hold."""
        return tuple(finding for finding in self.findings if not finding.ok)

    @property
    def ok(self) -> bool:
        """True when everything holds."""
        return not self.failures


def record_tables(record: TakeRecord) -> dict[str, Any]:
    """The record as take.toml's tables; what is None is left out."""
    spec = record.spec
    out: dict[str, Any] = {
        "take": {
            "id": str(spec.id),
            "production": record.production,
            "state": record.state,
            "started_at": record.started_at,
            "ended_at": record.ended_at,
            "reason": record.reason,
            "software": record.software,
        },
        "picture": {
            "rate": str(spec.rate),
            "width_px": spec.width,
            "height_px": spec.height,
            "start_timecode": str(spec.start_timecode),
            "frames": record.frames,
            "duration_s": record.duration_s,
        },
        "source": _without_none(
            {
                "plate": spec.plate_source,
                "track": spec.track_source,
                "delay_s": spec.delay_s,
                "delay_sd_s": spec.delay_sd_s,
                "lens": spec.lens_source or None,
                "lens_setting": spec.lens_setting or None,
            }
        ),
        "background": {"set": spec.set_name, "backend": spec.backend},
        "key": {"record_matte": spec.record_matte, "settings": dict(spec.key)},
        "files": asdict(record.files),
        "poses": asdict(record.poses),
        "counts": dict(record.counts),
    }
    if record.faults:
        out["faults"] = [asdict(fault) for fault in record.faults]
    if record.accuracy:
        out["accuracy"] = [asdict(summary) for summary in record.accuracy]
    if spec.lens is not None:
        out["lens"] = _without_none(asdict(spec.lens))
    out["take"] = _without_none(out["take"])
    return out


def record_from_tables(tables: Mapping[str, Any], where: str) -> TakeRecord:
    """take.toml's tables to the record. Raises BadInput naming `where` and the key at fault."""
    try:
        return _record(tables)
    except BadInput as error:
        raise BadInput(error.what, where=where, todo=error.todo) from error
    except KeyError as error:
        raise BadInput(
            f"lacks {error.args[0]!r}", where=where, todo="The file is incomplete"
        ) from error
    except (TypeError, ValueError, ZeroDivisionError, AttributeError) as error:
        raise BadInput(f"cannot be understood ({error})", where=where) from error


def marks_tables(marks: Marks) -> dict[str, Any]:
    """The marks as marks.toml's one table."""
    return {"marks": asdict(marks)}


def marks_from_tables(tables: Mapping[str, Any], where: str) -> Marks:
    """marks.toml's table to marks. Raises BadInput naming `where`."""
    try:
        return _filled(Marks, tables["marks"])
    except BadInput as error:
        raise BadInput(error.what, where=where, todo=error.todo) from error
    except (KeyError, TypeError, AttributeError) as error:
        raise BadInput(f"cannot be understood ({error})", where=where) from error


def _record(tables: Mapping[str, Any]) -> TakeRecord:
    take = tables["take"]
    state = str(take["state"])
    if state not in STATES:
        raise ValueError(f"no such state: {state!r}")
    started, ended = take["started_at"], take.get("ended_at")
    if not isinstance(started, datetime) or not isinstance(ended, datetime | None):
        raise TypeError("started_at and ended_at are dates with a time")
    return TakeRecord(
        spec=_spec(tables),
        production=str(take["production"]),
        state=state,
        started_at=started,
        ended_at=ended,
        frames=int(tables["picture"]["frames"]),
        files=_filled(FileTotals, tables["files"]),
        poses=_filled(TrackTotals, tables["poses"]),
        reason=str(take["reason"]),
        counts={str(key): int(value) for key, value in tables["counts"].items()},
        faults=tuple(_filled(Fault, fault) for fault in tables.get("faults", [])),
        software=str(take["software"]),
        accuracy=tuple(_summary(each) for each in tables.get("accuracy", [])),
    )


def _summary(table: Mapping[str, Any]) -> MarkSummary:
    shares = {str(name): float(share) for name, share in table["shares"].items()}
    return replace(_filled(MarkSummary, {**table, "shares": {}}), shares=shares)


def _spec(tables: Mapping[str, Any]) -> TakeSpec:
    picture, source, key = tables["picture"], tables["source"], tables["key"]
    rate = parse_rate(picture["rate"])
    return TakeSpec(
        id=parse_take_id(tables["take"]["id"]),
        rate=rate,
        width=int(picture["width_px"]),
        height=int(picture["height_px"]),
        start_timecode=parse_timecode(picture["start_timecode"], rate),
        delay_s=float(source["delay_s"]),
        set_name=str(tables["background"]["set"]),
        backend=str(tables["background"]["backend"]),
        plate_source=str(source["plate"]),
        track_source=str(source["track"]),
        lens=_filled(Lens, tables["lens"]) if "lens" in tables else None,
        key=dict(key["settings"]),
        record_matte=bool(key["record_matte"]),
        delay_sd_s=float(source["delay_sd_s"]) if "delay_sd_s" in source else None,
        lens_source=str(source.get("lens", "")),
        lens_setting=str(source.get("lens_setting", "")),
    )


def _filled(kind: type[T], table: Mapping[str, Any]) -> T:
    """The table as a dataclass of plain values, each of the type its field states."""
    for known in fields(kind):  # type: ignore[arg-type]
        if known.name in table:
            _check_type(known.name, str(known.type), table[known.name])
    return kind(**table)


def _check_type(name: str, kind: str, value: object) -> None:
    plain: dict[str, tuple[type, ...]] = {"int": (int,), "str": (str,), "bool": (bool,)}
    wanted = (Mapping,) if kind.startswith("Mapping") else plain.get(kind, (int, float))
    if not isinstance(value, wanted) or (isinstance(value, bool) and kind != "bool"):
        raise TypeError(f"{name} = {value!r} is not {kind}")


def _without_none(table: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in table.items() if value is not None}

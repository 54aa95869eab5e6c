"""The work of `track`: sources, lenses, mounts and targets opened, the rig followed, figures said."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from openset.cli.output import Output
from openset.cli.wire import ending, wrapped
from openset.primitives.errors import BadInput, OpensetError, TrackBroken, VerifyFailed
from openset.primitives.space import F64, IDENTITY, Pose
from openset.primitives.time import parse_rate
from openset.stage.calibrate.rings import LensSeries, Rings
from openset.stage.exchange.lens_source import open_lens
from openset.stage.lens.report import report_from_lens
from openset.stage.live.inlet import table_of
from openset.stage.live.optical import OpticalTracker, Teller
from openset.stage.live.optical_figures import OpticalFigures
from openset.stage.live.outlet import FileOutlet, Outlet, UdpOutlet
from openset.stage.live.plate import PlateSource
from openset.stage.markers.files import read_good_map
from openset.stage.markers.follow import Follower, RigCamera
from openset.stage.markers.mount import parse_mount
from openset.stage.tracking.endpoint import is_endpoint, parse_endpoint
from openset.stage.tracking.samples import LensReport

_BARE = re.compile(r"[^\s/@?:]+:[0-9]{1,5}")
"""HOST:PORT, as people write an address where one protocol is meant."""


@dataclass(frozen=True)
class Asked:
    """What the command line asks for."""

    pictures: tuple[str, ...]
    lenses: tuple[Path, ...]
    tags: Path
    to: tuple[str, ...]
    write: Path | None
    mounts: tuple[str, ...]
    readouts_ms: tuple[float, ...]
    predict_ms: float
    name: str
    rate: str
    seconds: float | None
    focals_mm: tuple[float, ...] = ()
    focuses_m: tuple[float, ...] = ()
    rings_kept: bool = False


def run_track(output: Output, asked: Asked) -> int:
    """Follow until the pictures end; 0, or the exit code of what ended it."""
    _check(asked)
    tags = read_good_map(asked.tags)
    with ExitStack() as closing:
        plates = [_plate(source, asked) for source in asked.pictures]
        rig = [_camera(index, plate, asked) for index, plate in enumerate(plates)]
        told = _told_lens([camera for camera, _ in rig], asked.lenses)
        outlets: list[Outlet] = []
        for target in [*asked.to, *([str(asked.write)] if asked.write else [])]:
            outlets.append(_outlet(target))
            closing.callback(outlets[-1].close)
        cameras = [camera for camera, _ in rig]
        teller = Teller(
            asked.name,
            told,
            tuple(covariance for _, covariance in rig),
            asked.predict_ms / 1000,
        )
        tracker = OpticalTracker(plates, Follower(cameras, tags), outlets, teller)
        to = ", ".join(outlet.title for outlet in outlets)
        output.say(wrapped(f"{', '.join(asked.pictures)} -> {to}; Ctrl-C ends it"))
        with ending(tracker.stop):
            total = tracker.run(
                seconds=asked.seconds,
                on_tick=lambda second: output.say(tick_line(second, outlets)),
            )
    return _answer(output, total, outlets, plates)


def _check(asked: Asked) -> None:
    """What can be refused before anything is opened."""
    count = len(asked.pictures)
    if not asked.to and asked.write is None:
        raise BadInput(
            "nowhere to send the poses", todo="Give --to opentrackio://HOST or --write NAME.otrk.jsonl"
        )
    if len(asked.lenses) not in (1, count):
        raise BadInput(
            f"{len(asked.lenses)} lenses for {count} pictures", where="--lens", todo="Give one for each"
        )
    if len(asked.mounts) not in ((0, 1) if count == 1 else (count,)):
        raise BadInput(
            f"{len(asked.mounts)} mounts for {count} cameras",
            where="--mount",
            todo="Say of each camera where it sits on the film camera; 0 for the film camera itself",
        )
    if len(asked.readouts_ms) not in (0, 1, count):
        raise BadInput(
            f"{len(asked.readouts_ms)} read-outs for {count} cameras",
            where="--readout-ms",
            todo="Give one, or one for each",
        )
    for option, places in (("--focal-mm", asked.focals_mm), ("--focus-m", asked.focuses_m)):
        if len(places) not in (0, 1, count):
            raise BadInput(
                f"{len(places)} places of a ring for {count} cameras",
                where=option,
                todo="Give one, or one for each; 0 for a lens without one",
            )


def _plate(source: str, asked: Asked) -> PlateSource:
    try:
        rate = parse_rate(asked.rate)
    except ValueError as error:
        raise BadInput(str(error), where="--rate") from error
    paced = any(is_endpoint(target) for target in asked.to)
    return PlateSource(source, rate=Fraction(rate), paced=paced)


def _camera(index: int, plate: PlateSource, asked: Asked) -> tuple[RigCamera, F64 | None]:
    """One camera of the rig, and its lens's covariance."""
    path = asked.lenses[index if len(asked.lenses) > 1 else 0]
    file = open_lens(path, plate.format.width, plate.format.height)
    rings = Rings(focal_mm=_of(asked.focals_mm, index), focus_m=_of(asked.focuses_m, index))
    if len(file.settings) == 1 and (asked.rings_kept or len(asked.pictures) > 1):
        rings = Rings()  # what is said of no one camera is for those with a zoom
    measured = LensSeries(file, rings, str(path)).named_setting()
    readout_s = file.readout_s or 0.0
    if asked.readouts_ms:
        readout_s = asked.readouts_ms[index if len(asked.readouts_ms) > 1 else 0] / 1000
    mount = _mount(asked.mounts[index]) if asked.mounts else IDENTITY
    return RigCamera(measured.lens, mount, readout_s), measured.covariance


def _of(values: tuple[float, ...], index: int) -> float | None:
    """The value for one camera of several; None where there is none, or 0."""
    return (values[index if len(values) > 1 else 0] or None) if values else None


def _told_lens(cameras: Sequence[RigCamera], paths: Sequence[Path]) -> LensReport | None:
    """The lens that goes out with the poses: the film camera's; none where only witnesses see tags."""
    own = [index for index, each in enumerate(cameras) if each.body_from_camera == IDENTITY]
    if not own:
        return None
    try:
        return report_from_lens(cameras[own[0]].lens)
    except BadInput as trouble:
        raise BadInput(
            trouble.what,
            where=str(paths[own[0] if len(paths) > 1 else 0]),
            todo="A camera this wide tracks as a witness: say with --mount where the film camera sits",
        ) from trouble


def _mount(text: str) -> Pose:
    """As written, or as it was measured: where the film camera's pupil sits on this camera."""
    if not Path(text).is_file():
        return parse_mount(text)
    from openset.stage.lens.files import read_lens

    measured = read_lens(Path(text)).tracker_from_camera
    if measured is None:
        raise BadInput(
            "this lens file holds no measured mount",
            where=text,
            todo="Measure it with openset calibrate, or write X,Y,Z,PAN,TILT,ROLL",
        )
    return measured.inverse()


def _outlet(target: str) -> Outlet:
    if _BARE.fullmatch(target):
        raise BadInput(
            "an address says its protocol", where=target, todo=f"Write opentrackio://{target}"
        )
    if not is_endpoint(target):
        return FileOutlet(Path(target))
    endpoint = parse_endpoint(target, "out")
    return UdpOutlet(endpoint, table_of(endpoint))


def tick_line(second: OpticalFigures, outlets: Sequence[Outlet] = ()) -> str:
    """One second: poses, tags, how sure, how well they fit, and what is wrong with them or on the way
    out."""
    parts = [f"{second.poses_per_second:.1f} poses/s"]
    if second.tags_median is not None:
        parts.append(f"{second.tags_median:.0f} tags")
    if second.sd_mm is not None and second.sd_mdeg is not None:
        parts.append(f"sd {second.sd_mm:.2f} mm {second.sd_mdeg:.1f} mdeg")
    if second.residual_px is not None:
        parts.append(f"off {second.residual_px:.2f} px")
    if second.latency_ms is not None:
        parts.append(f"{second.latency_ms:.0f} ms old")
    if lost := second.frames - second.poses:
        parts.append(f"{lost} without a pose")
    lines = ["  ".join(parts)]
    if second.silent_ns > 1_000_000_000:
        lines.append(f"  no picture for {second.silent_ns / 1e9:.0f} s: check the camera and its cable")
    lines += [f"  {text}" for text, _ in second.notes.most_common(3)]
    lines += [f"  {each.trouble.line}" for each in outlets if each.trouble is not None]
    return "\n".join(lines)


def as_json(total: OpticalFigures, outlets: list[Outlet]) -> dict[str, Any]:
    """The figures for programs; None where nothing was measured."""

    def rounded(value: float | None, digits: int) -> float | None:
        return None if value is None else round(value, digits)

    return {
        "frames": total.frames,
        "poses": total.poses,
        "poses_poor": total.poor,
        "seconds": round(total.seconds, 3),
        "poses_per_second": round(total.poses_per_second, 2),
        "tags_median": total.tags_median,
        "residual_px": rounded(total.residual_px, 4),
        "sd_mm": rounded(total.sd_mm, 4),
        "sd_mdeg": rounded(total.sd_mdeg, 4),
        "lost": {"frames": total.frames - total.poses, "reasons": dict(total.lost)},
        "skipped": total.skipped,
        "moved_tags": [
            {"id": number, "off_mm": round(off * 1000, 1)}
            for number, off in sorted(total.moved.items())
        ],
        "notes": [{"text": text, "frames": count} for text, count in total.notes.most_common()],
        "latency_ms": rounded(total.latency_ms, 2),
        "outlets": [
            {
                "to": outlet.title,
                "samples": outlet.reports,
                "faults": dict(outlet.faults),
                "trouble": outlet.trouble.line if outlet.trouble else "",
            }
            for outlet in outlets
        ],
    }


def _rows(total: OpticalFigures, outlets: list[Outlet]) -> list[tuple[str, str]]:
    rows = [("poses", f"{total.poses} of {total.frames}, {total.poses_per_second:.1f} a second")]
    if total.tags_median is not None and total.sd_mm is not None:
        rows += [
            ("tags", f"{total.tags_median:.0f} in the picture, {total.residual_px:.2f} px off"),
            ("own spread", f"{total.sd_mm:.2f} mm, {total.sd_mdeg:.1f} thousandths of a degree"),
        ]
    if total.latency_ms is not None:
        rows.append(("age", f"{total.latency_ms:.1f} ms after the picture came"))
    rows += [("without a pose", f"{count}: {reason}") for reason, count in total.lost.most_common()]
    rows += [("said", f"{text} ({count})") for text, count in total.notes.most_common(8)]
    for outlet in outlets:
        faults = "".join(f", {count} times {fault}" for fault, count in outlet.faults.items())
        rows.append(("out", f"{outlet.title}: {outlet.reports} samples{faults}"))
    return rows


def _answer(
    output: Output, total: OpticalFigures, outlets: list[Outlet], plates: list[PlateSource]
) -> int:
    figures, rows = as_json(total, outlets), _rows(total, outlets)
    title = f"Followed {total.frames} pictures in {total.seconds:.1f} s"
    troubles: list[OpensetError] = [each.trouble for each in outlets if each.trouble is not None]
    troubles += [plate.trouble for plate in plates if plate.trouble is not None]
    if not troubles and not total.poses:
        why = ", ".join(text for text, _ in total.notes.most_common(2)) or "no picture came"
        troubles = [
            TrackBroken(
                f"no pose in {total.frames} pictures ({why})",
                todo="Point the camera at mapped tags; check --lens and --tags",
            )
        ]
    if not troubles and total.poor > total.poses / 2:
        troubles = [
            VerifyFailed(
                f"{total.poor} of {total.poses} poses do not fit: corners lie "
                f"{total.residual_px:.1f} px from where the map and the lens put them",
                todo="Give the right --lens, and its zoom with --focal-mm; or map the tags again",
            )
        ]
    if troubles:
        output.trouble_after(figures, title, rows, troubles[0])
        return troubles[0].exit_code
    output.done(figures, title, rows)
    return 0

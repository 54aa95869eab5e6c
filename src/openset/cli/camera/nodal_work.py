"""The work of `calibrate nodal`: the camera before the board, the tracker beside it, the mount."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from openset.cli.camera.lens_work import from_images, from_picture
from openset.cli.output import Figures, Output
from openset.primitives.errors import BadInput
from openset.primitives.space import F64, Pose, angle_between_rad, interpolate
from openset.stage.calibrate.nodal import Mount, solve_mount
from openset.stage.calibrate.rings import LensSeries, Rings
from openset.stage.calibrate.series import nearest_setting
from openset.stage.calibrate.sighting import View
from openset.stage.calibrate.single import view_from
from openset.stage.exchange.kinds import as_kind
from openset.stage.exchange.lens_source import open_lens
from openset.stage.exchange.model import Options
from openset.stage.exchange.move import pupil_poses
from openset.stage.exchange.sources import open_source
from openset.stage.lens.files import write_lens
from openset.stage.lens.measured import LensFile, MeasuredMount
from openset.stage.lens.model import Lens
from openset.stage.prints.model import Board, parse_board
from openset.stage.prints.scale import board_as_printed

STILL_M_S = 0.03
STILL_RAD_S = math.radians(2.0)
_AROUND_S = 0.08
_SAME_SETTING = 0.01


@dataclass(frozen=True)
class Asked:
    """What was asked for on the command line."""

    lens: Path
    board: str
    track: Path
    images: str
    picture: str
    delay_s: float
    zoom: float | None
    focus: float | None
    bar_mm: float | None
    out: Path | None
    focal_mm: float | None = None
    focus_m: float | None = None


def run_nodal(output: Output, asked: Asked) -> None:
    """Measure the mount and write it into the lens file."""
    board = parse_board(asked.board)
    if asked.bar_mm is not None:
        board = board_as_printed(board, asked.bar_mm)
    if bool(asked.images) == bool(asked.picture):
        raise BadInput("where are the pictures?", todo="Give --images 'DIR/*.jpg' or --picture CLIP")
    times_s, poses = _track(asked.track)
    if asked.images:
        views, refused, size = from_images(asked.images, board, output.say, distinct=False)
        tracked = _by_order(views, len(views) + len(refused), poses, asked)
    else:
        views, refused, size = from_picture(asked.picture, board, 3600.0, output.say)
        tracked = [pose_at(times_s, poses, view.time_s - asked.delay_s) for view in views]
    file = open_lens(asked.lens, *size)
    index = _setting(file, asked)
    mount = _mount(views, tracked, board, file.settings[index].lens)
    out = asked.out or asked.lens
    sd_mm, sd_mdeg = mount.sd_m * 1000.0, np.degrees(mount.sd_rad) * 1000.0
    note = (
        f"{mount.views} views; sd {_triple(sd_mm)} mm, {_triple(sd_mdeg)} mdeg; the board's place "
        f"wanders by {mount.residual_m * 1000:.2f} mm, "
        f"{math.degrees(mount.residual_rad) * 1000:.0f} mdeg"
    )
    write_lens(
        out,
        replace(
            _with_mount(file, index, mount),
            tracker_from_camera=mount.tracker_from_camera,
            notes={**file.notes, "nodal offset": note},
        ),
    )
    output.done(_figures(mount, out, len(views)), f"Mount, written to {out}", _rows(mount))


def _setting(file: LensFile, asked: Asked) -> int:
    """Which of the file's settings the pictures were taken at. Raises BadInput where it was not
    measured: the mount belongs to a lens that was."""
    rings = Rings(asked.zoom, asked.focus, asked.focal_mm, asked.focus_m)
    named = LensSeries(file, rings, str(asked.lens)).named_setting()
    near = nearest_setting(file, named.focus, named.zoom)
    if max(abs(near.zoom - named.zoom), abs(near.focus - named.focus)) > _SAME_SETTING:
        raise BadInput(
            "the lens was not measured where its rings stand here",
            where=str(asked.lens),
            todo="Measure the mount at a setting of the file, or add this one: calibrate lens --add",
        )
    return next(at for at, each in enumerate(file.settings) if each is near)


def _with_mount(file: LensFile, index: int, mount: Mount) -> LensFile:
    """The file with this mount at one of its settings."""
    x, y, z = mount.sd_m.tolist()
    i, j, k = mount.sd_rad.tolist()
    measured = MeasuredMount(mount.tracker_from_camera, (x, y, z), (i, j, k), mount.views)
    settings = list(file.settings)
    settings[index] = replace(settings[index], mount=measured)
    return replace(file, settings=tuple(settings))


def _track(path: Path) -> tuple[list[float], list[Pose]]:
    """The times and poses of a track; samples without a pose are left out."""
    move = as_kind(open_source(path), "move", Options())[0].value
    pairs = [
        (time_ns / 1e9, pose)
        for time_ns, pose in zip(move.times_ns, pupil_poses(move), strict=True)
        if pose is not None
    ]
    if not pairs:
        raise BadInput("the track holds no pose", where=str(path), todo="Record it again")
    return [time_s for time_s, _ in pairs], [pose for _, pose in pairs]


def _by_order(
    views: Sequence[View], pictures: int, poses: Sequence[Pose], asked: Asked
) -> list[Pose | None]:
    if len(poses) != pictures:
        raise BadInput(
            f"{pictures} photographs and {len(poses)} samples of the track",
            where=str(asked.track),
            todo="Record one sample for each photograph, or film a clip and give --picture",
        )
    return [poses[round(view.time_s)] for view in views]


def pose_at(times_s: Sequence[float], poses: Sequence[Pose], time_s: float) -> Pose | None:
    """The tracker's pose at a time, None where it moved then or was not tracked."""
    before, here, after = (
        _between(times_s, poses, time_s + step) for step in (-_AROUND_S, 0.0, _AROUND_S)
    )
    if before is None or here is None or after is None:
        return None
    moved = math.dist(before.position_m, after.position_m) / (2 * _AROUND_S)
    turned = angle_between_rad(before, after) / (2 * _AROUND_S)
    return here if moved < STILL_M_S and turned < STILL_RAD_S else None


def _between(times_s: Sequence[float], poses: Sequence[Pose], time_s: float) -> Pose | None:
    place = bisect_left(times_s, time_s)
    if place in (0, len(times_s)) or times_s[place] - times_s[place - 1] > 0.5:
        return None
    part = (time_s - times_s[place - 1]) / (times_s[place] - times_s[place - 1])
    return interpolate(poses[place - 1], poses[place], part)


def _mount(views: Sequence[View], tracked: Sequence[Pose | None], board: Board, lens: Lens) -> Mount:
    pairs = [
        (pose.matrix, view_from(view, board.points_m, lens))
        for view, pose in zip(views, tracked, strict=True)
        if pose is not None
    ]
    if not pairs:
        raise BadInput(
            "no view of the board in which the tracker stood still",
            todo="Stop for a second at each view; check --delay",
        )
    return solve_mount(np.array([pair[0] for pair in pairs]), np.array([pair[1] for pair in pairs]))


def _figures(mount: Mount, out: Path, seen: int) -> Figures:
    return {
        "tracker_from_camera": {
            "position_m": list(mount.tracker_from_camera.position_m),
            "rotation_wxyz": list(mount.tracker_from_camera.rotation_wxyz),
        },
        "sd_mm": (mount.sd_m * 1000.0).tolist(),
        "sd_mdeg": (np.degrees(mount.sd_rad) * 1000.0).tolist(),
        "residual_mm": mount.residual_m * 1000.0,
        "residual_mdeg": math.degrees(mount.residual_rad) * 1000.0,
        "views_used": mount.views,
        "views_seen": seen,
        "out": str(out),
    }


def _rows(mount: Mount) -> list[tuple[str, str]]:
    place = np.array(mount.tracker_from_camera.position_m) * 1000.0
    return [
        ("entrance pupil", f"{_triple(place)} mm from the tracker's origin, in its axes"),
        (
            "sure to",
            f"{_triple(mount.sd_m * 1000)} mm, {_triple(np.degrees(mount.sd_rad) * 1000)} mdeg",
        ),
        ("board wanders", f"{mount.residual_m * 1000:.2f} mm between the views"),
        ("views", str(mount.views)),
    ]


def _triple(values: F64) -> str:
    return ", ".join(f"{value:.2f}" for value in values.tolist())

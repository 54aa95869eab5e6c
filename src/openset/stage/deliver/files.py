"""Making a delivery on disk: takes copied and hashed, everything else made from them, then sealed.

It is made whole in a hidden folder beside its place, and moved there last; what a killed attempt leaves
behind is removed by the next one.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

import opentimelineio as otio
import orjson
import xxhash
from pxr import Usd, UsdGeom

from openset.formats import cmx3600, rights_table, xmp
from openset.formats.faults import FormatError
from openset.primitives.errors import AlreadyExists, BadInput, DiskFull, SetNotFound, VerifyFailed
from openset.primitives.ids import TakeId
from openset.stage.deliver.camera import SetLink, camera_layer
from openset.stage.deliver.cut import check_one_rate, events, timeline
from openset.stage.deliver.measure.files import WHAT, key_moments, probe
from openset.stage.deliver.model import (
    CAMERA_FILE,
    DISTORT_FILE,
    EDL_FILE,
    FRAMES_FILE,
    OTIO_FILE,
    PAGE_FILE,
    PASSPORT_FILE,
    SCHEMA_FILE,
    SETS_FOLDER,
    TAKES_FOLDER,
    UNDISTORT_FILE,
    Delivery,
    HandedTake,
)
from openset.stage.deliver.page import passport_page
from openset.stage.deliver.passport import (
    FileEntry,
    SetEntry,
    TakeExtras,
    passport,
)
from openset.stage.deliver.track import camera_frames, frames_csv
from openset.stage.deliver.verify.files import passport_schema, verify_delivery, verify_production
from openset.stage.lens.files import write_st_map
from openset.stage.lens.stmap import overscan, st_map
from openset.stage.record.files import (
    best_track,
    make_contact,
    read_marks,
    read_solve,
    read_take,
    read_track_lines,
)
from openset.stage.record.model import (
    SOLVE_FILE,
    SOLVED_FILE,
    UNSEALED,
    TakeRecord,
)
from openset.stage.scene.files import read_set
from openset.stage.scene.model import Scene
from openset.store.files import free_bytes, hash_file, make_folder, sync_folder, write_atomic, writing
from openset.store.mhl import check, seal
from openset.store.production import FILE_NAME, Production, set_file, take_folder, take_ids

__all__ = ["choose_takes", "make_delivery", "verify_delivery", "verify_production"]

Say = Callable[[str], None]

_BLOCK_BYTES = 4 << 20
_ROOM_TO_SPARE = 64 << 20


def make_delivery(
    production: Production,
    to: Path,
    take_ids: tuple[TakeId, ...] = (),
    *,
    now: datetime,
    progress: Say | None = None,
    as_shot: bool = False,
) -> Delivery:
    """Hand over `take_ids`; without any, all circled takes; where none is circled, the newest closed
    take of each shot. `to` must be absent or an empty folder. The camera of a take that was solved is
    the solved one, unless `as_shot`.

    Raises AlreadyExists; BadInput for a take that is absent, open or empty, takes of different frame
    rates, or a [rights] table that cannot be used; VerifyFailed where a take is not what was sealed;
    TrackBroken; SetBroken; DiskFull; NotWritable.
    """
    to, say = to.absolute(), progress or _silent
    _check_place(to)
    takes = choose_takes(production, take_ids)
    records = [read_take(take_folder(production, take)) for take in takes]
    check_one_rate(records)
    rights = _rights(production)
    make_folder(to.parent)
    _check_room(production, records, to)
    with _workshop(to) as part:
        sets = _copy_sets(production, records, part, say)
        scenes = {name: scene for name, (scene, _) in sets.items()}
        made = [_hand(production, take, part, scenes, say, as_shot) for take in takes]
        if rights:
            _write_rights(part, takes, rights)
        handed = [take for take, _ in made]
        _write_cut(part, production.title, handed)
        write_atomic(part / SCHEMA_FILE, passport_schema())
        say("hashing")
        told = passport(production, made, [entry for _, entry in sets.values()], _listed(part), now)
        _write_passport(part, told)
        _sync(part)
        say("sealing")
        seal(part)
        os.rename(part, to)
        sync_folder(to.parent)
    sizes = [path.stat().st_size for path in _files(to)]
    return Delivery(to, takes, len(sizes), sum(sizes))


def choose_takes(production: Production, wanted: tuple[TakeId, ...]) -> tuple[TakeId, ...]:
    """The takes to deliver, in scene order.

    Raises BadInput where one is absent, open or empty, or there is none.
    """
    there = take_ids(production)
    for take in wanted:
        if take not in there:
            names = ", ".join(map(str, there)) or "none"
            raise BadInput(
                f"there is no take {take}", where=str(production.root), todo=f"Takes here: {names}"
            )
    asked = [take for take in there if take in wanted] if wanted else there
    ready = [take for take in asked if _is_ready(production, take, wanted)]
    if wanted:
        return tuple(ready)
    circled = [take for take in ready if read_marks(take_folder(production, take)).circled]
    newest = {(take.scene, take.shot): take for take in ready}
    found = tuple(circled or newest.values())
    if not found:
        raise BadInput("holds no finished take", where=str(production.root), todo="Shoot a take first")
    return found


def _is_ready(production: Production, take: TakeId, wanted: Sequence[TakeId]) -> bool:
    """False for a take that is open, empty or broken, if nobody asked for it by name; BadInput if
    someone did."""
    try:
        record = read_take(take_folder(production, take))
    except BadInput:
        if wanted:
            raise
        return False
    if wanted and record.state == "recording":
        raise BadInput("the take is not closed", where=str(take), todo="Cut, or recover it, first")
    if wanted and not record.frames:
        raise BadInput("the take holds no frame", where=str(take), todo="Leave it out")
    return record.state != "recording" and record.frames > 0


def _silent(_: str) -> None:
    pass


def _check_place(to: Path) -> None:
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise AlreadyExists("something is here already", where=str(to), todo="Name a new folder")


def _check_room(production: Production, records: Sequence[TakeRecord], to: Path) -> None:
    """Raises DiskFull before anything is copied where the disk clearly cannot hold it."""
    needed = _ROOM_TO_SPARE
    for spec in (record.spec for record in records):
        files = _files(take_folder(production, spec.id))
        needed += sum(path.stat().st_size for path in files) + 24 * spec.width * spec.height
    for name in {record.spec.set_name for record in records}:
        needed += sum(path.stat().st_size for path in _files(production.root / "sets" / name))
    free = free_bytes(to.parent)
    if free < needed:
        raise DiskFull(
            f"the delivery needs {needed / 1e9:.2f} GB, the disk has {free / 1e9:.2f} GB",
            where=str(to.parent),
            todo="Free some space, or deliver fewer takes",
        )


@contextmanager
def _workshop(to: Path) -> Iterator[Path]:
    """A new folder named as `to` in a hidden one beside it, which is gone afterwards. The lock tells
    the next attempt that this one lives."""
    for left in to.parent.glob(f".{to.name}.*.part"):
        _remove_if_dead(left)
    with writing(to):
        hidden = Path(tempfile.mkdtemp(prefix=f".{to.name}.", suffix=".part", dir=to.parent))
        handle = os.open(hidden, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            (hidden / to.name).mkdir()
            yield hidden / to.name
        finally:
            shutil.rmtree(hidden, ignore_errors=True)
            os.close(handle)


def _remove_if_dead(hidden: Path) -> None:
    with writing(hidden):
        handle = os.open(hidden, os.O_RDONLY)
        try:
            with suppress(BlockingIOError):
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(hidden)
        finally:
            os.close(handle)


def _copy_sets(
    production: Production, records: Sequence[TakeRecord], part: Path, say: Say
) -> dict[str, tuple[Scene, SetEntry]]:
    """The sets that the takes name and the production has, copied and read."""
    out = {}
    for name in sorted({record.spec.set_name for record in records}):
        try:
            source = set_file(production, name).parent
        except (SetNotFound, BadInput):
            continue
        say(f"set {name}")
        folder = f"{SETS_FOLDER}/{name}"
        files = [path for path in _files(source) if not _is_hidden(path.relative_to(source))]
        for path in files:
            _copy_hashed(path, part / folder / path.relative_to(source))
        scene = read_set(part / folder / "set.usda")
        out[name] = (scene, SetEntry(name, folder, len(files), scene.notes))
    return out


def _hand(
    production: Production,
    take_id: TakeId,
    part: Path,
    scenes: Mapping[str, Scene],
    say: Say,
    as_shot: bool,
) -> tuple[HandedTake, TakeExtras]:
    """Copy one take and make what goes with it."""
    say(f"take {take_id}: copying")
    source = take_folder(production, take_id)
    target = part / "takes" / str(take_id)
    _copy_take(source, target)
    if not as_shot and best_track(source) == SOLVED_FILE:
        for name in (SOLVED_FILE, SOLVE_FILE):
            _copy_hashed(source / name, target / name)
    record = read_take(target)
    scene = scenes.get(record.spec.set_name)
    lines = read_track_lines(target, best_track(target))[: record.frames]
    take = HandedTake(
        record,
        read_marks(source),
        camera_frames(lines, record.spec.width, record.spec.height),
        scene.world_from_stage if scene else None,
        read_solve(target),
    )
    say(f"take {take_id}: camera and lens")
    _write_camera(target, take)
    _write_maps(target, take)
    write_atomic(target / FRAMES_FILE, frames_csv(take.frames).encode())
    make_contact(target)
    manifest = sorted((source / "ascmhl").glob("*.mhl"))[-1]
    names = [name for name in WHAT if (target / name).is_file()]
    media = tuple(probe(target / name, record) for name in names)
    return take, TakeExtras(media, key_moments(target, record), manifest.name, hash_file(manifest))


def _rights(production: Production) -> bytes:
    """The XMP packet of the production's [rights], empty where there is none. Raises BadInput."""
    if not production.rights:
        return b""
    where = str(production.root / FILE_NAME)
    try:
        found, unknown = rights_table.from_table(production.rights)
        if unknown:
            raise FormatError("there is no such name", f"rights.{unknown[0]}")
        return xmp.write(found)
    except FormatError as error:
        raise BadInput(str(error), where=where, todo="Correct the table [rights]") from error


def _write_rights(part: Path, takes: Sequence[TakeId], packet: bytes) -> None:
    """A sidecar beside each movie, under the movie's name; one that the take brought stays."""
    for movie in (part / TAKES_FOLDER / str(take) / name for take in takes for name in WHAT):
        sidecar = movie.with_suffix(".xmp")
        if movie.is_file() and not sidecar.exists():
            write_atomic(sidecar, packet)


def _copy_take(source: Path, target: Path) -> None:
    """What the take's seal covers, each file as it was sealed. Raises VerifyFailed naming one that is
    not."""
    for state in check(source):
        where = str(source / state.path)
        if state.path in UNSEALED:
            continue
        if not state.ok:
            raise VerifyFailed(
                f"not as it was sealed: {state.state} ({state.detail})",
                where=where,
                todo="Run openset verify on this take",
            )
        if _copy_hashed(source / state.path, target / state.path) not in state.detail:
            raise VerifyFailed("changed while it was copied", where=where, todo="Deliver again")


def _copy_hashed(source: Path, target: Path) -> str:
    """Copy bytes and time stamp; the xxh128 of the bytes as they were read."""
    digest = xxhash.xxh3_128()
    make_folder(target.parent)
    with source.open("rb") as reading, target.open("xb") as output:
        while block := reading.read(_BLOCK_BYTES):
            digest.update(block)
            output.write(block)
    shutil.copystat(source, target)
    return str(digest.hexdigest())


def _write_camera(target: Path, take: HandedTake) -> None:
    link = None
    if take.set_included:
        path = f"../../{SETS_FOLDER}/{take.record.spec.set_name}/set.usda"
        model = Usd.Stage.Open(str(target / path), Usd.Stage.LoadNone)
        link = SetLink(
            path,
            tuple(prim.GetName() for prim in model.GetPseudoRoot().GetChildren()),
            float(UsdGeom.GetStageMetersPerUnit(model)),
            UsdGeom.GetStageUpAxis(model) == UsdGeom.Tokens.y,
        )
    text = camera_layer(take, link).ExportToString()
    write_atomic(target / CAMERA_FILE, text.encode())


def _write_maps(target: Path, take: HandedTake) -> None:
    if take.lens is None:
        return
    factor = overscan(take.lens)
    write_st_map(target / UNDISTORT_FILE, st_map(take.lens, "undistort", factor))
    write_st_map(target / DISTORT_FILE, st_map(take.lens, "distort", factor))


def _write_cut(part: Path, title: str, takes: Sequence[HandedTake]) -> None:
    text = otio.adapters.write_to_string(timeline(title, takes), "otio_json")
    write_atomic(part / OTIO_FILE, text.encode())
    write_atomic(part / EDL_FILE, cmx3600.write(cmx3600.EditList(title, tuple(events(takes)))))


def _write_passport(part: Path, told: Mapping[str, object]) -> None:
    data = orjson.dumps(told, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    write_atomic(part / PASSPORT_FILE, data)
    page = passport_page(orjson.loads(data), hash_file(part / PASSPORT_FILE))
    write_atomic(part / PAGE_FILE, page.encode())


def _listed(part: Path) -> list[FileEntry]:
    return [
        FileEntry(path.relative_to(part).as_posix(), path.stat().st_size, hash_file(path))
        for path in _files(part)
    ]


def _sync(folder: Path) -> None:
    """Every file and name below to the platter."""
    for path in [folder, *sorted(folder.rglob("*"))]:
        if path.is_dir():
            sync_folder(path)
        else:
            with path.open("rb") as file:
                os.fsync(file.fileno())


def _files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*")) if path.is_file()]


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)

"""Reads a delivery, or a whole production, and says what holds. Never writes into it.

Nothing here believes the passport: it is read for what it claims, and every claim that follows from a
file is worked out from that file again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema_rs
import opentimelineio as otio
import orjson
from pxr import Tf, Usd

from openset.formats import cmx3600, fountain, otio_json
from openset.formats.faults import FormatError
from openset.formats.text_file import decoded
from openset.primitives.errors import BadInput, OpensetError
from openset.primitives.ids import check_set_name, parse_take_id
from openset.primitives.space import Pose
from openset.stage.deliver.camera import SET_PATH, camera_states, floor_of
from openset.stage.deliver.checks import (
    check_camera,
    check_clips,
    check_entry,
    check_events,
    check_frames_table,
    check_listing,
    check_map,
)
from openset.stage.deliver.cut import COMPOSITES, PLATES, clips_seen, wanted_clips
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
    HandedTake,
)
from openset.stage.deliver.passport import cut_entry, told_by_files
from openset.stage.deliver.track import camera_frames
from openset.stage.deliver.verify.chain import seal_troubles
from openset.stage.lens.files import read_st_map
from openset.stage.lens.stmap import overscan
from openset.stage.record.checks import check_movie, check_raw, check_state, check_totals, check_track
from openset.stage.record.files import (
    best_track,
    count_movie,
    read_solve,
    read_take,
    read_track_lines,
    verify_take,
)
from openset.stage.record.model import (
    COMPOSITE_FILE,
    MATTE_FILE,
    PICTURE_FILE,
    RAW_FILE,
    TRACK_FILE,
    Finding,
    Marks,
    TakeRecord,
    Verification,
)
from openset.stage.scene.files import read_set
from openset.stage.scene.model import Scene
from openset.store.files import hash_file
from openset.store.mhl import FOLDER as SEAL
from openset.store.mhl import FileState, check
from openset.store.production import (
    Production,
    script_files,
    set_file,
    set_names,
    take_folder,
    take_ids,
)

UNLISTED = frozenset({PASSPORT_FILE, PAGE_FILE})
"""Files that a passport cannot list: itself, and the page that carries its hash."""
_SEAL_WORDS = {
    "whole": "hash holds",
    "changed": "hash holds",
    "missing": "file is there",
    "added": "the manifest knows every file",
}
_NO_TIMELINE = (
    otio.exceptions.OTIOError,
    OSError,
    ValueError,
    LookupError,
    AttributeError,
    TypeError,
)
"""What OpenTimelineIO raises for files that are none, and what a timeline without clips leads to."""


@dataclass(frozen=True)
class _Checked:
    """A take of a delivery as its files tell it; `take` is None where they do not."""

    findings: list[Finding]
    take: HandedTake | None = None


def verify_delivery(folder: Path) -> Verification:
    """Re-hash every file, decode every frame, and hold every figure against what the files say. Never
    raises for what is in the folder: it becomes a finding."""
    folder = folder.absolute()
    states = check(folder)
    findings = [*_check_seal(folder), *(_sealed_finding(state) for state in states)]
    try:
        passport = read_passport(folder / PASSPORT_FILE)
    except BadInput as error:
        return Verification(
            (*findings, Finding(False, "the passport is read", PASSPORT_FILE, error.what))
        )
    sets = {str(entry["name"]): _check_set(folder, str(entry["name"])) for entry in passport["sets"]}
    places = {name: scene.world_from_stage for name, (_, scene) in sets.items() if scene is not None}
    checked = [_check_take(folder, entry, places) for entry in passport["takes"]]
    handed = [each.take for each in checked if each.take is not None]
    findings += [check_listing(passport["files"], states, UNLISTED)]
    findings += [finding for each in checked for finding in each.findings]
    if len(handed) == len(checked):
        findings += _check_cut(folder, handed, passport)
    findings += [finding for finding, _ in sets.values()]
    findings += [_check_page(folder)]
    return Verification(tuple(findings))


def verify_production(production: Production) -> Verification:
    """Every take, every delivery inside, every set and every script. Never raises for what is in the
    folder."""
    findings: list[Finding] = []
    for take in take_ids(production):
        findings += _inside(f"takes/{take}", verify_take(take_folder(production, take)))
    deliveries = production.root / "deliveries"
    for folder in sorted(deliveries.iterdir()) if deliveries.is_dir() else []:
        if folder.is_dir() and not folder.name.startswith("."):
            findings += _inside(f"deliveries/{folder.name}", verify_delivery(folder))
    for name in set_names(production):
        findings.append(_read_set(set_file(production, name), f"sets/{name}/set.usda")[0])
    findings += [_read_script(path) for path in script_files(production)]
    return Verification(tuple(findings))


def passport_schema() -> bytes:
    """The JSON schema of a passport, as each delivery carries it."""
    return resources.files("openset.stage.deliver").joinpath(SCHEMA_FILE).read_bytes()


def read_passport(path: Path) -> dict[str, Any]:
    """passport.json, checked against its schema. Raises BadInput saying what is wrong with it."""
    try:
        found = orjson.loads(path.read_bytes())
    except OSError as error:
        raise BadInput(f"cannot be read ({error.strerror})", where=str(path)) from error
    except orjson.JSONDecodeError as error:
        raise BadInput(f"is not JSON ({error})", where=str(path)) from error
    validator = jsonschema_rs.Draft202012Validator(orjson.loads(passport_schema()))
    trouble = next(iter(validator.iter_errors(found)), None)
    if trouble is not None:
        place = ".".join(str(step) for step in trouble.instance_path)
        raise BadInput(f"is no passport ({place or 'as a whole'}: {trouble.message})", where=str(path))
    return dict(found)


def _check_take(folder: Path, entry: Mapping[str, Any], places: Mapping[str, Pose]) -> _Checked:
    """Everything of one take, as far as its files can be read."""
    try:
        name = str(parse_take_id(str(entry["id"])))
        place = folder / TAKES_FOLDER / name
        record = read_take(place)
    except BadInput as error:
        return _Checked([Finding(False, "the take is read", str(entry["id"]), error.what)])
    inside = f"{TAKES_FOLDER}/{name}"
    findings = [
        *_check_movies(place, record),
        check_state(record),
        check_totals(record),
        *check_track(record, _lines(place / TRACK_FILE)),
        check_raw(record, _lines(place / RAW_FILE)),
    ]
    findings = [Finding(one.ok, one.what, f"{inside}/{one.where}", one.detail) for one in findings]
    try:
        take = _handed(place, record, places)
    except OpensetError as error:
        trouble = Finding(False, "the track is read", f"{inside}/{TRACK_FILE}", error.what)
        return _Checked([*findings, trouble])
    findings += [
        check_entry(f"the passport tells take {name}", entry, told_by_files(take)),
        *_check_camera(folder, take),
        _check_table(folder, take),
        *_check_maps(folder, take),
    ]
    return _Checked(findings, take)


def _handed(place: Path, record: TakeRecord, places: Mapping[str, Pose]) -> HandedTake:
    spec = record.spec
    lines = read_track_lines(place, best_track(place))[: record.frames]
    frames = camera_frames(lines, spec.width, spec.height)
    return HandedTake(record, Marks(), frames, places.get(spec.set_name), read_solve(place))


def _check_movies(place: Path, record: TakeRecord) -> list[Finding]:
    files = record.files
    movies = [(PICTURE_FILE, files.picture_frames), (COMPOSITE_FILE, files.composite_frames)]
    if record.spec.record_matte:
        movies.append((MATTE_FILE, files.matte_frames))
    out = []
    for name, wanted in movies:
        if wanted == 0 and (place / name).is_file():
            out.append(Finding(True, "every frame decodes", name, "no frames"))
            continue
        seen = count_movie(place / name)
        out.append(
            check_movie(name, wanted, seen.frames, seen.size, seen.timecode, record, seen.trouble)
        )
    return out


def _check_camera(folder: Path, take: HandedTake) -> list[Finding]:
    where = f"{take.folder}/{CAMERA_FILE}"
    try:
        stage = Usd.Stage.Open(str(folder / where))
        spec = take.record.spec
        found = check_camera(take, camera_states(stage, spec.width, spec.height), floor_of(stage))
        troubles = [_words(error) for error in stage.GetCompositionErrors()]
    except (Tf.ErrorException, ValueError, TypeError, ZeroDivisionError) as error:
        return [Finding(False, "the camera is read", where, _words(error))]
    if take.set_included and not stage.GetPrimAtPath(SET_PATH).GetAllChildren():
        troubles.append("the set is not there")
    return [
        *found,
        Finding(not troubles, "the camera stands in its set", where, "; ".join(troubles[:3])),
    ]


def _check_table(folder: Path, take: HandedTake) -> Finding:
    try:
        text = (folder / take.folder / FRAMES_FILE).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        return Finding(False, "the frame table is read", f"{take.folder}/{FRAMES_FILE}", str(error))
    return check_frames_table(take, text)


def _check_maps(folder: Path, take: HandedTake) -> list[Finding]:
    if take.lens is None:
        return []
    lens, out = take.lens, []
    factor = overscan(lens)
    for direction, name in (("undistort", UNDISTORT_FILE), ("distort", DISTORT_FILE)):
        where = f"{take.folder}/{name}"
        try:
            found = read_st_map(folder / where)
        except BadInput as error:
            out.append(Finding(False, "the ST map is read", where, error.what))
            continue
        out.append(check_map(where, found, lens, direction, factor))  # type: ignore[arg-type]
    return out


def _check_cut(folder: Path, takes: Sequence[HandedTake], passport: Mapping[str, Any]) -> list[Finding]:
    if not any(take.record.frames for take in takes):
        return [Finding(False, "the cut holds a take", OTIO_FILE)]
    findings = [check_entry("the passport tells the cut", passport["cut"], cut_entry(takes))]
    try:
        found = _read_timeline(folder / OTIO_FILE)
        for track, file in ((COMPOSITES, COMPOSITE_FILE), (PLATES, PICTURE_FILE)):
            findings.append(check_clips(track, clips_seen(found, track), wanted_clips(takes, file)))
    except _NO_TIMELINE as error:
        findings.append(Finding(False, "the timeline is read", OTIO_FILE, _words(error)))
    try:
        rate = takes[0].record.spec.rate
        edits = cmx3600.read((folder / EDL_FILE).read_bytes(), rate)
    except (OSError, ValueError) as error:
        return [*findings, Finding(False, "the edit list is read", EDL_FILE, str(error))]
    if edits.faults:
        return [*findings, Finding(False, "the edit list is read", EDL_FILE, edits.faults[0])]
    return [*findings, check_events(edits.events, takes)]


def _read_timeline(path: Path) -> Any:
    text, _ = otio_json.checked(decoded(path.read_bytes()), otio.core.type_version_map())
    return otio.adapters.read_from_string(text, "otio_json")


def _check_set(folder: Path, name: str) -> tuple[Finding, Scene | None]:
    try:
        where = f"{SETS_FOLDER}/{check_set_name(name)}/set.usda"
    except BadInput as error:
        return Finding(False, "the set is read", SETS_FOLDER, error.what), None
    return _read_set(folder / where, where)


def _check_page(folder: Path) -> Finding:
    what = "the page carries the passport's hash"
    try:
        page = (folder / PAGE_FILE).read_text("utf-8")
        digest = hash_file(folder / PASSPORT_FILE)
    except (OSError, UnicodeDecodeError) as error:
        return Finding(False, what, PAGE_FILE, str(error))
    return Finding(digest in page, what, PAGE_FILE, f"xxh128 {digest}")


def _words(error: object) -> str:
    """An error's first words on one line. USD quotes the file, which may be no text at all."""
    try:
        return " ".join(str(error).split())[:200]
    except UnicodeDecodeError:
        return "holds bytes that are no text"


def _lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines() if path.is_file() else []


def _check_seal(folder: Path) -> list[Finding]:
    files = {path.name: path.read_bytes() for path in (folder / SEAL).glob("*") if path.is_file()}
    troubles = seal_troubles(files) if files else {}
    return [
        Finding(name not in troubles, "the seal is whole", f"{SEAL}/{name}", troubles.get(name, ""))
        for name in sorted(files.keys() | troubles.keys())
    ]


def _sealed_finding(state: FileState) -> Finding:
    return Finding(state.ok, _SEAL_WORDS.get(state.state, "the seal holds"), state.path, state.detail)


def _inside(where: str, found: Verification) -> list[Finding]:
    return [Finding(one.ok, one.what, f"{where}/{one.where}", one.detail) for one in found.findings]


def _read_set(path: Path, where: str) -> tuple[Finding, Scene | None]:
    try:
        scene = read_set(path)
    except OpensetError as error:
        return Finding(False, "the set is read", where, error.what), None
    except (
        ValueError,
        TypeError,
    ) as error:  # USD and OpenEXR, of bytes that are no text, value or part
        return Finding(False, "the set is read", where, _words(error)), None
    return Finding(True, "the set is read", where, f"{len(scene.meshes)} meshes"), scene


def _read_script(path: Path) -> Finding:
    where = f"script/{path.name}"
    try:
        script = fountain.parse(decoded(path.read_bytes(), fallback="cp1252"))
    except (FormatError, OSError) as error:
        return Finding(False, "the script is read", where, str(error))
    return Finding(True, "the script is read", where, f"{len(script.scenes)} scenes")

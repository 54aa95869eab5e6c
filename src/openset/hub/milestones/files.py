"""Looks at a production folder and says what is there. Reads only; never writes into it."""

from __future__ import annotations

import importlib
from pathlib import Path

from openset.formats import fountain
from openset.formats.faults import FormatError
from openset.formats.text_file import decoded
from openset.hub.milestones.evidence import DeliverySeen, Evidence, SceneSeen, TakeSeen
from openset.primitives.errors import OpensetError
from openset.primitives.ids import TakeId, scene_folder
from openset.stage.exchange.fountain import script_bytes
from openset.stage.record import files as record_files
from openset.stage.record.model import TRACK_FILE, Verification
from openset.store.files import hash_file
from openset.store.production import Production, open_production, script_files, take_folder, take_ids

PASSPORT = "passport.json"
SEAL_TROUBLES = {
    "file is there": "{where} is missing",
    "hash holds": "{where} has changed since it was sealed",
    "the manifest knows every file": "{where} is not in the checksum manifest",
    "the seal holds": "the checksum manifest does not hold: {detail}",
}
"""Findings about checksums, as `verify_take` names them, and what each means when it fails."""


def look(production_id: str, root: Path) -> Evidence:
    """What the folder holds now: every scene of the scripts, its planned shots, its takes, and every
    delivery, each pinned by hash. Circled takes and deliveries are verified, which reads them whole.

    Raises nothing for a bad folder: what cannot be read becomes a fault of the observation. Faults name
    places inside the folder only, since an observation travels to other machines.
    """
    try:
        production = open_production(root)
    except (OpensetError, OSError):
        return Evidence(production_id, {}, (), (), ("the production's folder is not where it was",))
    if production.id != production_id:
        return Evidence(production_id, {}, (), (), ("another production lies in its folder",))
    scripts, headings, faults = _read_scripts(production)
    takes = _takes_by_scene(production)
    scenes = tuple(
        SceneSeen(
            number,
            heading,
            _shots(production, number),
            tuple(_look_at_take(production, take) for take in takes.get(scene_folder(number), [])),
        )
        for number, heading in headings.items()
    )
    return Evidence(production_id, scripts, scenes, _deliveries(production), tuple(faults))


def _read_scripts(production: Production) -> tuple[dict[str, str], dict[str, str], list[str]]:
    """Script name to hash, scene number to heading in script order, and what could not be read."""
    hashes: dict[str, str] = {}
    headings: dict[str, str] = {}
    faults: list[str] = []
    for path in script_files(production):
        try:
            hashes[path.name] = hash_file(path)
            script = fountain.parse(decoded(script_bytes(path), fallback="cp1252"))
        except (OpensetError, FormatError, OSError):
            faults.append(f"script/{path.name} cannot be read")
            continue
        for scene in script.scenes:
            headings.setdefault(scene.number, scene.heading)
    return hashes, headings, faults


def _takes_by_scene(production: Production) -> dict[str, list[TakeId]]:
    by_scene: dict[str, list[TakeId]] = {}
    for take in take_ids(production):
        by_scene.setdefault(take.scene, []).append(take)
    return by_scene


def _shots(production: Production, scene_number: str) -> tuple[str, ...]:
    folder = production.root / "shots" / scene_folder(scene_number)
    return tuple(sorted(path.stem for path in folder.glob("*.usda")))


def _look_at_take(production: Production, take: TakeId) -> TakeSeen:
    folder = take_folder(production, take)
    try:
        if not record_files.read_marks(folder).circled:
            return TakeSeen(str(take), False, False, False, "")
        return _judge_take(str(take), folder, record_files.verify_take(folder))
    except OpensetError as error:
        return TakeSeen(
            str(take), True, False, False, _manifest(folder), (_inside(error.what, folder),)
        )
    except OSError as error:
        fault = f"cannot be read ({error.strerror})"
        return TakeSeen(str(take), True, False, False, "", (fault,))


def _judge_take(take_id: str, folder: Path, found: Verification) -> TakeSeen:
    return TakeSeen(
        id=take_id,
        circled=True,
        camera_valid=not any(one.where == TRACK_FILE for one in found.failures),
        checksums_hold=not any(one.what in SEAL_TROUBLES for one in found.failures),
        manifest=_manifest(folder),
        faults=_faults(found, folder),
    )


def _faults(found: Verification, folder: Path) -> tuple[str, ...]:
    """What failed, one phrase per file, the seal's word first: the others follow from it."""
    first: dict[str, str] = {}
    for one in sorted(found.failures, key=lambda one: one.what not in SEAL_TROUBLES):
        phrase = SEAL_TROUBLES.get(one.what, "{where} fails the check “{what}” ({detail})")
        said = phrase.format(where=one.where, what=one.what, detail=one.detail)
        first.setdefault(one.where, _inside(said.removesuffix(" ()"), folder))
    return tuple(first.values())


def _inside(text: str, folder: Path) -> str:
    """The text without this machine's path to the folder."""
    return text.replace(f"{folder}/", "").replace(str(folder), folder.name)


def _manifest(folder: Path) -> str:
    """The hash of the newest checksum manifest, "" where there is none."""
    manifests = sorted((folder / "ascmhl").glob("*.mhl"))
    return hash_file(manifests[-1]) if manifests else ""


def _deliveries(production: Production) -> tuple[DeliverySeen, ...]:
    folder = production.root / "deliveries"
    children = sorted(folder.iterdir()) if folder.is_dir() else []
    return tuple(_look_at_delivery(child) for child in children if _is_delivery(child))


def _is_delivery(folder: Path) -> bool:
    """Hidden folders are deliveries still in the making."""
    return folder.is_dir() and not folder.name.startswith(".")


def _look_at_delivery(folder: Path) -> DeliverySeen:
    passport = folder / PASSPORT
    try:
        pinned = hash_file(passport) if passport.is_file() else ""
        faults = _delivery_faults(folder) if pinned else ("it has no passport",)
    except OSError as error:
        return DeliverySeen(folder.name, False, "", (f"cannot be read ({error.strerror})",))
    return DeliverySeen(folder.name, not faults, pinned, faults)


def _delivery_faults(folder: Path) -> tuple[str, ...]:
    """What the delivery's own verification finds; a fault too where this node cannot run it."""
    try:
        verify = importlib.import_module("openset.stage.deliver.files").verify_delivery
    except ImportError:
        return ("it cannot be verified here: the stage part of Openset is not installed",)
    try:
        found: Verification = verify(folder)
    except OpensetError as error:
        return (_inside(error.what, folder),)
    return _faults(found, folder)

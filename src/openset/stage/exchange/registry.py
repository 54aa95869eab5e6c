"""Every format Openset reads or writes: one row each, and how a file is told by name and by content.

A row names the module that does the work; it is imported when it is asked for, since some stand on
libraries that a small install has not got.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from openset.primitives.errors import BadInput
from openset.stage.exchange.model import Kind
from openset.stage.exchange.words import HELD

HEAD_BYTES = 65536
"""How much of a file's beginning is looked at to tell its format."""


@dataclass(frozen=True)
class Format:
    """One format: `suffixes` in lower case, the longest first; `marks` are byte strings of which one
    stands in the first `HEAD_BYTES` of a file of this format (empty: the name must tell)."""

    name: str
    title: str
    kind: Kind
    suffixes: tuple[str, ...]
    module: str
    reads: bool
    writes: bool
    marks: tuple[bytes, ...] = ()


def _row(
    name: str,
    title: str,
    kind: Kind,
    suffixes: str,
    module: str,
    ways: str,
    marks: tuple[bytes, ...] = (),
) -> Format:
    """A row; `ways` is "r", "w" or "rw"."""
    place = f"openset.stage.exchange.{module}"
    return Format(name, title, kind, tuple(suffixes.split()), place, "r" in ways, "w" in ways, marks)


FORMATS: tuple[Format, ...] = (
    _row("opentrackio", "OpenTrackIO samples, a line each", "move", ".otrk.jsonl .jsonl", "opentrackio", "rw", (b'"transforms"', b'"OpenTrackIO"')),
    _row("opentrackio-json", "OpenTrackIO samples, one list", "move", ".otrk.json .json", "opentrackio", "rw", (b'"transforms"', b'"OpenTrackIO"')),
    _row("freed", "FreeD D1 packets end to end", "move", ".freed .d1", "freed", "rw", (b"\xd1",)),
    _row("mosys-f4", "Mo-Sys F4 recording", "move", ".f4", "mosys", "r"),
    _row("arri-csv", "ARRI Meta Extract, a row a frame", "move", ".csv", "camera_metadata", "r", (b"Lens Linear Iris", b"Master TC")),
    _row("sony-csv", "Sony Venice metadata table", "move", ".csv", "camera_metadata", "r", (b"Focus Distance (ft)", b"Focus Distance (m)", b"Focal Length (mm)")),
    _row("sony-xml", "Sony Venice non-real-time metadata", "move", ".xml", "camera_metadata", "r", (b"NonRealTimeMeta",)),
    _row("red-csv", "RED R3D metadata table", "move", ".csv", "camera_metadata", "r", (b"FrameNo", b"REDCODE")),
    _row("canon-csv", "Canon metadata table", "move", ".csv", "camera_metadata", "r", (b"PhotographicSensitivity", b"LensSqueezeFactor")),
    _row("blackmagic", "Blackmagic RAW metadata text", "move", ".txt", "camera_metadata", "r", (b"Clip Metadata", b"Blackmagic Design")),
    _row("usd", "USD camera", "move", ".usda .usdc .usd", "usd_camera", "rw", (b"#usda", b"PXR-USDC")),
    _row("nuke-chan", "Nuke channel file", "move", ".chan", "chan", "rw"),
    _row("nuke", "Nuke camera and lens nodes", "move", ".nk", "nuke", "rw", (b"Camera",)),
    _row("after-effects", "After Effects camera script", "move", ".jsx", "after_effects", "w"),
    _row("blender", "Blender camera script", "move", ".blender.py .py", "blender", "w"),
    _row("fbx", "FBX camera, made by Blender", "move", ".fbx", "fbx", "w"),
    _row("exr", "EXR frames with camera and lens attributes", "move", ".exr", "exr_frames", "rw", (b"v/1\x01",)),
    _row("openset-lens", "Openset lens file", "lens", ".lens.json .json", "openset_lens", "rw", (b'"openset lens"',)),
    _row("ulens", "Unreal lens file", "lens", ".ulens", "ulens", "rw", (b'"LensFile"',)),
    _row("lensfun", "lensfun calibration", "lens", ".lensfun.xml .xml", "lensfun", "r", (b"<lensdatabase",)),
    _row("gyroflow", "Gyroflow lens profile", "lens", ".gyroflow.json .json", "gyroflow", "r", (b'"fisheye_params"',)),
    _row("st-map", "ST map", "lens", ".stmap.exr .exr", "st_map", "w"),
    _row("otio", "OpenTimelineIO", "timeline", ".otio", "timeline", "rw", (b'"OTIO_SCHEMA"',)),
    _row("otioz", "OpenTimelineIO with its media", "timeline", ".otioz", "timeline", "rw", (b"PK\x03\x04",)),
    _row("edl", "CMX 3600 edit list", "timeline", ".edl", "timeline", "rw", (b"TITLE:",)),
    _row("fcp7", "Final Cut Pro 7 XML", "timeline", ".fcp7.xml .xml", "timeline", "rw", (b"<xmeml",)),
    _row("ale", "Avid log exchange", "timeline", ".ale", "timeline", "rw", (b"FIELD_DELIM",)),
    _row("cdl", "ASC CDL, one decision list", "grade", ".cdl", "grade", "rw", (b"<ColorDecisionList",)),
    _row("cc", "ASC CDL, one correction", "grade", ".cc", "grade", "rw", (b"<ColorCorrection ", b"<ColorCorrection>")),
    _row("ccc", "ASC CDL, a collection", "grade", ".ccc", "grade", "rw", (b"<ColorCorrectionCollection",)),
    _row("amf", "ACES metadata file", "grade", ".amf", "grade", "w", (b"acesMetadataFile",)),
    _row("cube", "Cube LUT", "lut", ".cube", "lut", "rw", (b"LUT_3D_SIZE", b"LUT_1D_SIZE")),
    _row("fountain", "Fountain script", "script", ".fountain .spmd", "fountain", "rw"),
    _row("fdx", "Final Draft script", "script", ".fdx", "fdx", "rw", (b"<FinalDraft",)),
    _row("bvh", "Biovision motion", "motion", ".bvh", "bvh", "rw", (b"HIERARCHY",)),
    _row("usd-skel", "USD skeleton animation", "motion", ".skel.usda .skel.usdc", "usd_skel", "w"),
    _row("omc", "MovieLabs ontology (OMC JSON)", "records", ".omc.json .json", "omc", "rw", (b'"entityType"', b"movielabs.com/omc")),
    _row("ltc", "Linear timecode as sound", "timecode", ".wav .flac .aif .aiff", "ltc", "rw"),
    _row("timecode-csv", "Timecode against time, a row a frame", "timecode", ".tc.csv .csv", "ltc", "rw", (b"timecode,time_s",)),
    _row("fdl", "ASC framing decision list", "framing", ".fdl", "fdl", "rw", (b'"fdl_creator"', b'"framing_intents"')),
    _row("xmp", "XMP rights sidecar", "rights", ".xmp", "rights", "rw", (b"<x:xmpmeta", b"adobe:ns:meta")),
    _row("rights-toml", "Rights, as production.toml has them", "rights", ".rights.toml .toml", "rights", "rw", (b"[rights]",)),
)  # fmt: skip


def named(name: str) -> Format:
    """The format called `name`; BadInput naming all."""
    for each in FORMATS:
        if each.name == name:
            return each
    known = ", ".join(each.name for each in FORMATS)
    raise BadInput(f"no format {name!r}", todo=f"Choose from {known}")


def by_suffix(file_name: str) -> tuple[Format, ...]:
    """The formats whose suffix `file_name` has, those with the longest first."""
    lower = file_name.lower()
    found = [(_suffix_length(each, lower), each) for each in FORMATS]
    fitting = sorted((pair for pair in found if pair[0]), key=lambda pair: -pair[0])
    return tuple(each for _, each in fitting)


def _suffix_length(form: Format, lower: str) -> int:
    return max((len(end) for end in form.suffixes if lower.endswith(end)), default=0)


def told(file_name: str, head: bytes) -> Format:
    """The format of a file by its name and the bytes at its beginning; BadInput where none fits.

    A file whose content speaks for another format of the same suffix is that one; a name nobody knows
    is told by content alone.
    """
    candidates = [each for each in by_suffix(file_name) if each.reads]
    for each in candidates:
        if any(mark in head for mark in each.marks):
            return each
    for each in candidates:
        if not each.marks:
            return each
    if not candidates:
        for each in FORMATS:
            if (
                each.reads
                and len(max(each.marks, key=len, default=b"")) > 3
                and any(mark in head for mark in each.marks)
            ):
                return each
    if len(candidates) == 1:
        return candidates[0]  # its reader says, with the place, what is wrong
    raise BadInput(
        "this is none of the formats Openset reads",
        where=file_name,
        todo="Say which it is with --from; docs/formats.md lists them",
    )


_COUNTED = re.compile("%0?([1-9]?)d")


def sequence_name(path: Path) -> Path:
    """The name of an EXR sequence with `#` signs: plate.%04d.exr is plate.####.exr."""
    if not path.name.lower().endswith(".exr"):
        return path
    return path.with_name(_COUNTED.sub(lambda found: "#" * int(found[1] or 1), path.name, count=1))


def target(file_name: str, kinds: tuple[Kind, ...], held: str = "this") -> Format:
    """The format to write for a name: one of the longest ending it has that holds one of `kinds`, the
    first of them if the ending leaves it open. Raises BadInput, which says what the source `held`."""
    candidates = [each for each in by_suffix(file_name) if each.writes]
    if not candidates:
        known = " ".join(sorted({end for each in FORMATS if each.writes for end in each.suffixes}))
        raise BadInput(
            "no format that Openset writes ends like this", where=file_name, todo=f"Choose from {known}"
        )
    lower = file_name.lower()
    longest = _suffix_length(by_suffix(file_name)[0], lower)
    meant = [each for each in by_suffix(file_name) if _suffix_length(each, lower) == longest]
    fitting = sorted(
        (each for each in meant if each.kind in kinds),
        key=lambda each: (not each.writes, kinds.index(each.kind)),
    )
    if not fitting:
        means = " or ".join(dict.fromkeys(HELD[each.kind] for each in meant))
        raise BadInput(
            f"{held}, and the ending {lower[-longest:]} means {means}",
            where=file_name,
            todo="Choose another ending, or the format with --to",
        )
    return fitting[0]

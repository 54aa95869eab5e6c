"""ACES metadata files, version 2: which transforms and grades take a clip's picture to the screen.

Source: Academy S-2019-001 and its version 2.0 schema (namespace urn:ampas:aces:amf:v2.0). Written only.
Ids and the moment of making are given, so that the same values give the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from lxml import etree

from openset.formats import plain_xml as xml
from openset.formats.cdl import Correction, add_nodes
from openset.formats.faults import FormatError

NAMESPACE = "urn:ampas:aces:amf:v2.0"
CDL_NAMESPACE = "urn:ASC:CDL:v1.01"
ACESCCT_TO_ACES = "urn:ampas:aces:transformId:v2.0:CSC.Academy.ACEScct_to_ACES.a2.v1"
ACES_TO_ACESCCT = "urn:ampas:aces:transformId:v2.0:CSC.Academy.ACES_to_ACEScct.a2.v1"

_TRANSFORM_ID = re.compile(r"urn:ampas:aces:transformId:v[0-9.]+:[A-Za-z]+(\.\S+)+")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?")


class AmfError(FormatError):
    """Values that no ACES metadata file can hold."""


@dataclass(frozen=True)
class Pipeline:
    """One file: the clip (by name and file), the transforms by id, the grades between them in order.

    `uuids` names the file and its pipeline. `moment` is an XML dateTime. `grading_space` holds the ids
    of the transforms into and out of the space the grades were made in. `system_version` is the
    release of ACES. A grade is marked applied where `baked` says that the picture already has it.
    """

    uuids: tuple[str, str]
    moment: str
    clip: str = ""
    file: str = ""
    description: str = ""
    input_id: str = ""
    output_id: str = ""
    grades: tuple[Correction, ...] = ()
    grading_space: tuple[str, str] = (ACES_TO_ACESCCT, ACESCCT_TO_ACES)
    system_version: tuple[int, int, int] = (2, 0, 0)
    baked: bool = False


def write(pipeline: Pipeline) -> bytes:
    """The file's bytes. Raises AmfError for an id, version or moment that the schema refuses."""
    _check(pipeline)
    root = etree.Element(_q("acesMetadataFile"), nsmap={"aces": NAMESPACE, "cdl": CDL_NAMESPACE})
    root.set("version", "2.0")
    info = _add(root, "amfInfo")
    if pipeline.description:
        _add(info, "description", pipeline.description)
    _made(info, pipeline.moment, pipeline.uuids[0])
    if pipeline.clip:
        clip = _add(root, "clipId")
        _add(clip, "clipName", pipeline.clip)
        if pipeline.file:
            _add(clip, "file", pipeline.file)
        else:
            _add(clip, "uuid", f"urn:uuid:{pipeline.uuids[0]}")
    out = _add(root, "pipeline")
    about = _add(out, "pipelineInfo")
    _made(about, pipeline.moment, pipeline.uuids[1])
    version = _add(about, "systemVersion")
    for part, value in zip(("major", "minor", "patch"), pipeline.system_version, strict=True):
        _add(version, f"{part}Version", str(value))
    _transform(out, "inputTransform", pipeline.input_id)
    _looks(out, pipeline)
    _transform(out, "outputTransform", pipeline.output_id)
    return xml.serialised(root)


def _check(pipeline: Pipeline) -> None:
    wanted: Sequence[str] = (pipeline.input_id, pipeline.output_id, *pipeline.grading_space)
    for each in wanted:
        if each and not _TRANSFORM_ID.fullmatch(each):
            raise AmfError(f"{each!r} is no ACES transform id")
    if not pipeline.grading_space[1] and pipeline.grades:
        raise AmfError("a grade needs the transform out of the space it was made in")
    for each in pipeline.uuids:
        if not _UUID.fullmatch(each):
            raise AmfError(f"{each!r} is no UUID")
    if not _MOMENT.fullmatch(pipeline.moment):
        raise AmfError(f"{pipeline.moment!r} is no date and time like 2026-11-24T10:00:00Z")
    if not all(0 <= part <= 9 for part in pipeline.system_version):
        raise AmfError(f"{pipeline.system_version} is no release of ACES")


def _made(parent: etree._Element, moment: str, uuid: str) -> None:
    when = _add(parent, "dateTime")
    _add(when, "creationDateTime", moment)
    _add(when, "modificationDateTime", moment)
    _add(parent, "uuid", f"urn:uuid:{uuid}")


def _looks(parent: etree._Element, pipeline: Pipeline) -> None:
    for grade in pipeline.grades:
        look = _add(parent, "lookTransform")
        look.set("applied", "true" if pipeline.baked else "false")
        said = "; ".join([each for each in (grade.id, *grade.descriptions) if each])
        if said:
            _add(look, "description", said)
        space = _add(look, "cdlWorkingSpace")
        into, back = pipeline.grading_space
        if into:
            _add(_add(space, "toCdlWorkingSpace"), "transformId", into)
        _add(_add(space, "fromCdlWorkingSpace"), "transformId", back)
        add_nodes(look, grade, CDL_NAMESPACE)


def _transform(parent: etree._Element, label: str, transform_id: str) -> None:
    if transform_id:
        out = _add(parent, label)
        out.set("applied", "false")
        _add(out, "transformId", transform_id)


def _add(parent: etree._Element, label: str, said: str = "") -> etree._Element:
    out = etree.SubElement(parent, _q(label))
    if said:
        out.text = xml.fit(said)
    return out


def _q(label: str) -> str:
    return f"{{{NAMESPACE}}}{label}"

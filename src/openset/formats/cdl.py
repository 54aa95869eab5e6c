"""ASC colour decision lists: the ten numbers of a primary grade, as .cc, .ccc and .cdl.

Source: American Society of Cinematographers, ASC CDL Transfer Functions and Interchange Syntax, 1.2:
out = clamp(in · slope + offset) ^ power for each channel, then saturation about Rec. 709 luma. Slope is
at least 0, power above 0, saturation at least 0. Files of 1.01, of 1.2 and without a namespace are
read; 1.2 is written.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Literal

from lxml import etree

from openset.formats import plain_xml as xml
from openset.formats.faults import FormatError

NAMESPACE = "urn:ASC:CDL:v1.2"
MOST_VALUE = 1e6
"""A number beyond this is damage, not a grade."""

Kind = Literal["cc", "ccc", "cdl"]
Triple = tuple[float, float, float]

_ROOTS = {"ColorCorrection": "cc", "ColorCorrectionCollection": "ccc", "ColorDecisionList": "cdl"}
_SAID = frozenset({"description", "inputdescription", "viewingdescription"})
_NODES = frozenset({"sopnode", "asc_sop", "satnode", "asc_sat"})
_NUMBERS = frozenset({"slope", "offset", "power", "saturation"})
_LISTS = frozenset({"colordecisionlist", "colorcorrectioncollection", "colordecision"})
_KNOWN = (
    _SAID | _NODES | _NUMBERS | {"colorcorrection", "colorcorrectionref", "colordecision", "mediaref"}
)


class CdlError(FormatError):
    """Text that is no colour decision list, or numbers that are no grade."""


@dataclass(frozen=True)
class Correction:
    """One grade. `media` is the clip a decision list ties it to. Raises CdlError for numbers outside
    the standard's ranges."""

    id: str = ""
    slope: Triple = (1.0, 1.0, 1.0)
    offset: Triple = (0.0, 0.0, 0.0)
    power: Triple = (1.0, 1.0, 1.0)
    saturation: float = 1.0
    descriptions: tuple[str, ...] = ()
    input_description: str = ""
    viewing_description: str = ""
    media: str = ""

    def __post_init__(self) -> None:
        for label, values in self._numbers():
            if len(values) != (1 if label == "saturation" else 3):
                raise CdlError(f"{label} has {len(values)} numbers")
            if not all(abs(value) <= MOST_VALUE for value in values):  # false for nan, too
                raise CdlError(f"{label} is {_words(values)}, which is no grade")
        if min(self.slope) < 0:
            raise CdlError(f"a slope is never negative, as in {_words(self.slope)}")
        if min(self.power) <= 0:
            raise CdlError(f"a power is above zero, unlike {_words(self.power)}")
        if self.saturation < 0:
            raise CdlError(f"a saturation is never negative, as is {number(self.saturation)}")

    def _numbers(self) -> list[tuple[str, Sequence[float]]]:
        triples = [("slope", self.slope), ("offset", self.offset), ("power", self.power)]
        return [*triples, ("saturation", (self.saturation,))]


@dataclass(frozen=True)
class Grades:
    """A file's corrections; `faults` says of each that could not be used why not; `unheld` names the
    elements that have no place here."""

    corrections: tuple[Correction, ...]
    faults: tuple[str, ...] = ()
    unheld: tuple[str, ...] = ()


@dataclass
class _Context:
    """What the elements around a correction say, and what went wrong so far."""

    by_id: dict[str, Correction] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


def read(data: bytes) -> Grades:
    """The corrections of a .cc, .ccc or .cdl. Raises FormatError where none can be used."""
    root = xml.parse(data)
    if xml.name(root) not in _ROOTS:
        raise CdlError(
            f"the root element is {xml.name(root)!r}, which is no colour decision list", xml.place(root)
        )
    context = _Context()
    found = (
        [_correction(root, "")] if xml.name(root) == "ColorCorrection" else list(_all(root, context))
    )
    if not found:
        why = f": {context.faults[0]}" if context.faults else ""
        raise CdlError(f"no colour correction can be used{why}")
    return Grades(tuple(found), tuple(context.faults), tuple(sorted(_unheld(root))))


def write(corrections: Sequence[Correction], kind: Kind) -> bytes:
    """The file's bytes. Raises CdlError for none, or for several in a .cc, which holds one."""
    if not corrections:
        raise CdlError("there is no colour correction to write")
    if kind == "cc":
        if len(corrections) != 1:
            raise CdlError(f"a .cc holds one correction, not {len(corrections)}: write a .ccc")
        return xml.serialised(_element(corrections[0], None))
    root = _root("ColorCorrectionCollection" if kind == "ccc" else "ColorDecisionList")
    for each in corrections:
        if kind == "ccc":
            _element(each, root)
            continue
        decision = etree.SubElement(root, _q("ColorDecision"))
        if each.media:
            etree.SubElement(decision, _q("MediaRef")).set("ref", xml.fit(each.media))
        _element(each, decision)
    return xml.serialised(root)


def number(value: float) -> str:
    """A number without exponent that reads back as exactly the same float."""
    text = format(Decimal(repr(float(value))), "f")
    return text.removesuffix(".0") if text != "-0.0" else "0"


def numbers(text: str, count: int) -> tuple[float, ...]:
    """`count` finite numbers with space (or commas) between them; CdlError otherwise."""
    parts = re.split(r"[\s,]+", text.strip())
    if "_" in text:  # digits of Python's, not of the format
        raise CdlError(f"{text.strip()[:60]!r} is not {count} numbers")
    try:
        values = tuple(float(part) for part in parts)
    except ValueError as error:
        raise CdlError(f"{text.strip()[:60]!r} is not {count} numbers") from error
    if len(values) != count or not all(math.isfinite(value) for value in values):
        raise CdlError(f"{text.strip()[:60]!r} is not {count} numbers")
    return values


def triple(text: str) -> Triple:
    """Three finite numbers; CdlError otherwise."""
    red, green, blue = numbers(text, 3)
    return red, green, blue


def _all(root: etree._Element, context: _Context) -> Iterable[Correction]:
    for element in xml.children(root, "ColorCorrection", "ColorDecision"):
        media, inner = "", element
        if xml.name(element).lower() == "colordecision":
            media = next((each.get("ref", "") for each in xml.children(element, "MediaRef")), "")
            held = list(xml.children(element, "ColorCorrection", "ColorCorrectionRef"))
            if not held:
                context.faults.append(f"{xml.place(element)}: a decision without a correction")
                continue
            inner = held[0]
        try:
            found = _referred(inner, media, context) or _correction(inner, media)
        except CdlError as error:
            context.faults.append(str(error))
            continue
        if found.id:
            context.by_id[found.id] = found
        yield found


def _referred(element: etree._Element, media: str, context: _Context) -> Correction | None:
    """The correction a reference means, which has to stand before it."""
    if xml.name(element).lower() != "colorcorrectionref":
        return None
    wanted = element.get("ref", "")
    if wanted not in context.by_id:
        raise CdlError(
            f"no correction {wanted!r} stands before this reference to it", xml.place(element)
        )
    return replace(context.by_id[wanted], media=media)


def _correction(element: etree._Element, media: str) -> Correction:
    nodes = [element, *xml.children(element, "SOPNode", "ASC_SOP", "SatNode", "ASC_SAT")]
    values: dict[str, str] = {}
    said: list[str] = []
    for node in nodes:
        said += [xml.text(each) for each in xml.children(node, "Description")]
        for each in xml.children(node, "Slope", "Offset", "Power", "Saturation"):
            values.setdefault(xml.name(each).lower(), xml.text(each))
    try:
        return Correction(
            element.get("id", ""),
            triple(values.get("slope", "1 1 1")),
            triple(values.get("offset", "0 0 0")),
            triple(values.get("power", "1 1 1")),
            numbers(values.get("saturation", "1"), 1)[0],
            tuple(each for each in said if each),
            _first(element, "InputDescription"),
            _first(element, "ViewingDescription"),
            media,
        )
    except CdlError as error:
        raise CdlError(error.trouble, xml.place(element)) from error


def _unheld(root: etree._Element) -> set[str]:
    """The names of elements that no correction holds: unknown ones, and words about a whole list."""
    found = set()
    for element in root.iterdescendants():
        parent = element.getparent()
        own, above = xml.name(element), "" if parent is None else xml.name(parent)
        if own.lower() not in _KNOWN:
            found.add(own)
        elif own.lower() in _SAID and above.lower() in _LISTS:
            found.add(f"{above}/{own}")
    return found - {""}


def _first(element: etree._Element, wanted: str) -> str:
    return next((xml.text(each) for each in xml.children(element, wanted)), "")


def _element(correction: Correction, parent: etree._Element | None) -> etree._Element:
    if parent is None:
        out = _root("ColorCorrection")
    else:
        out = etree.SubElement(parent, _q("ColorCorrection"))
    if correction.id:
        out.set("id", xml.fit(correction.id))
    for said in correction.descriptions:
        _leaf(out, "Description", said)
    if correction.input_description:
        _leaf(out, "InputDescription", correction.input_description)
    if correction.viewing_description:
        _leaf(out, "ViewingDescription", correction.viewing_description)
    add_nodes(out, correction, NAMESPACE)
    return out


def add_nodes(parent: etree._Element, correction: Correction, namespace: str) -> None:
    """Append the correction's SOPNode and SatNode to an element, in a namespace of the CDL."""
    sop = etree.SubElement(parent, f"{{{namespace}}}SOPNode")
    for label, values in (
        ("Slope", correction.slope),
        ("Offset", correction.offset),
        ("Power", correction.power),
    ):
        etree.SubElement(sop, f"{{{namespace}}}{label}").text = _words(values)
    sat = etree.SubElement(parent, f"{{{namespace}}}SatNode")
    etree.SubElement(sat, f"{{{namespace}}}Saturation").text = number(correction.saturation)


def _leaf(parent: etree._Element, label: str, value: str) -> None:
    etree.SubElement(parent, _q(label)).text = xml.fit(value)


def _root(label: str) -> etree._Element:
    return etree.Element(_q(label), nsmap={None: NAMESPACE})


def _q(label: str) -> str:
    return f"{{{NAMESPACE}}}{label}"


def _words(values: Sequence[float]) -> str:
    return " ".join(number(value) if math.isfinite(value) else str(value) for value in values)

"""Rights as an XMP packet: who made it, who owns it, what is allowed, and whose labels go with it.

Source: ISO 16684-1 (XMP), with properties of Dublin Core (dc), Adobe's XMP Rights Management
(xmpRights) and Photoshop (photoshop:Credit), PLUS LDF (plus:DataMining, plus:ModelReleaseID), IPTC
Photo Metadata (Iptc4xmpExt:DigitalSourceType), Creative Commons (cc:license) and SPDX (spdx:licenseId).
Community labels of Local Contexts have no XMP property: they stand under Openset's own name, as links
only, since their icons and words belong to the communities.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

from lxml import etree

from openset.formats import plain_xml as xml
from openset.formats.faults import FormatError

MOST_ITEMS = 1000
"""Entries of one list that are read."""

NAMESPACES = {
    "x": "adobe:ns:meta/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmpRights": "http://ns.adobe.com/xap/1.0/rights/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "plus": "http://ns.useplus.org/ldf/xmp/1.0/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "cc": "http://creativecommons.org/ns#",
    "spdx": "http://spdx.org/rdf/terms#",
    "openset": "urn:openset:rights:1#",
}
PLUS_VALUES = "http://ns.useplus.org/ldf/vocab/"
SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
DATA_MINING = (
    "DMI-UNSPECIFIED",
    "DMI-ALLOWED",
    "DMI-PROHIBITED-AIMLTRAINING",
    "DMI-PROHIBITED-GENAIMLTRAINING",
    "DMI-PROHIBITED-EXCEPTSEARCHENGINEINDEXING",
    "DMI-PROHIBITED",
    "DMI-PROHIBITED-SEECONSTRAINT",
    "DMI-PROHIBITED-SEEEMBEDDEDRIGHTSEXPR",
    "DMI-PROHIBITED-SEELINKEDRIGHTSEXPR",
)
"""The values of plus:DataMining (PLUS LDF 2.0.1)."""

_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


class XmpError(FormatError):
    """Bytes that are no XMP packet, or one that says nothing about rights."""


@dataclass(frozen=True)
class Label:
    """A community's label (Local Contexts): its project there, its name, where its text is."""

    project_id: str = ""
    name: str = ""
    uri: str = ""


@dataclass(frozen=True)
class Rights:
    """What a file's rights are. `licence` is an SPDX id; `consent_refs` name the signed releases of
    those who are seen; `digital_source_type` is a term of the IPTC's list ("digitalCapture",
    "compositeCapture" …); `data_mining` one of `DATA_MINING`, "" where nothing is said."""

    title: str = ""
    creators: tuple[str, ...] = ()
    owner: str = ""
    licence: str = ""
    licence_url: str = ""
    usage_terms: str = ""
    credit: str = ""
    source: str = ""
    consent_refs: tuple[str, ...] = ()
    labels: tuple[Label, ...] = ()
    digital_source_type: str = ""
    data_mining: str = ""

    def __post_init__(self) -> None:
        if self.data_mining and self.data_mining not in DATA_MINING:
            raise XmpError(f"{self.data_mining!r} is none of {', '.join(DATA_MINING)}", "data_mining")


@dataclass(frozen=True)
class Found:
    """The rights of a packet, and the properties that have no place in `Rights`."""

    rights: Rights
    unheld: tuple[str, ...] = ()


def write(rights: Rights) -> bytes:
    """The sidecar: one XMP packet as UTF-8 XML. Raises XmpError for rights that say nothing."""
    if rights == Rights():
        raise XmpError("there are no rights to write")
    root = etree.Element(_q("x:xmpmeta"), nsmap={"x": NAMESPACES["x"]})
    rdf = etree.SubElement(root, _q("rdf:RDF"), nsmap={"rdf": NAMESPACES["rdf"]})
    used = {prefix: uri for prefix, uri in NAMESPACES.items() if prefix not in ("x", "rdf")}
    about = etree.SubElement(rdf, _q("rdf:Description"), nsmap=used)
    about.set(_q("rdf:about"), "")
    _alternatives(about, "dc:title", rights.title)
    _list(about, "dc:creator", "rdf:Seq", rights.creators)
    _list(about, "xmpRights:Owner", "rdf:Bag", (rights.owner,) if rights.owner else ())
    if rights.owner or rights.licence or rights.usage_terms:
        _plain(about, "xmpRights:Marked", "True")
    _plain(about, "spdx:licenseId", rights.licence)
    _plain(about, "xmpRights:WebStatement", rights.licence_url)
    _resource(about, "cc:license", rights.licence_url)
    _alternatives(about, "xmpRights:UsageTerms", rights.usage_terms)
    _plain(about, "photoshop:Credit", rights.credit)
    _plain(about, "dc:source", rights.source)
    _list(about, "plus:ModelReleaseID", "rdf:Bag", rights.consent_refs)
    _plain(about, "Iptc4xmpExt:DigitalSourceType", _with(SOURCE_TYPES, rights.digital_source_type))
    _plain(about, "plus:DataMining", _with(PLUS_VALUES, rights.data_mining))
    _labels(about, rights.labels)
    body = etree.tostring(root, encoding="unicode")
    head, tail = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>', '<?xpacket end="w"?>'
    return f"{head}\n{body}\n{tail}\n".encode()


def read(data: bytes) -> Found:
    """The rights of a sidecar. Raises FormatError for what is no XMP or names no right."""
    root = xml.parse(_stripped(data))
    values = _Values()
    for about in root.iter(_q("rdf:Description")):
        if _inside_property(about):
            continue
        for key, said in about.attrib.items():
            values.take(str(key), [str(said)])
        for element in about:
            if xml.name(element):
                values.take_element(element)
    rights = values.rights()
    if rights == Rights():
        raise XmpError("this XMP says nothing about rights")
    return Found(rights, tuple(sorted(values.unheld)))


_FIELDS = {
    "dc:title": "title",
    "dc:creator": "creators",
    "xmpRights:Owner": "owner",
    "spdx:licenseId": "licence",
    "xmpRights:WebStatement": "licence_url",
    "cc:license": "licence_url",
    "xmpRights:UsageTerms": "usage_terms",
    "dc:rights": "usage_terms",
    "photoshop:Credit": "credit",
    "dc:source": "source",
    "plus:ModelReleaseID": "consent_refs",
    "Iptc4xmpExt:DigitalSourceType": "digital_source_type",
    "plus:DataMining": "data_mining",
}
_MANY = frozenset({"creators", "consent_refs"})


class _Values:
    """The properties met so far, by field of `Rights`; the first of two wins."""

    def __init__(self) -> None:
        self.found: dict[str, list[str]] = {}
        self.labels: tuple[Label, ...] = ()
        self.unheld: set[str] = set()

    def take(self, key: str, said: list[str]) -> None:
        """Hold what a property says."""
        name = _short(key)
        if name == "xmpRights:Marked" or name.startswith("rdf:"):
            return
        kept = [each for each in said if each][:MOST_ITEMS]
        if name not in _FIELDS:
            self.unheld.add(name)
        elif kept:
            held = self.found.setdefault(_FIELDS[name], kept)
            if _FIELDS[name] not in _MANY and {*held, *kept} != {held[0]}:
                self.unheld.add(name)  # several owners, a title in several languages

    def take_element(self, element: etree._Element) -> None:
        """Hold what a property given as an element says."""
        if element.tag == _q("openset:labels"):
            self.labels = tuple(_read_labels(element))
            return
        resource = element.get(_q("rdf:resource"))
        self.take(str(element.tag), [resource] if resource else _said(element))

    def rights(self) -> Rights:
        """The rights the properties come to."""
        first = {key: said[0] for key, said in self.found.items() if key not in _MANY}
        mining = first.pop("data_mining", "").removeprefix(PLUS_VALUES)
        if mining in DATA_MINING:
            first["data_mining"] = mining
        elif mining:
            self.unheld.add("plus:DataMining")
        first["digital_source_type"] = first.get("digital_source_type", "").removeprefix(SOURCE_TYPES)
        many = {key: tuple(self.found.get(key, ())) for key in _MANY}
        return Rights(
            **first, creators=many["creators"], consent_refs=many["consent_refs"], labels=self.labels
        )


def _said(element: etree._Element) -> list[str]:
    """The text of a property: its own, or the items of its list, the default language first."""
    items = [each for each in element.iter(_q("rdf:li"))]
    if not items:
        return [element.text or ""] if not len(element) else []
    items.sort(key=lambda each: each.get(_XML_LANG, "x-default") != "x-default")
    return [each.text or "" for each in items]


def _read_labels(element: etree._Element) -> Iterator[Label]:
    for number, item in enumerate(element.iter(_q("rdf:li"))):
        if number == MOST_ITEMS:
            return
        said = {xml.name(each): each.text or "" for each in item}
        yield Label(*(said.get(key, "") for key in ("projectId", "name", "uri")))


def _labels(parent: etree._Element, labels: Sequence[Label]) -> None:
    if not labels:
        return
    bag = etree.SubElement(etree.SubElement(parent, _q("openset:labels")), _q("rdf:Bag"))
    for label in labels:
        item = etree.SubElement(bag, _q("rdf:li"))
        item.set(_q("rdf:parseType"), "Resource")
        for key, each in zip(("projectId", "name", "uri"), fields(Label), strict=True):
            _plain(item, f"openset:{key}", getattr(label, each.name))


def _plain(parent: etree._Element, name: str, said: str) -> None:
    if said:
        etree.SubElement(parent, _q(name)).text = xml.fit(said)


def _resource(parent: etree._Element, name: str, uri: str) -> None:
    if uri:
        etree.SubElement(parent, _q(name)).set(_q("rdf:resource"), xml.fit(uri))


def _alternatives(parent: etree._Element, name: str, said: str) -> None:
    if said:
        item = etree.SubElement(
            etree.SubElement(etree.SubElement(parent, _q(name)), _q("rdf:Alt")), _q("rdf:li")
        )
        item.set(_XML_LANG, "x-default")
        item.text = xml.fit(said)


def _list(parent: etree._Element, name: str, kind: str, items: Sequence[str]) -> None:
    if items:
        holder = etree.SubElement(etree.SubElement(parent, _q(name)), _q(kind))
        for each in items:
            etree.SubElement(holder, _q("rdf:li")).text = xml.fit(each)


def _inside_property(about: etree._Element) -> bool:
    """Whether this description is a value of another one."""
    above = about.getparent()
    return above is not None and above.tag != _q("rdf:RDF")


def _stripped(data: bytes) -> bytes:
    """The packet without its wrapper's padding, which XML would take for text after the end."""
    return data.removeprefix(b"\xef\xbb\xbf").strip()


def _with(prefix: str, term: str) -> str:
    return term if not term or ":" in term else prefix + term


def _q(name: str) -> str:
    prefix, _, local = name.partition(":")
    return f"{{{NAMESPACES[prefix]}}}{local}"


def _short(tag: str) -> str:
    """A tag as its prefix and name, where the namespace is one of ours."""
    uri, _, local = tag.removeprefix("{").rpartition("}")
    return next((f"{prefix}:{local}" for prefix, known in NAMESPACES.items() if known == uri), tag)

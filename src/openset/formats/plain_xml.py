"""XML of strangers, read with all switched off that reaches out or grows: entities, DTDs, network.

For the formats that are XML (XML 1.0, fifth edition): CDL, AMF, XMP, Final Cut Pro 7.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from openset.formats.faults import FormatError

MOST_BYTES = 256 * 1024 * 1024
"""A larger file is refused before it is parsed."""

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def parse(data: bytes) -> etree._Element:
    """The root element, without comments and processing instructions. Raises FormatError with the line.

    A document may name its type; entities of its own are refused, since nothing in the field needs them
    and a few lines of them can fill a machine's memory.
    """
    if len(data) > MOST_BYTES:
        raise FormatError(f"this XML is larger than {MOST_BYTES // 2**20} MB")
    if b"<!ENTITY" in data.replace(b"\0", b""):
        raise FormatError("this XML declares entities of its own, which are not read")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        line = error.lineno or 0
        raise FormatError(f"this is not XML: {error.msg}", f"line {line}" if line else "") from error
    except (ValueError, LookupError) as error:
        raise FormatError(f"this is not XML: {error}") from error
    if root is None:
        raise FormatError("this is not XML: it holds nothing")
    return root


def serialised(root: etree._Element) -> bytes:
    """The document as indented UTF-8 with its XML declaration."""
    etree.indent(root, "  ")
    out: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return out.rstrip(b"\n") + b"\n"


def name(element: etree._Element) -> str:
    """The element's name without its namespace; empty for an entity that was left unread."""
    return str(element.tag).rpartition("}")[2] if isinstance(element.tag, str) else ""


def children(element: etree._Element, *names: str) -> Iterator[etree._Element]:
    """The element's own children called one of `names`, in whatever namespace and case."""
    wanted = {each.lower() for each in names}
    return (each for each in element if name(each).lower() in wanted)


def text(element: etree._Element) -> str:
    """The element's own text, without the space around it."""
    return (element.text or "").strip()


def place(element: etree._Element) -> str:
    """Where the element stands, as a fault names it."""
    return f"line {element.sourceline}" if element.sourceline else ""


def fit(value: str) -> str:
    """The text with the characters XML 1.0 cannot hold (control characters, lone surrogates) replaced
    by the replacement character."""
    return _FORBIDDEN.sub("\ufffd", value)

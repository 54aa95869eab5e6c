"""The seal's own files, read strictly: every byte of an ASC MHL chain file and its manifests means
something, and one that changed is named. (Reading them leniently, as `store.mhl` does, misses an
attribute or a namespace that rotted, and says only that the seal is broken.)"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ascmhl import hasher
from ascmhl.__version__ import ascmhl_supported_hashformats
from lxml import etree

CHAIN_FILE = "ascmhl_chain.xml"
NAMESPACE = "{urn:ASC:MHL:DIRECTORY:v2.0}"
_DECLARATION = re.compile(rb"<\?xml version=([\"'])1\.0\1 encoding=([\"'])(UTF|utf)-8\2 ?\?>\s*<")
_GENERATION = re.compile(r"([0-9]{4,})_.*\.mhl")


def seal_troubles(files: Mapping[str, bytes]) -> dict[str, str]:
    """What is wrong with the files of an `ascmhl` folder, by file name; empty where nothing is. Where
    chain file and manifest disagree either may have changed, so both are named."""
    chain = files.get(CHAIN_FILE)
    if chain is None:
        return {CHAIN_FILE: "is missing"}
    listed, trouble = _listed(chain)
    if trouble:
        return {CHAIN_FILE: trouble}
    found = {}
    for name, (form, digest) in listed.items():
        if name not in files:
            found[name] = "is missing"
        elif hasher.new_hasher_for_hash_type(form).hash_data(files[name]) != digest:
            found[name] = f"has another {form} than {CHAIN_FILE} says"
    for name in files.keys() - listed.keys() - {CHAIN_FILE}:
        found[name] = f"is not in {CHAIN_FILE}"
    if found:
        found[CHAIN_FILE] = f"does not agree with {', '.join(sorted(found))}"
    return found


def _listed(chain: bytes) -> tuple[dict[str, tuple[str, str]], str]:
    """Each manifest with the form and digits of its hash, and what is wrong with the chain file."""
    if not _DECLARATION.match(chain):
        return {}, "does not begin as XML in UTF-8"
    try:
        root = etree.fromstring(chain, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError as error:
        return {}, f"is not XML ({error.msg})"
    listed: dict[str, tuple[str, str]] = {}
    if root.tag != f"{NAMESPACE}ascmhldirectory" or root.attrib or not _only_elements(root):
        return {}, "is no list of manifests"
    for number, each in enumerate(root, 1):
        entry = _entry(each, number)
        if entry is None:
            return {}, f"entry {number} cannot be read"
        name, form, digest = entry
        listed[name] = (form, digest)
    return listed, "" if listed else "lists no manifest"


def _entry(element: etree._Element, number: int) -> tuple[str, str, str] | None:
    """One generation: its manifest's name, the form of its hash, and the digits."""
    if element.tag != f"{NAMESPACE}hashlist" or dict(element.attrib) != {"sequencenr": str(number)}:
        return None
    if len(element) != 2 or not _only_elements(element) or any(child.attrib for child in element):
        return None
    path, digest = element
    form = str(digest.tag).removeprefix(NAMESPACE)
    match = _GENERATION.fullmatch(path.text or "")
    if path.tag != f"{NAMESPACE}path" or match is None or int(match[1]) != number:
        return None
    return (str(path.text), form, str(digest.text)) if form in ascmhl_supported_hashformats else None


def _only_elements(element: etree._Element) -> bool:
    """True where nothing but white space stands between the children."""
    texts = [element.text, *(child.tail for child in element)]
    return not any(text and text.strip() for text in texts) and all(
        isinstance(child.tag, str) for child in element
    )

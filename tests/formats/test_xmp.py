"""Rights in XMP: every script, both ways, packets of other programs, and what is none."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from openset.formats import xmp
from openset.formats.faults import FormatError
from openset.formats.xmp import DATA_MINING, Label, Rights, XmpError

WHOLE = Rights(
    "سوق الزقاق",
    ("Amina Bello", "李明", "שרה כהן"),
    "Collectif de la Ruelle",
    "CC-BY-NC-SA-4.0",
    "https://creativecommons.org/licenses/by-nc-sa/4.0/",
    'Only with <consent> & "credit"',
    "Lane Market",
    "archive/12",
    ("release-7", "release-8"),
    (Label("abc-123", "TK Attribution", "https://localcontextshub.org/projects/abc-123"), Label("x")),
    "compositeCapture",
    "DMI-PROHIBITED-AIMLTRAINING",
)
OTHERS = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
 <rdf:Description rdf:about="" xmlns:xmpRights="http://ns.adobe.com/xap/1.0/rights/"
  xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"
  photoshop:Credit="Agence" xmpRights:Marked="True" xmp:Rating="3">
  <dc:title xmlns:dc="http://purl.org/dc/elements/1.1/"><rdf:Alt>
   <rdf:li xml:lang="fr">Le titre</rdf:li>
   <rdf:li xml:lang="x-default">The title</rdf:li></rdf:Alt></dc:title>
  <cc:license xmlns:cc="http://creativecommons.org/ns#" rdf:resource="https://example.org/l"/>
 </rdf:Description></rdf:RDF></x:xmpmeta>"""

TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff")
)
FULL = TEXTS.filter(bool)
URLS = FULL.map(lambda text: f"https://example.org/{text}")
RIGHTS = st.builds(
    Rights,
    TEXTS,
    st.lists(FULL, max_size=3).map(tuple),
    TEXTS,
    TEXTS,
    URLS | st.just(""),
    TEXTS,
    TEXTS,
    TEXTS,
    st.lists(FULL, max_size=3).map(tuple),
    st.lists(st.builds(Label, TEXTS, TEXTS, TEXTS), max_size=3).map(tuple),
    st.sampled_from(["", "digitalCapture", "trainedAlgorithmicMedia"]),
    st.sampled_from(["", *DATA_MINING]),
).filter(lambda rights: rights != Rights())


def test_all_rights_come_back_in_every_script() -> None:
    assert xmp.read(xmp.write(WHOLE)).rights == WHOLE


@settings(max_examples=100, deadline=None)
@given(RIGHTS)
def test_any_rights_come_back_as_they_were(rights: Rights) -> None:
    found = xmp.read(xmp.write(rights))
    assert found.rights == rights
    assert found.unheld == ()


def test_the_packet_says_it_in_the_standards_own_properties() -> None:
    data = xmp.write(WHOLE)
    assert data.startswith('<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'.encode())
    assert data.endswith(b'<?xpacket end="w"?>\n')
    root = etree.fromstring(data)
    rdf = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
    rights = "{http://ns.adobe.com/xap/1.0/rights/}"
    about = root.find(f"{rdf}RDF/{rdf}Description")
    assert about is not None
    assert about.findtext(f"{rights}Marked") == "True"
    assert about.findtext("{http://ns.useplus.org/ldf/xmp/1.0/}DataMining") == (
        "http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED-AIMLTRAINING"
    )
    assert about.findtext("{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}DigitalSourceType") == (
        "http://cv.iptc.org/newscodes/digitalsourcetype/compositeCapture"
    )
    creators = about.findall(f"{{http://purl.org/dc/elements/1.1/}}creator/{rdf}Seq/{rdf}li")
    assert [each.text for each in creators] == list(WHOLE.creators)


def test_another_programs_packet_is_read_and_what_has_no_place_is_named() -> None:
    found = xmp.read(OTHERS)
    assert found.rights == Rights("The title", licence_url="https://example.org/l", credit="Agence")
    assert found.unheld == ("dc:title", "{http://ns.adobe.com/xap/1.0/}Rating")


def test_a_value_the_vocabulary_does_not_know_is_named_and_not_taken() -> None:
    data = xmp.write(WHOLE).replace(b"DMI-PROHIBITED-AIMLTRAINING", b"DMI-MAYBE")
    found = xmp.read(data)
    assert (found.rights.data_mining, found.unheld) == ("", ("plus:DataMining",))
    with pytest.raises(XmpError, match="DMI-ALLOWED"):
        Rights(data_mining="DMI-MAYBE")


@pytest.mark.parametrize(
    ("data", "trouble"),
    [
        (b"", "not XML"),
        (b"<a/>", "nothing about rights"),
        (b'<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>', "entities"),
    ],
)
def test_what_says_nothing_about_rights_is_refused(data: bytes, trouble: str) -> None:
    with pytest.raises(FormatError, match=trouble):
        xmp.read(data)
    with pytest.raises(XmpError, match="no rights"):
        xmp.write(Rights())


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from([OTHERS, xmp.write(WHOLE)]),
    st.integers(0, 1500),
    st.binary(max_size=4),
    st.integers(0, 20),
)
def test_a_damaged_packet_gives_rights_or_a_format_error(
    good: bytes, at: int, noise: bytes, cut: int
) -> None:
    with contextlib.suppress(FormatError):
        xmp.read(good[:at] + noise + good[at + cut :])

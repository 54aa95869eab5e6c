"""lensfun's database files."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.formats import lensfun_xml
from openset.formats.faults import FormatError
from openset.formats.lensfun_xml import Distortion, LensfunLens

DATABASE = b"""<!DOCTYPE lensdatabase SYSTEM "lensfun-database.dtd">
<lensdatabase version="2">
  <mount><name>Generic</name></mount>
  <camera><maker>Maker</maker><model>Body</model><cropfactor>1.5</cropfactor></camera>
  <lens>
    <maker>Maker</maker>
    <maker lang="de">Macher</maker>
    <model lang="de">Vario</model>
    <model>Maker Zoom 24-70</model>
    <mount>Generic</mount>
    <cropfactor>1.534</cropfactor>
    <aspect-ratio>4:3</aspect-ratio>
    <center x="0.01" y="-0.02"/>
    <calibration>
      <distortion model="ptlens" focal="24" real-focal="23.5" a="0.01" b="-0.03" c="0.002"/>
      <distortion model="poly3" focal="50" k1="-0.008"/>
      <distortion model="poly5" focal="70" k1="0.01" k2="-0.002"/>
      <distortion model="acm" focal="60" k1="1"/>
      <distortion model="poly3" focal="nan" k1="1"/>
      <distortion model="none" focal="65"/>
      <tca model="linear" focal="24" kr="1.0003" kb="0.9999"/>
      <vignetting model="pa" focal="24" aperture="4" distance="10" k1="-0.5" k2="0.1" k3="-0.2"/>
    </calibration>
  </lens>
  <lens>
    <maker>Other</maker><model>Fish</model><type>fisheye</type><cropfactor>2</cropfactor>
    <calibration cropfactor="1.0" aspect-ratio="1.5">
      <distortion model="poly3" focal="8" k1="0.1"/>
    </calibration>
  </lens>
  <lens><maker>Nameless</maker></lens>
</lensdatabase>
"""


def test_a_database_by_hand_is_read() -> None:
    found = lensfun_xml.read(DATABASE)
    assert found.lenses[0] == LensfunLens(
        maker="Maker",
        model="Maker Zoom 24-70",
        distortions=(
            Distortion("ptlens", 24.0, (0.01, -0.03, 0.002), 1.534, 4 / 3, 23.5),
            Distortion("poly3", 50.0, (-0.008,), 1.534, 4 / 3),
            Distortion("poly5", 70.0, (0.01, -0.002), 1.534, 4 / 3),
        ),
        centre=(0.01, -0.02),
        mounts=("Generic",),
        unheld=("tca", "vignetting"),
    )
    fish = found.lenses[1]
    assert (fish.projection, fish.distortions[0].crop, fish.title) == ("fisheye", 1.0, "Other Fish")
    assert found.lenses[0].title == "Maker Zoom 24-70"
    assert [each.model for each in lensfun_xml.rectilinear(found)] == ["Maker Zoom 24-70"]


def test_what_cannot_be_used_is_counted_with_its_line() -> None:
    found = lensfun_xml.read(DATABASE)
    assert found.skipped == 3
    assert found.faults == (
        "line 18: the distortion model 'acm' is not known",
        "line 19: focal: 'nan' is no number from 0.5 to 10000",
        "line 31: a lens without a model",
    )


@pytest.mark.parametrize(
    ("data", "trouble"),
    [
        (b"<lensdatabase version='1'/>", "no lens"),
        (b"<lensdatabase version='9'/>", "version '9'"),
        (b"<xmeml/>", "begins with <xmeml>"),
        (b"<lensdatabase>", "line 1"),
        (b"<!DOCTYPE l [<!ENTITY a 'b'>]><lensdatabase>&a;</lensdatabase>", "entities"),
        (
            b"<lensdatabase><lens><model>a</model><cropfactor>0</cropfactor></lens></lensdatabase>",
            "cropfactor",
        ),
        (
            b"<lensdatabase><lens><model>a</model><aspect-ratio>100:1</aspect-ratio></lens>"
            b"</lensdatabase>",
            "aspect-ratio",
        ),
    ],
)
def test_what_is_no_database_is_refused(data: bytes, trouble: str) -> None:
    with pytest.raises(FormatError, match=trouble):
        lensfun_xml.read(data)


def test_an_aspect_ratio_is_the_long_side_over_the_short_one() -> None:
    tall = DATABASE.replace(b"4:3", b"3:4")
    assert lensfun_xml.read(tall).lenses[0].distortions[0].aspect == pytest.approx(4 / 3)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_database_or_a_fault(data: bytes) -> None:
    with pytest.raises(FormatError):
        lensfun_xml.read(data)


@settings(max_examples=250, deadline=None)
@given(st.integers(0, len(DATABASE) - 1), st.binary(max_size=4), st.integers(0, 5))
def test_a_damaged_database_is_a_database_or_a_fault(at: int, put: bytes, cut: int) -> None:
    try:
        lensfun_xml.read(DATABASE[:at] + put + DATABASE[at + cut :])
    except FormatError:
        return

from __future__ import annotations

import re
from pathlib import Path

import pytest

from openset.formats import freed as d1
from openset.formats.opentrackio import Reading, encode, write
from openset.primitives.errors import BadInput
from openset.primitives.space import pose_from_pan_tilt_roll
from openset.stage.tracking.endpoint import parse_endpoint
from openset.stage.tracking.grammar import PROTOCOLS, Way
from openset.stage.tracking.protocols import (
    decoders_for,
    encoder_for,
    every_decoder,
    meaning,
    recognised,
    source_number,
)
from openset.stage.tracking.samples import LensReport, TrackSample

ROOT = Path(__file__).resolve().parents[3]
POSE = pose_from_pan_tilt_roll((1.0, -2.0, 1.5), 0.3, -0.1, 0.05)
SAMPLE = TrackSample(5_000_000, POSE, LensReport(focal_length_mm=35.0), source_time_ns=5_000_000)
TABLE = "field,count,value\nzoom,0,20\nzoom,1000,120\n"
OSC_TABLE = """name = "Rig"
[[message]]
address = "/rig/*/pose"
arguments = ["x", "y", "z", "qw", "qx", "qy", "qz"]
"""
OTRK = encode(
    write(
        Reading((1.0, 2.0, 3.0), 0.1, 0.2, 0.3),
        sample_id="urn:uuid:00000000-0000-4000-8000-000000000001",
        source_id="urn:uuid:00000000-0000-4000-8000-000000000002",
    ),
    1,
)[0]
INWARDS = [name for name, each in PROTOCOLS.items() if "in" in each.ways]
OUTWARDS = [name for name, each in PROTOCOLS.items() if "out" in each.ways]


def test_every_protocol_of_the_grammar_is_decoded_or_encoded() -> None:
    for name in set(INWARDS) - {"osc"}:
        assert decoders_for(parse_endpoint(f"{name}://127.0.0.1:5000", "in"))
    for name in set(OUTWARDS) - {"osc"}:
        encoder = encoder_for(parse_endpoint(f"{name}://127.0.0.1:5000", "out"), "a camera")
        assert encoder.encode(SAMPLE, 5_000_000)


@pytest.mark.parametrize("name", ["opentrackio", "freed", "vmc", "opentrack"])
def test_what_is_encoded_is_recognised_and_comes_back(name: str) -> None:
    out = encoder_for(parse_endpoint(f"{name}://127.0.0.1:5000", "out"), "a camera")
    datagrams = [each for n in range(2) for each in out.encode(SAMPLE, 5_000_000 + n)]
    assert all(recognised(each) for each in datagrams)
    (decoder,) = decoders_for(parse_endpoint(f"{name}://", "in"))
    heard = [each for data in datagrams for each in decoder.feed(data, "192.0.2.1", 7)]
    poses = [each.pose for each in heard if each.pose is not None]
    assert poses
    assert poses[0].position_m == pytest.approx(POSE.position_m, abs=1e-4)
    assert [abs(n) for n in poses[0].rotation_wxyz] == pytest.approx(
        [abs(n) for n in POSE.rotation_wxyz], abs=1e-5
    )


def test_udp_is_told_by_content_and_an_address_asks_its_own_protocol_first() -> None:
    names = [each.name for each in every_decoder(parse_endpoint("udp::5000", "in"))]
    assert names[:2] == ["OpenTrackIO", "FreeD D1"]
    assert every_decoder(parse_endpoint("freed://", "in"))[0].name == "FreeD D1"
    assert recognised(OTRK) == "OpenTrackIO"
    assert recognised(b"hello") == ""


def test_one_freed_camera_can_be_chosen() -> None:
    (decoder,) = decoders_for(parse_endpoint("freed://?id=2", "in"))
    packets = [d1.encode(d1.D1(0, 0, 0, (1, 2, 3), camera_id=n)) for n in (1, 2, 3)]
    assert all(decoder.takes(each) for each in packets)
    assert [len(decoder.feed(each, "192.0.2.1", 0)) for each in packets] == [0, 1, 0]


def test_a_calibration_table_tells_the_lens_and_a_wrong_one_its_line() -> None:
    endpoint = parse_endpoint("freed://?table=zoom.csv", "in")
    (decoder,) = decoders_for(endpoint, TABLE)
    (heard,) = decoder.feed(d1.encode(d1.D1(0, 0, 0, (0, 0, 0), zoom=500)), "192.0.2.1", 0)
    assert heard.lens is not None
    assert heard.lens.focal_length_mm == pytest.approx(70.0)
    with pytest.raises(BadInput) as caught:
        decoders_for(endpoint, "zoom,0,20\nzoom,five,1\n")
    assert "zoom.csv, line 2" in caught.value.line
    with pytest.raises(BadInput, match="profile"):
        decoders_for(parse_endpoint("freed://?profile=none-such", "in"))


def test_sources_are_numbered_from_the_group_or_the_number_asked_for() -> None:
    assert [source_number(parse_endpoint("opentrackio://?source=199", "out"), n) for n in range(3)] == [
        199,
        200,
        1,
    ]
    assert source_number(parse_endpoint("opentrackio://239.135.1.7", "out"), 1) == 8
    assert source_number(parse_endpoint("opentrackio://192.0.2.1", "out"), 0) == 1


def test_freed_keeps_the_number_of_a_freed_camera() -> None:
    def number(address: str, source: str, place: int) -> int:
        encoder = encoder_for(parse_endpoint(address, "out"), source, place)
        return d1.decode(encoder.encode(SAMPLE, 0)[0]).camera_id

    assert number("freed://192.0.2.1", "FreeD camera 9 from 192.0.2.4", 3) == 9
    assert number("freed://192.0.2.1", "VMC camera", 3) == 4
    assert number("freed://192.0.2.1?id=20", "FreeD camera 9 from 192.0.2.4", 1) == 21


def test_osc_of_any_app_is_told_by_a_table() -> None:
    endpoint = parse_endpoint("osc://:9000?table=app.toml", "in")
    (decoder,) = decoders_for(endpoint, OSC_TABLE)
    target = parse_endpoint("osc://127.0.0.1:9000?table=app.toml", "out")
    encoder = encoder_for(target, "a", table=OSC_TABLE)
    heard = [
        h for each in encoder.encode(SAMPLE, 5_000_000) for h in decoder.feed(each, "192.0.2.1", 0)
    ]
    assert heard[0].pose is not None
    assert heard[0].pose.position_m == pytest.approx(POSE.position_m, abs=1e-4)
    with pytest.raises(BadInput, match="table"):
        decoders_for(parse_endpoint("osc://:9000", "in"))
    with pytest.raises(BadInput, match=r"app\.toml"):
        decoders_for(endpoint, "not = [toml")


def test_a_second_camera_has_a_name_of_its_own_in_unreal() -> None:
    target = parse_endpoint("livelink://127.0.0.1?subject=A", "out")
    first, second = (encoder_for(target, "x", place).encode(SAMPLE, 0)[0] for place in (0, 1))
    assert b'"A"' in first
    assert b'"A 2"' in second


def test_every_known_fault_has_a_meaning() -> None:
    decoder = decoders_for(parse_endpoint("freed://", "in"))[0]
    decoder.feed(b"\xd1" + bytes(28), "192.0.2.1", 0)
    (fault,) = decoder.faults
    assert len(meaning(decoder.name, fault)) > 20
    assert meaning("nothing", "unheard of") == ""


def test_the_examples_of_the_how_to_page_can_be_used() -> None:
    page = (ROOT / "docs" / "how-to" / "plug-in-a-tracker.md").read_text(encoding="utf-8")
    blocks = dict(re.findall(r"```(csv|toml)\n(.*?)```", page, re.DOTALL))
    assert decoders_for(parse_endpoint("freed://?profile=sony&table=lens.csv", "in"), blocks["csv"])
    assert decoders_for(parse_endpoint("osc://:9000?table=app.toml", "in"), blocks["toml"])


@pytest.mark.parametrize("page", ["bridge.md", "plug-in-a-tracker.md"])
def test_every_address_of_the_how_to_pages_can_be_written(page: str) -> None:
    text = (ROOT / "docs" / "how-to" / page).read_text(encoding="utf-8")
    found = re.findall(rf"(?<![\w/])(?:{'|'.join(PROTOCOLS)})://[^\s`,]*", text)
    assert len(found) > 5
    for address in found:
        way: Way = "out" if "livelink" in address else "in"
        assert parse_endpoint(address, way)

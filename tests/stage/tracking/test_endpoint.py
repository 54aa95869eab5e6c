from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.primitives.errors import BadInput
from openset.stage.tracking.endpoint import Endpoint, is_endpoint, parse_endpoint


def test_a_whole_address_is_read_part_by_part() -> None:
    found = parse_endpoint("freed://192.0.2.7:40001@eth0?profile=z-cam&id=3&delay_ms=12.5", "in")
    assert found == Endpoint(
        "freed", "192.0.2.7", 40001, "eth0", profile="z-cam", camera_id=3, delay_s=0.0125
    )
    assert str(found.address) == "udp:192.0.2.7:40001@eth0"


@pytest.mark.parametrize(
    ("text", "port"),
    [("opentrackio://", 55555), ("freed://", 40000), ("vmc://:", None), ("vmc://", 39539),
     ("zigsim://", 50000), ("opentrack://", 4242), ("natnet://", 1511), ("osc://", 9000)],
)  # fmt: skip
def test_a_port_left_out_is_the_one_the_senders_use(text: str, port: int | None) -> None:
    if port is None:
        with pytest.raises(BadInput):
            parse_endpoint(text, "in")
        return
    assert parse_endpoint(text, "in").port == port
    assert parse_endpoint(text, "in").host == ("239.255.42.99" if "natnet" in text else "")


def test_the_short_form_of_before_still_works() -> None:
    assert parse_endpoint("udp:239.135.1.7:55555@192.0.2.5", "in") == Endpoint(
        "udp", "239.135.1.7", 55555, "192.0.2.5"
    )
    assert parse_endpoint("udp::55555", "in").address.host == ""
    assert parse_endpoint("udp://239.135.1.1:55555", "out").address.is_multicast


def test_a_source_number_is_its_multicast_group() -> None:
    found = parse_endpoint("opentrackio://?source=7", "out")
    assert (found.host, found.port, found.source) == ("239.135.1.7", 55555, 7)
    assert parse_endpoint("opentrackio://192.0.2.1?source=7", "out").host == "192.0.2.1"


def test_an_interface_may_stand_after_at_or_as_an_option() -> None:
    assert parse_endpoint("vmc://@eth1", "in").interface == "eth1"
    assert parse_endpoint("vmc://?interface=eth1", "in").interface == "eth1"
    with pytest.raises(BadInput, match="two interfaces"):
        parse_endpoint("vmc://@eth0?interface=eth1", "in")


def test_every_protocol_has_options_of_its_own() -> None:
    assert parse_endpoint("natnet://?version=3.1.0&up=z", "in").version == (3, 1)
    assert parse_endpoint("opentrack://?inverted=yaw,x", "in").inverted == {"x", "yaw"}
    for text in (
        "natnet://0.0.0.0:1511?version=3.1&up=z",
        "opentrack://:4242?inverted=x,yaw",
        "zigsim://:50000?held=upright",
    ):
        assert str(parse_endpoint(text, "in")) == text
    assert parse_endpoint("livelink://192.0.2.1?subject=A&dialect=camera", "out").dialect == "camera"


def test_a_file_name_may_hold_what_the_grammar_uses() -> None:
    found = parse_endpoint("osc://:9000?table=my%20%26%20yours.toml", "in")
    assert found.table == "my & yours.toml"
    assert parse_endpoint(str(found), "in") == found


@pytest.mark.parametrize(
    ("text", "way", "says"),
    [
        ("rtsp://192.0.2.1:554", "in", "opentrackio, freed"),
        ("livelink://:54321", "in", "cannot be received"),
        ("zigsim://192.0.2.1:50000", "out", "cannot be sent"),
        ("freed://192.0.2.1:40000?profil=z-cam", "in", "profile="),
        ("vmc://:39539?profile=z-cam", "in", "no option 'profile'"),
        ("freed://192.0.2.1:70000", "in", "1 to 65535"),
        ("freed://192.0.2.1:0", "out", "1 to 65535"),
        ("freed://:40000", "out", "HOST"),
        ("udp::55555", "out", "HOST"),
        ("udp://192.0.2.1", "in", "no port"),
        ("opentrackio://?source=0", "in", "1 to 200"),
        ("opentrackio://?source=201", "in", "1 to 200"),
        ("freed://?id=256", "in", "0 to 255"),
        ("opentrackio://192.0.2.1?encoding=xml", "out", "cbor"),
        ("freed://?delay_ms=-3", "in", "milliseconds"),
        ("freed://?delay_ms=99999", "in", "milliseconds"),
        ("freed://?id=", "in", "empty"),
        ("freed://?id=1&id=2", "in", "twice"),
        ("freed://192.0.2.300:40000", "in", "IPv4"),
        ("freed://a_b!c:40000", "in", "no name"),
        ("natnet://?version=four", "in", "version=4.0"),
        ("zigsim://?held=flat", "in", "held=sideways"),
        ("opentrack://?inverted=yaw,jaw", "in", "pitch"),
        ("livelink://192.0.2.1?dialect=lua", "out", "dialect=bones"),
        ("freed//:40000", "in", "PROTOCOL://"),
    ],
)
def test_what_cannot_be_meant_says_what_can_be_written(text: str, way: str, says: str) -> None:
    with pytest.raises(BadInput) as caught:
        parse_endpoint(text, way)  # type: ignore[arg-type]
    assert says in caught.value.line


@pytest.mark.parametrize(
    ("text", "live"),
    [("udp::5", True), ("freed://:4", True), ("rtsp://x", True), ("C:/takes/1-A-t01", False),
     ("takes/1-A-t01", False), ("track.freed", False)],
)  # fmt: skip
def test_addresses_are_told_from_files(text: str, live: bool) -> None:
    assert is_endpoint(text) is live


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_an_address_or_one_clear_line(tail: str) -> None:
    for head in ("", "freed://", "udp:", "opentrackio://239.135.1.1:55555?"):
        try:
            line = str(parse_endpoint(head + tail, "in"))
        except BadInput as error:
            line = error.line
        assert line
        assert "\n" not in line


@settings(max_examples=100, deadline=None)
@given(
    st.builds(
        Endpoint,
        st.just("freed"),
        st.sampled_from(["", "192.0.2.1", "camera-a.local"]),
        st.integers(0, 65535),
        st.sampled_from(["", "eth0", "192.0.2.9"]),
        profile=st.sampled_from(["raw", "z-cam"]),
        table=st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=20),
        camera_id=st.none() | st.integers(0, 255),
        delay_s=st.integers(0, 10_000).map(lambda ms: ms / 1000),
    )
)
def test_what_is_printed_is_read_back(endpoint: Endpoint) -> None:
    assert parse_endpoint(str(endpoint), "in") == endpoint

from __future__ import annotations

import socket
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import orjson
import pytest

from openset.cli.listen import USUAL, Listening, run_listen
from openset.cli.output import Output
from openset.formats import freed
from openset.formats.ltc import encode
from openset.primitives.errors import BadInput, PortInUse
from openset.primitives.time import Timecode
from openset.stage.tracking.endpoint import parse_endpoint
from openset.stage.tracking.grammar import PROTOCOLS


@pytest.fixture
def port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_the_usual_ports_are_those_of_every_protocol_that_has_one() -> None:
    usual = {parse_endpoint(text, "in").protocol for text in USUAL}
    # What a table says is known only to its file, so that osc:// is listened to where it is named.
    assert usual == {each.name for each in PROTOCOLS.values() if "in" in each.ways and each.port} - {
        "osc"
    }


def test_a_silent_port_says_what_to_look_at(port: int, capsys: pytest.CaptureFixture[str]) -> None:
    run_listen(Output(True), [f"freed://127.0.0.1:{port}"], interface="", seconds=0.05)
    answer = orjson.loads(capsys.readouterr().out)
    assert answer["sources"] == []
    assert answer["listening_on"] == [f"127.0.0.1:{port}"]
    assert "firewall" in answer["notes"][0]


def test_an_address_has_its_own_protocol_and_profile(port: int) -> None:
    listening = Listening([f"freed://127.0.0.1:{port}?profile=z-cam"], "", None)
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            packet = freed.encode(freed.D1(0, 0, 0, (1, 2, 3), zoom=3500))
            sender.sendto(packet, ("127.0.0.1", port))
        while not listening.census.datagrams:
            listening.hear()
        (station,) = listening.census.stations(0)
    finally:
        listening.ears.close()
    assert station.lens is not None
    assert station.lens.focal_length_mm == 35.0


def test_a_network_card_is_only_for_groups(port: int) -> None:
    listening = Listening([f"freed://127.0.0.1:{port}"], "127.0.0.1", None)
    listening.ears.close()
    assert listening.ears.refused == []
    assert [ear.endpoint.interface for ear in listening.ears.ears] == [""]


@pytest.mark.parametrize("card", ["no-such-card", "192.0.2.99"])
def test_a_card_that_is_not_there_ends_it_with_one_clear_line(port: int, card: str) -> None:
    with pytest.raises(BadInput, match=card):
        Listening([f"opentrackio://:{port}"], card, None)
    with pytest.raises(BadInput, match=card):
        Listening([f"opentrackio://:{port}@{card}"], "", None)


def test_where_nothing_can_be_listened_to_is_one_clear_line() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        taken = other.getsockname()[1]
        with pytest.raises(PortInUse, match=str(taken)):
            Listening([f"freed://127.0.0.1:{taken}"], "", None)
    for unusable in ("http://127.0.0.1", "freed://127.0.0.1:0?profile=zcam", "osc://127.0.0.1:0"):
        with pytest.raises(BadInput):
            Listening([unusable], "", None)
    with pytest.raises(BadInput):
        Listening(["ltc:no-such-file.wav"], "", None)


def test_timecode_is_listened_to_until_its_end(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frames = [Timecode(90_000, Fraction(25)).plus(n) for n in range(50)]
    samples = encode(frames, 48000)
    path = tmp_path / "tc.wav"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=48000, layout="mono")
        block = (samples * 32767).astype(np.int16).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(block, format="s16", layout="mono")
        frame.sample_rate = 48000
        container.mux([*stream.encode(frame), *stream.encode(None)])
    run_listen(Output(True), [f"ltc:{path}"], interface="", seconds=20)
    (report,) = orjson.loads(capsys.readouterr().out)["timecode"]
    assert report["timecode"].startswith("01:00:0")
    assert report["frames"] > 40

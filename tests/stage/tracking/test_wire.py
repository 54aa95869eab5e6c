"""What is promised of every wire protocol, held to those that Openset speaks by default."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.primitives.space import pose_from_pan_tilt_roll
from openset.stage.tracking.freed import FreeDDecoder, FreeDEncoder
from openset.stage.tracking.opentrackio import OpenTrackIODecoder
from openset.stage.tracking.opentrackio_encoder import OpenTrackIOEncoder
from openset.stage.tracking.samples import TrackSample
from openset.stage.tracking.wire import Decoder, Encoder, Heard

POSE = pose_from_pan_tilt_roll((1.0, -2.0, 1.5), 0.25, -0.1, 0.05)
SOURCE = "urn:uuid:00000000-0000-4000-8000-000000000001"
PAIRS: list[tuple[Decoder, Encoder]] = [
    (OpenTrackIODecoder(), OpenTrackIOEncoder(SOURCE)),
    (OpenTrackIODecoder(), OpenTrackIOEncoder(SOURCE, encoding="cbor", max_payload=200)),
    (FreeDDecoder(), FreeDEncoder(camera_id=3)),
]


@pytest.mark.parametrize(("decoder", "encoder"), PAIRS)
def test_what_is_encoded_is_taken_and_heard(decoder: Decoder, encoder: Encoder) -> None:
    heard: list[Heard] = []
    for datagram in encoder.encode(TrackSample(5_000_000_000, POSE), 0):
        assert decoder.takes(datagram)
        heard += decoder.feed(datagram, "192.0.2.7", 0)
    assert len(heard) == 1
    assert heard[0].pose is not None
    assert heard[0].pose.position_m == pytest.approx(POSE.position_m, abs=1e-4)
    assert heard[0].pose.rotation_wxyz == pytest.approx(POSE.rotation_wxyz, abs=1e-5)
    assert decoder.faults == Counter()


@given(st.binary(max_size=80), st.sampled_from([b"", b"OTrk", b"OTrk\x00\x01", b"\xd1"]))
@settings(max_examples=200, deadline=None)
def test_no_bytes_make_a_decoder_raise(tail: bytes, head: bytes) -> None:
    for decoder, _ in PAIRS:
        decoder.takes(head + tail)
        assert len(decoder.feed(head + tail, "192.0.2.7", 0)) <= 3


def test_a_report_may_tell_of_no_pose() -> None:
    assert Heard("a lens", None).pose is None

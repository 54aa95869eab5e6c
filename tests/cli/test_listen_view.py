from __future__ import annotations

import io
from typing import Any

import orjson
from rich.console import Console

from openset.cli.listen_view import NOTHING, as_json, lines, picture, timecode_line
from openset.formats import freed, osc, vmc
from openset.formats.opentrackio import Reading, encode, write
from openset.primitives.space import pose_from_pan_tilt_roll
from openset.stage.live.ltc import LtcReport
from openset.stage.tracking.census import Census
from openset.stage.tracking.endpoint import parse_endpoint
from openset.stage.tracking.protocols import every_decoder, meaning

MS = 1_000_000
SENDER = "192.0.2.7"


def heard(status: str = "", **more: Any) -> Census:
    census = Census(lambda place: every_decoder(parse_endpoint("udp::5000", "in")), meaning)
    packet = freed.encode(freed.D1(-0.0, 0, 0, (1, 2, 1.5)))
    for n in range(50):
        reading = Reading(
            (1.0, 2.0, 1.5), 0.1, 0.2, -1e-9, 35.0, sample_time_ns=n * 20 * MS, sequence=n,
            status=status or None, **more,
        )  # fmt: skip
        raw = write(
            reading,
            sample_id="urn:uuid:00000000-0000-4000-8000-000000000001",
            source_id="urn:uuid:0a0a0a0a-0000-4000-8000-00000000000b",
        )
        census.hear(encode(raw, n)[0], SENDER, "239.135.1.x:55555", n * 20 * MS)
        census.hear(packet, SENDER, "40000", n * 20 * MS)
    census.hear(packet[:20], SENDER, "40000", 0)
    census.hear(b"hello\x1b[2J", SENDER, "50000", 0)
    return census


def printed(census: Census, width: int = 140) -> str:
    out = io.StringIO()
    Console(file=out, width=width).print(picture(census, 1000 * MS, [], ["a note"], width))
    return out.getvalue()


def test_the_table_shows_each_source_on_a_line_and_what_helps_below() -> None:
    text = printed(heard())
    assert "OpenTrackIO 0a0a0a0a… 1.0.1" in text
    assert "FreeD camera 1" in text
    assert "1.00 2.00 1.50" in text
    assert "5.7 11.5 0.0" in text  # 0.1 and 0.2 rad; no minus before nothing
    assert "still" in text
    assert "- FreeD camera 1: says no focal length: choose its profile" in text
    assert "- a note" in text


def test_a_narrow_terminal_cuts_nothing_off() -> None:
    text = printed(heard(), 80)
    words = " ".join(text.split())
    for whole in ("OpenTrackIO 0a0a0a0a…", "FreeD camera 1", "239.135.1.x:55555", "1.00 2.00 1.50",
                  "5.7 11.5 0.0", "still", "a second", "jitter", "99 % ms", "lost"):  # fmt: skip
        assert whole in words
    assert max(map(len, text.splitlines())) <= 80


def test_brackets_from_the_wire_are_no_markup() -> None:
    census = Census(lambda place: every_decoder(parse_endpoint("udp::5000", "in")), meaning)
    pose = pose_from_pan_tilt_roll((0.0, 0.0, 1.0), 0.0, 0.0, 0.0)
    camera = vmc.Camera("[red]A[/red] [/]", pose, None)
    census.hear(osc.encode_bundle(vmc.encode(vmc.Report((camera,), None, {}))), SENDER, "39539", 0)
    assert "[red]A[/red] [/]" in printed(census)


def test_the_same_advice_stands_once() -> None:
    census = heard()
    for n in range(50):
        census.hear(
            freed.encode(freed.D1(0, 0, 0, (1, 2, 1), camera_id=9)), SENDER, "40000", n * 20 * MS
        )
    assert printed(census, 200).count("carries no time") == 1


def test_lines_say_the_same_for_a_file() -> None:
    text = " ".join(" ".join(lines(heard(), 1000 * MS, [], [])).split())
    assert f"FreeD camera 1 from {SENDER} on 40000: FreeD D1" in text
    assert " 50.0 a second" in text
    assert "x, y, z 1.000, 2.000, 1.500 m; pan, tilt, roll 5.73, 11.46, 0.00 degrees; still" in text
    assert "FreeD packet has the wrong length" in text
    assert "beginning 68 65 6c 6c 6f 1b 5b 32 4a (hello·[2J)" in text


def test_what_a_source_carries_is_told_within_eighty_columns() -> None:
    sensor = {"sensor_width_mm": 36.0, "sensor_height_mm": 20.25, "f_stop": 4.0, "slate": "1-A"}
    told = lines(heard(status="Optical Good", focus_distance_m=2.0, **sensor), 1000 * MS, [], [])
    begin = next(n for n, line in enumerate(told) if line.startswith("  carries "))
    assert told[begin + 1].startswith("    ")
    end = next(n for n, line in enumerate(told) if "wrong length" in line)
    assert max(map(len, told[:end])) <= 80


def test_jitter_has_one_figure_and_one_label() -> None:
    census = heard()
    (first, *_) = census.stations(1000 * MS)
    assert first.jitter is not None
    assert f"jitter 99 % {first.jitter.most_ms:.1f} ms" in "\n".join(lines(census, 1000 * MS, [], []))
    assert "99 % ms" in printed(census)


def test_what_comes_from_the_wire_gives_the_terminal_no_orders() -> None:
    census = heard(status="good\x1b]0;owned\x07")
    assert "\x1b" not in "\n".join(lines(census, 1000 * MS, [], []))
    assert "\x1b]" not in printed(census)


def test_nothing_is_said_to_be_nothing() -> None:
    empty = Census(lambda place: [], meaning)
    assert lines(empty, 0, [], []) == [NOTHING]
    assert NOTHING in printed(empty)


def test_figures_are_json_and_hold_no_infinity() -> None:
    figures = orjson.loads(orjson.dumps(as_json(heard(), 1000 * MS)))
    assert [source["rate_hz"] for source in figures["sources"]] == [50.0, 50.0]
    assert figures["sources"][0]["lens"]["focal_length_mm"] == 35.0
    assert figures["strangers"][0]["begins"] == b"hello\x1b[2J".hex()


def test_timecode_is_told_on_one_line() -> None:
    report = LtcReport("ltc:a.wav", 2.0, "01:00:00:05", "25", True, 1.0, 1, -12.0, 0, False, 50)
    assert timecode_line(report).startswith(
        "ltc:a.wav: 01:00:00:05 at 25, channel 1, -12 dB, 50 frames"
    )
    assert "backwards" in timecode_line(LtcReport("x", 1.0, "01:00:00:00", "25", reverse=True))
    assert "no timecode heard" in timecode_line(LtcReport("x", 1.0))
    assert timecode_line(LtcReport("x", trouble="no such device")) == "x: no such device"
    assert timecode_line(LtcReport("x", trouble="x: no such device")) == "x: no such device"

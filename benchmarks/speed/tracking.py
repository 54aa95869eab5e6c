"""How much tracking can one core hear? Parsing, FreeD, a multicast group, and a studio of 200 sources.

    python benchmarks/speed/tracking.py [--rounds 7] [--seconds 3]

Each figure is a median. Parsing and validating a complete OpenTrackIO sample of 2.9 kB is put beside plain
`json.loads` and an ordinary `jsonschema.validate` in the same run. The network figures use loopback
multicast: another process sends at a steady rate, the receiver here checks, parses and validates every
datagram and makes a sample with a pose on the engine's clock. Loss is told by the sequence numbers, load is
processor time of this process over the clock's.
"""

from __future__ import annotations

import argparse
import json
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import orjson

from openset.formats import freed
from openset.formats.opentrackio import Reading, encode, is_valid, write
from openset.formats.opentrackio_schema import schema
from openset.formats.opentrackio_wire import Reassembler
from openset.primitives.errors import BadInput
from openset.primitives.time import NS_PER_S, Timecode
from openset.stage.tracking.address import parse_udp_address
from openset.stage.tracking.live import UdpTracker, UdpWire, sender_socket
from openset.stage.tracking.source import Wire

GROUP = "udp:239.135.1.1:{port}@127.0.0.1"
RATE = Fraction(24000, 1001)
MAKER = {
    "make": "Maker",
    "model": "Model 20",
    "serialNumber": "1234567890A",
    "firmwareVersion": "1.2.3",
}
UUID = "urn:uuid:{:08x}-0000-4000-8000-{:012x}"


def minimal(sequence: int, source: int = 0, rate: int = 60) -> dict[str, Any]:
    """A dynamic sample as a tracker sends `rate` times a second, about 0.9 kB; focus is being pulled."""
    turn = sequence % 997
    made = write(
        Reading(
            (1.0 + turn / 1000, 2.0, 1.5), turn / 3000, -0.05, 0.002,
            focal_length_mm=24.305, focus_distance_m=2.0 + turn / 500, f_stop=4.0, entrance_pupil_offset_m=0.123,
            projection_offset_mm=(0.1, 0.2), distortion_model="Brown-Conrady U-D",
            radial=(1.2e-4, -3e-8, 1e-11), tangential=(1e-6, 2e-6), sequence=sequence, source_number=1,
            sample_time_ns=1_700_000_000 * NS_PER_S + sequence * NS_PER_S // rate,
            sample_rate=RATE, timecode=Timecode(86400 + sequence * 24 // rate, RATE),
            status="Optical Good", slate="A101_A_4", recording=False,
        ),
        sample_id=UUID.format(source, sequence), source_id=UUID.format(source, 0xFFFF),
    )  # fmt: skip
    made["lens"]["encoders"] = {"focus": 0.1, "iris": 0.2, "zoom": 0.3}
    return made


def complete(sequence: int) -> dict[str, Any]:
    """A sample with every group the standard has, about 2.9 kB."""
    made = minimal(sequence)
    arm = {
        "translation": {"x": 1.0, "y": 2.0, "z": 3.0},
        "rotation": {"pan": 18.5, "tilt": 9.25, "roll": 4.5},
    }
    scaled = {**arm, "scale": {"x": 1.0, "y": 1.0, "z": 1.0}}
    made["transforms"] = [
        {**arm, "id": "Dolly"},
        {**scaled, "id": "Crane Arm"},
        {**scaled, "id": "Camera"},
    ]
    made["relatedSampleIds"] = [UUID.format(7, 1), UUID.format(7, 2)]
    made["globalStage"] = dict.fromkeys(("E", "N", "U", "lat0", "lon0", "h0"), 52.25)
    fraction = {"num": 24000, "denom": 1001}
    ptp = {
        "profile": "SMPTE ST2059-2:2021", "domain": 1, "leaderIdentity": "00:11:22:33:44:55",
        "leaderPriorities": {"priority1": 128, "priority2": 128}, "leaderAccuracy": 5e-08,
        "leaderTimeSource": "GNSS", "meanPathDelay": 0.000123, "vlan": 100,
    }  # fmt: skip
    made["timing"] |= {
        "recordedTimestamp": {"seconds": 1718806000, "nanoseconds": 500000000},
        "synchronization": {
            "locked": True,
            "source": "ptp",
            "frequency": fraction,
            "present": True,
            "ptp": ptp,
        },
    }
    other = {
        "model": "Brown-Conrady D-U",
        "radial": [-1.2e-4, 3e-8, 1e-11],
        "tangential": [1e-6, 2e-6],
        "overscan": 1.2,
    }
    made["lens"] |= {
        "distortion": [*made["lens"]["distortion"], other], "distortionOffset": {"x": 0.1, "y": 0.2},
        "exposureFalloff": {"a1": 1.0, "a2": 2.0, "a3": 3.0}, "tStop": 4.1, "custom": [1.0, 2.0],
        "rawEncoders": {"focus": 1000, "iris": 2000, "zoom": 3000},
    }  # fmt: skip
    made["static"] = {
        "duration": {"num": 1, "denom": 25},
        "camera": MAKER | {
            "captureFrameRate": fraction, "activeSensorPhysicalDimensions": {"height": 24.0, "width": 36.0},
            "activeSensorResolution": {"height": 2160, "width": 3840}, "label": "A", "isoSpeed": 4000,
            "anamorphicSqueeze": {"num": 1, "denom": 1}, "fdlLink": UUID.format(9, 9), "shutterAngle": 180.0,
        },
        "lens": MAKER | {
            "distortionOverscanMax": 1.2, "undistortionOverscanMax": 1.3, "nominalFocalLength": 14.0,
            "calibrationHistory": ["Maker 123", "Tracker 123"],
        },
        "tracker": MAKER,
    }  # fmt: skip
    made["tracker"]["notes"] = "Made for measuring."
    return made


def rates(rounds: int, work: Callable[[Any], object], items: list[Any]) -> float:
    """Items a second, the median of `rounds` passes."""
    found = []
    for _ in range(rounds):
        began = time.perf_counter()
        for item in items:
            work(item)
        found.append(len(items) / (time.perf_counter() - began))
    return statistics.median(found)


def plain() -> tuple[str, Callable[[bytes], object]]:
    """What a script would do that knows nothing better, and its name."""
    whole = schema()
    try:
        import jsonschema
    except ImportError:
        import jsonschema_rs

        return (
            "json.loads + jsonschema_rs.validate, not compiled (jsonschema is not installed)",
            lambda data: jsonschema_rs.validate(whole, json.loads(data)),
        )
    return "json.loads + jsonschema.validate", lambda data: jsonschema.validate(json.loads(data), whole)


def parsing(rounds: int) -> None:
    """Samples in memory."""
    whole = [complete(number) for number in range(500)]
    lines = [orjson.dumps(each) for each in whole]
    assert all(map(is_valid, whole))
    ours = rates(rounds, lambda data: is_valid(orjson.loads(data)), lines)
    name, theirs = plain()
    slow = rates(rounds, theirs, lines[:40])
    print(
        f"OpenTrackIO, complete sample of {len(lines[0])} bytes, parsed and validated: {ours:,.0f} a second"
    )
    print(f"  {name}: {slow:,.0f} a second; ratio {ours / slow:.0f}")
    for title, samples in (
        ("dynamic", [minimal(number) for number in range(500)]),
        ("complete", whole),
    ):
        for encoding in ("json", "cbor"):
            sent = [
                encode(each, n, encoding=encoding, max_payload=32767)[0]
                for n, each in enumerate(samples)
            ]  # type: ignore[arg-type]
            taken, wire = Reassembler(), Wire()
            apart = rates(rounds, lambda data, taken=taken: is_valid(taken.feed(data)), sent)  # type: ignore[misc]
            timed = [(data, n * NS_PER_S // 60) for n, data in enumerate(sent)]
            posed = rates(rounds, lambda pair, wire=wire: wire.feed(pair[0], "a", pair[1]), timed)  # type: ignore[misc]
            assert not wire.faults + wire.notes
            print(
                f"  {title} {encoding.upper()}, {len(sent[0])} bytes: checksum, parse and validate {apart:,.0f} a second; "
                f"to a sample with a pose {posed:,.0f}"
            )


def freed_packets(rounds: int) -> None:
    """FreeD in memory."""
    packets = [freed.encode(freed.D1(n / 5000, 0.1, 0.0, (1.0, n / 500, 1.5))) for n in range(5000)]
    wire = Wire()
    bare = rates(rounds, freed.decode, packets)
    posed = rates(rounds, lambda data: wire.feed(data, "a", 0), packets)
    print(f"FreeD D1: {bare:,.0f} packets a second; to a sample with a pose {posed:,.0f}")


def send(port: int, sources: int, rate: int, seconds: float) -> None:
    """The other process: dynamic samples of `sources` cameras at `rate` a second each, evenly spread."""
    address = parse_udp_address(GROUP.format(port=port))
    total = int(sources * rate * seconds)
    datagrams = [
        encode(minimal(n // sources, n % sources, rate), n // sources)[0] for n in range(total)
    ]
    to = (address.host, address.port)
    with sender_socket(address) as out:
        print("ready", flush=True)
        sys.stdin.readline()
        began, sent = time.perf_counter(), 0
        while sent < total:
            due = min(total, int((time.perf_counter() - began) * sources * rate) + 1)
            for datagram in datagrams[sent:due]:
                out.sendto(datagram, to)
            sent = due
            time.sleep(0.0005)
    print(total, flush=True)


def free_port() -> int:
    """A port nobody holds."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("", 0))
        return int(probe.getsockname()[1])


def hear(sources: int, rate: int, seconds: float) -> tuple[int, int, float, float]:
    """Sent, heard, seconds on the clock, seconds of this process's processor time."""
    port, heard = free_port(), 0

    def note(*_: object) -> None:
        nonlocal heard
        heard += 1

    address = GROUP.format(port=port)
    listener = UdpTracker(address, note) if sources == 1 else UdpWire(address, note)
    command = [sys.executable, __file__, "--send", str(port), str(sources), str(rate), str(seconds)]
    with (
        listener,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other,
    ):
        assert other.stdin is not None
        assert other.stdout is not None
        other.stdout.readline()
        began, used = time.perf_counter(), time.process_time()
        other.stdin.write("\n")
        other.stdin.flush()
        sent = int(other.stdout.readline())
        wall, spent = time.perf_counter() - began, time.process_time() - used
        before = -1
        while before != heard:  # what still stands in the system's queue
            before = heard
            time.sleep(0.3)
    return sent, heard, wall, spent


def network(rounds: int, seconds: float) -> None:
    """Loopback multicast."""
    for sources, rate in ((1, 31_000), (200, 60)):
        runs = [hear(sources, rate, seconds) for _ in range(rounds)]
        lost = [sent - heard for sent, heard, _, _ in runs]
        pace = statistics.median(sent / wall for sent, _, wall, _ in runs)
        load = statistics.median(spent / wall for _, _, wall, spent in runs)
        name = f"{sources} source{'s' if sources > 1 else ''} at {rate:,} a second"
        print(f"Loopback multicast, {name}: {pace:,.0f} a second heard, load {load:.0%} of one core,")
        print(f"  lost of {runs[0][0]:,} in each of {rounds} runs: {', '.join(map(str, lost))}")


def main() -> None:
    """Run and print medians."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument(
        "--send", nargs=4, metavar=("PORT", "SOURCES", "RATE", "SECONDS"), help=argparse.SUPPRESS
    )
    options = parser.parse_args()
    if options.send:
        port, sources, rate, seconds = options.send
        send(int(port), int(sources), int(rate), float(seconds))
        return
    parsing(options.rounds)
    freed_packets(options.rounds)
    try:
        network(min(3, options.rounds), options.seconds)
    except BadInput as trouble:
        print(f"Loopback multicast is not to be had here: {trouble.line}")


if __name__ == "__main__":
    main()

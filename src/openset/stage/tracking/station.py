"""What is told of a source on the wire, of a kind of fault and of a stranger; and what helps.

Text that came from the wire is made printable before it is told.
"""

from __future__ import annotations

from dataclasses import dataclass

from openset.stage.tracking.flow import Spread
from openset.stage.tracking.samples import LensReport

LONGEST_TEXT = 120


@dataclass(frozen=True)
class Station:
    """One source, as it stands now: who sends it to where, what it carries and how it flows.

    `state` is "moving", "still", "no pose" or "silent". Angles are in degrees, lengths in metres.
    """

    source: str
    protocol: str
    version: str
    sender: str
    heard_on: str
    reports: int
    rate_hz: float
    jitter: Spread | None
    lateness: Spread | None
    lost: int
    late: int
    repeated: int
    state: str
    silent_s: float
    position_m: tuple[float, float, float] | None
    pan_tilt_roll_deg: tuple[float, float, float] | None
    lens: LensReport | None
    fields: tuple[str, ...]
    status: str
    timecode: str
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Trouble:
    """One kind of fault of one sender: what it is called, how often, what it means and what helps;
    `example` is the newest case in words, where the decoder keeps one."""

    sender: str
    heard_on: str
    protocol: str
    fault: str
    count: int
    meaning: str
    example: str = ""


@dataclass(frozen=True)
class Stranger:
    """Datagrams that are of no protocol known: from whom, to where, how many, how they begin."""

    sender: str
    heard_on: str
    datagrams: int
    begins: bytes


@dataclass(frozen=True)
class Signs:
    """What a source's remarks depend on beside its figures: whether another sender has its name,
    whether its reports come in bursts, whether it stamps them, how many poses were of no camera."""

    shared: bool = False
    bursts: bool = False
    stamped: bool = True
    absurd: int = 0


def remarks(station: Station, signs: Signs) -> tuple[str, ...]:
    """What a person should know of this source and can do about it."""
    found: list[str] = []
    lens = station.lens
    if station.state == "silent":
        found.append(f"silent for {station.silent_s:.1f} s: look at the sender's battery and network")
    if signs.shared:
        found.append("another sender calls itself the same: give one of them another id")
    if "1.0.0" in station.version:
        found.append(f"speaks OpenTrackIO {station.version}, heard all the same: update it to 1.0.1")
    if station.lost:
        share = 100 * station.lost / (station.reports + station.lost)
        found.append(f"{station.lost} lost ({share:.1f} %): a cable instead of Wi-Fi, or a lower rate")
    if station.late:
        found.append(f"{station.late} came after a later one: two network paths, or two senders in one")
    if station.repeated:
        found.append(f"{station.repeated} were the same report again: the sender repeats itself")
    if signs.bursts and station.jitter:
        found.append(
            "comes in bursts: switch off the power saving of the Wi-Fi, or use a cable "
            f"({station.jitter.most_ms:.0f} ms off the beat)"
        )
    if signs.absurd:
        found.append(f"{signs.absurd} poses were not of this world: look at the sender's units")
    if station.position_m == (0.0, 0.0, 0.0) and station.state == "still":
        found.append("stands at exactly 0, 0, 0: the tracker has not found its place yet")
    if station.position_m and not signs.stamped:
        found.append("carries no time: its reports are timed as they arrive")
    if station.position_m and (lens is None or not lens.focal_length_mm):
        how = "choose its profile (freed://:40000?profile=z-cam)" if "FreeD" in station.protocol else ""
        found.append(f"says no focal length: {how and how + ', or '}give --focal-mm when you shoot")
    return tuple(found)


def printable(text: str) -> str:
    """Text from the wire as it may be shown: no line ends, no terminal's commands, not long."""
    return "".join(each if each.isprintable() else "·" for each in text[:LONGEST_TEXT])

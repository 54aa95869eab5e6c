"""The verb `listen`: who sends tracking or timecode on this network, and what is wrong with it."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from openset.cli.listen_view import as_json, lines, picture
from openset.cli.output import Output
from openset.cli.wire import ending
from openset.primitives.errors import OpensetError, PortInUse
from openset.stage.live.inlet import table_of
from openset.stage.live.listening import Ears, this_machine
from openset.stage.live.ltc import PREFIX, LtcReport, parse_ltc, watch
from openset.stage.tracking.census import Census
from openset.stage.tracking.endpoint import Endpoint, parse_endpoint
from openset.stage.tracking.live import check_card
from openset.stage.tracking.protocols import every_decoder, meaning
from openset.stage.tracking.wire import Decoder

USUAL = ("opentrackio://", "freed://", "vmc://", "zigsim://", "opentrack://", "natnet://")
"""What is listened to where no address is given: the ports senders use unless told otherwise."""
PIPED_S = 5.0
HEAR_S = 0.1
REFRESH_A_SECOND = 4


class _Timecode(threading.Thread):
    """One source of timecode, listened to on a thread of its own; `report` is the newest."""

    def __init__(self, text: str, seconds: float | None) -> None:
        super().__init__(name=f"listen {text}", daemon=True)
        parse_ltc(text)
        self.report = LtcReport(text)
        self._text, self._seconds = text, seconds

    def run(self) -> None:
        """Follow the source to its end."""
        try:
            for report in watch(self._text, every_s=0.5, seconds=self._seconds):
                self.report = report
        except OpensetError as trouble:
            self.report = LtcReport(self._text, trouble=trouble.line)


class Listening:
    """Everything heard at `addresses`, or at the usual ports. Raises BadInput and PortInUse."""

    def __init__(self, addresses: Sequence[str], interface: str, seconds: float | None) -> None:
        sounds = [text for text in addresses if text.startswith(PREFIX)]
        wires = [text for text in addresses if not text.startswith(PREFIX)]
        self.timecodes = [_Timecode(text, seconds) for text in sounds]
        endpoints = [parse_endpoint(text, "in") for text in wires or (() if sounds else USUAL)]
        if interface:
            endpoints = [_on_card(each, interface) for each in endpoints]
        for card in {interface, *(each.interface for each in endpoints)} - {""}:
            check_card(card)
        tables = {each: table_of(each) for each in endpoints}
        for each, table in tables.items():
            every_decoder(each, table)  # a profile or table that cannot be used is said now
        self.ears = Ears(endpoints)
        self._places = {ear.place: ear.endpoint for ear in self.ears.ears}
        self._tables = tables
        self.census = Census(self._decoders, meaning)
        if endpoints and not self.ears.ears:
            self.ears.close()
            raise PortInUse("nothing can be listened to", where="; ".join(self.ears.refused))

    def _decoders(self, place: str) -> Sequence[Decoder]:
        endpoint = self._places[place]
        return every_decoder(endpoint, self._tables.get(endpoint, ""))

    def hear(self) -> None:
        """Take in what has arrived; waits a moment for it."""
        if not self.ears.ears:
            time.sleep(HEAR_S)
        for datagram in self.ears.hear(HEAR_S):
            self.census.hear(datagram.data, datagram.sender, datagram.ear.place, datagram.arrival_ns)

    @property
    def over(self) -> bool:
        """Whether only timecode was listened to, and all of it has ended."""
        silent = not any(each.is_alive() for each in self.timecodes)
        return bool(self.timecodes) and not self.ears.ears and silent


def _on_card(endpoint: Endpoint, interface: str) -> Endpoint:
    """With the network card, where groups are joined; what is sent to the machine comes by any."""
    groups = endpoint.address.is_multicast or endpoint.protocol == "opentrackio"
    return replace(endpoint, interface=endpoint.interface or interface) if groups else endpoint


def run_listen(
    output: Output, addresses: Sequence[str], *, interface: str, seconds: float | None
) -> None:
    """Listen until Ctrl-C, or for `seconds`; in a terminal the picture is renewed as one looks on."""
    person = sys.stdout.isatty() and not output.as_json
    if seconds is None and not person:
        seconds = PIPED_S
    listening = Listening(addresses, interface, seconds)
    began = time.monotonic()
    stopping = threading.Event()
    for each in listening.timecodes:
        each.start()
    try:
        with ending(stopping.set):
            if person:
                _follow(listening, stopping, seconds, began)
            else:
                while not _over(listening, stopping, seconds, began):
                    listening.hear()
    finally:
        listening.ears.close()
    heard_s = time.monotonic() - began
    if output.as_json:
        output.done(_figures(listening, heard_s), "", [])
    elif not person:
        print("\n".join(lines(listening.census, _now(), _timecodes(listening), _notes(listening))))


def _over(listening: Listening, stopping: threading.Event, seconds: float | None, began: float) -> bool:
    late = seconds is not None and time.monotonic() - began >= seconds
    return stopping.is_set() or late or listening.over


def _follow(
    listening: Listening, stopping: threading.Event, seconds: float | None, began: float
) -> None:
    """The live picture in a terminal; it is left standing at the end."""
    from rich.console import Console
    from rich.live import Live

    console = Console()

    def now() -> Any:
        timecodes, notes = _timecodes(listening), _notes(listening)
        return picture(listening.census, _now(), timecodes, notes, console.width)

    with Live(now(), console=console, auto_refresh=False) as live:
        shown = 0.0
        while not _over(listening, stopping, seconds, began):
            listening.hear()
            if time.monotonic() - shown > 1 / REFRESH_A_SECOND:
                shown = time.monotonic()
                live.update(now(), refresh=True)
        live.update(now(), refresh=True)


def _now() -> int:
    return time.monotonic_ns()


def _timecodes(listening: Listening) -> list[LtcReport]:
    return [each.report for each in listening.timecodes]


def _notes(listening: Listening) -> list[str]:
    """What could not be listened to, and what to look at while nothing comes."""
    notes = list(dict.fromkeys(listening.ears.refused))
    if listening.ears.ears and not listening.census.datagrams:
        places = ", ".join(dict.fromkeys(ear.place for ear in listening.ears.ears))
        machine = this_machine()
        target = f" {machine}" if machine else ""
        notes.append(
            f"nothing heard on {places}: check that the sender's target is this machine{target}, its "
            "port, this machine's firewall (UDP), and with two network cards name one with --interface"
        )
    if listening.census.crowded:
        notes.append(f"{listening.census.crowded} datagrams of more senders than are kept apart")
    return notes


def _figures(listening: Listening, heard_s: float) -> dict[str, Any]:
    return {
        "seconds": round(heard_s, 2),
        "datagrams": listening.census.datagrams,
        "listening_on": list(dict.fromkeys(ear.place for ear in listening.ears.ears)),
        **as_json(listening.census, _now()),
        "timecode": [asdict(each) for each in _timecodes(listening)],
        "notes": _notes(listening),
    }

"""The verbs `bridge` and `replay`: tracking from one protocol to others, live or out of a take."""

from __future__ import annotations

import signal
import textwrap
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from openset.cli.output import Output
from openset.primitives.errors import BadInput, OpensetError, TrackNotFound
from openset.primitives.time import parse_rate
from openset.stage.live.bridge import Bridge, Inlet
from openset.stage.live.figures import Figures, as_json
from openset.stage.live.inlet import LiveInlet, table_of
from openset.stage.live.listening import this_machine
from openset.stage.live.outlet import FileOutlet, Outlet, UdpOutlet
from openset.stage.live.recorded import open_recording
from openset.stage.live.replay import Replay
from openset.stage.tracking.endpoint import Endpoint, is_endpoint, parse_endpoint
from openset.stage.tracking.grammar import GROUP
from openset.stage.tracking.station import printable

COLUMNS = 80
LEAST_NAME = 12
"""Characters of a source's name that still tell it."""


def run_bridge(
    output: Output,
    source: str,
    targets: Sequence[str],
    *,
    write: Path | None,
    only: str,
    seconds: float | None,
    speed: float,
    loop: bool,
    rate: str,
    profile: str,
) -> int:
    """Carry a live or recorded track to every target until it ends; 0, or the exit code of what ended
    it."""
    if not targets and write is None:
        raise BadInput("nowhere to carry it", todo="Give one OUT or more, or --write FILE.otrk.jsonl")
    with ExitStack() as closing:
        inlet = _inlet(source, speed=speed, loop=loop, rate=rate, profile=profile)
        closing.callback(inlet.close)
        outlets: list[Outlet] = []
        for target in [*targets, *([str(write)] if write is not None else [])]:
            outlets.append(_outlet(target, inlet))
            closing.callback(outlets[-1].close)
        to = ", ".join(outlet.title for outlet in outlets)
        output.say(wrapped(f"{inlet.title} -> {to}; Ctrl-C ends it"))
        bridge = Bridge(inlet, outlets, only=only)
        told: set[str] = set()

        def tick(figures: Figures) -> None:
            output.say(tick_line(figures))
            for outlet in figures.outlets:
                if outlet.trouble is not None and outlet.title not in told:
                    told.add(outlet.title)
                    output.say(f"openset: {outlet.trouble.line}. The other outputs go on without it")

        with ending(bridge.stop):
            total = bridge.run(
                seconds=seconds,
                on_tick=tick,
                on_silence=lambda silent: output.say(
                    wrapped(silence_line(inlet, only, bridge.total(), silent))
                ),
            )
    return _answer(output, inlet, only, total)


def run_replay(
    output: Output,
    take: str,
    targets: Sequence[str],
    *,
    only: str,
    seconds: float | None,
    speed: float,
    loop: bool,
    rate: str,
) -> int:
    """Send a recording with its own timing; the exit code as for `run_bridge`."""
    if is_endpoint(take):
        raise BadInput(
            "only what was recorded can be replayed",
            where=take,
            todo="openset bridge carries what is live",
        )
    return run_bridge(
        output, take, targets, write=None, only=only, seconds=seconds, speed=speed, loop=loop,
        rate=rate, profile="raw",
    )  # fmt: skip


def _inlet(source: str, *, speed: float, loop: bool, rate: str, profile: str) -> Inlet:
    if is_endpoint(source):
        if speed != 1.0 or loop:
            raise BadInput(
                "what comes live has its own speed",
                where=source,
                todo="--speed and --loop are for takes",
            )
        return LiveInlet(parse_endpoint(source, "in"))
    try:
        known = parse_rate(rate) if rate else None
    except ValueError as error:
        raise BadInput(str(error), where="--rate") from error
    return Replay(open_recording(Path(source), rate=known, profile=profile), speed=speed, loop=loop)


def _outlet(target: str, inlet: Inlet) -> Outlet:
    if not is_endpoint(target):
        return FileOutlet(Path(target))
    endpoint = parse_endpoint(target, "out")
    if isinstance(inlet, LiveInlet) and _is_heard(endpoint, inlet.endpoint):
        raise BadInput(
            "this bridge would hear itself and send the same without end",
            where=target,
            todo="Send to another port or machine",
        )
    return UdpOutlet(endpoint, table_of(endpoint))


def _is_heard(target: Endpoint, own: Endpoint) -> bool:
    """Whether what is sent to `target` arrives at `own`."""
    if target.port != own.port:
        return False
    if target.address.is_multicast or own.address.is_multicast:
        return target.host == own.host
    here = target.host in ("localhost", this_machine()) or target.host.startswith("127.")
    return here and own.host in ("", "0.0.0.0", "localhost", target.host)


@contextmanager
def ending(stop: Callable[[], None]) -> Iterator[None]:
    """Inside, the first Ctrl-C or polite kill asks for the end, so that the summary is still said; the
    second interrupts."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    asked: list[int] = []

    def end(number: int, frame: Any) -> None:
        asked.append(number)
        if len(asked) > 1:
            raise KeyboardInterrupt
        stop()

    names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {name: signal.signal(getattr(signal, name), end) for name in names}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)


def _answer(output: Output, inlet: Inlet, only: str, total: Figures) -> int:
    figures = {"in": inlet.title, **as_json(total)}
    troubles: list[OpensetError] = [each.trouble for each in total.outlets if each.trouble is not None]
    title = f"Carried {total.reports} samples in {total.seconds:.1f} s"
    if troubles:
        output.trouble_after(figures, title, _rows(total), troubles[0])
        return troubles[0].exit_code
    if not total.reports:
        silent = TrackNotFound(
            f"nothing that could be carried came in {total.seconds:.0f} s",
            where=inlet.title,
            todo=_what_came(inlet, only, total) or "openset listen shows what is on the wire",
        )
        output.trouble_after(figures, title, _rows(total), silent)
        return silent.exit_code
    output.done(figures, title, _rows(total))
    return 0


def _rows(total: Figures) -> list[tuple[str, str]]:
    rows = [
        ("in", f"{total.rate_in_hz:.1f} a second"),
        ("lost", f"{total.lost} lost, {total.late} out of order, {total.repeated} came twice"),
        ("jitter", total.jitter.most_text if total.jitter else "not known"),
        ("age", str(total.age) if total.age else "not known"),
    ]
    rows += [("source", f"{printable(each.source)}: {each.reports} samples") for each in total.sources]
    for outlet in total.outlets:
        faults = "".join(f", {count} times {fault}" for fault, count in outlet.faults.items())
        rows.append(("out", f"{outlet.title}: {outlet.reports} samples{faults}"))
        if len(set(outlet.targets.values())) > 1:
            rows += [("to", f"{at}: {printable(name)}") for name, at in outlet.targets.items()]
    rows += [("fault", f"{count} times {fault}") for fault, count in total.faults.items()]
    rows += [("not carried", printable(name)) for name in total.ignored]
    return rows


def tick_line(figures: Figures) -> str:
    """One second of a bridge, within 80 columns: faults and disorder only where there are any, the
    source's name as far as it fits; what else does not fit stands on a second line."""
    names = [each.source for each in figures.sources]
    faults = sum(figures.faults.values()) + sum(o.faults.total() for o in figures.outlets)
    ended = sum(outlet.trouble is not None for outlet in figures.outlets)
    parts = [
        f"in {figures.rate_in_hz:.1f}/s",
        f"out {figures.rate_out_hz:.1f}/s",
        f"lost {figures.lost}",
        *([f"out of order {figures.late}"] if figures.late else []),
        f"jitter {figures.jitter.most_text}" if figures.jitter else "jitter -",
        f"age {figures.age.median_ms:.1f} ms" if figures.age else "age -",
        *([f"faults {faults}"] if faults else []),
        *([f"{ended} of {len(figures.outlets)} outputs ended"] if ended else []),
    ]
    lines = [parts[0]]
    for part in parts[1:]:
        if len(lines[-1]) + 2 + len(part) > COLUMNS:
            lines.append("")
        lines[-1] += f"  {part}"
    name = printable(names[0]) if len(names) == 1 else f"{len(names)} sources"
    if COLUMNS - 2 - len(lines[-1]) < min(LEAST_NAME, len(name)):
        lines.append("")
    lines[-1] += f"  {_cut(name, COLUMNS - 2 - len(lines[-1]))}"
    return "\n".join(lines)


def _cut(name: str, most: int) -> str:
    return name if len(name) <= most else f"{name[: most - 1].rstrip()}…"


def wrapped(text: str) -> str:
    """A long line within 80 columns, what follows set in."""
    return textwrap.fill(
        text, COLUMNS, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )


def silence_line(inlet: Inlet, only: str, total: Figures, silent_s: float) -> str:
    """Why nothing may be coming, and what to look at."""
    head = f"nothing heard on {inlet.title} for {silent_s:.0f} s"
    if came := _what_came(inlet, only, total):
        return f"{head} that is carried: {came}"
    if not isinstance(inlet, LiveInlet):
        return head
    endpoint = inlet.endpoint
    machine = this_machine()
    advice = [
        f"that the sender's target is {endpoint.host or machine or 'this machine'}, port {inlet.port}"
    ]
    if endpoint.address.is_multicast and not endpoint.interface:
        advice.append("that the network card is named after @")
    if endpoint.protocol in ("opentrackio", "udp") and not endpoint.host:
        advice.append(f"that the group of a multicast sender is named (opentrackio://{GROUP}1)")
    advice.append("this machine's firewall (UDP)")
    advice.append("openset listen, which hears every port")
    return f"{head}; check {', '.join(advice)}"


def _what_came(inlet: Inlet, only: str, total: Figures) -> str:
    """What is heard and not carried, and what helps; "" where it is not known."""
    if only and total.ignored:
        missing = "" if total.reports else f"no source is called {only!r}; "
        return f"{missing}heard is {printable(', '.join(total.ignored))}"
    if not isinstance(inlet, LiveInlet) or total.reports:
        return ""
    if inlet.bodies:
        return "bones arrive and no camera, and bones go only with a camera: let the sender send one"
    known = {name: count for name, count in inlet.seen.items() if name}
    if known:
        name = max(known, key=lambda each: known[each])
        return f"{name} arrives there instead ({known[name]} datagrams): change the protocol before ://"
    if inlet.seen:
        return f"{inlet.seen.total()} datagrams of no known protocol arrive there: look at the sender"
    return ""

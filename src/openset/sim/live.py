"""The simulated tracker on the wire: OpenTrackIO datagrams over UDP, at the pace of a real one."""

from __future__ import annotations

import socket
import threading
import time

import numpy as np

from openset.formats import opentrackio
from openset.primitives.errors import BadInput
from openset.sim import tracker
from openset.sim.plan import NS_PER_S, DayPlan


class TrackerSender:
    """Sends a plan's tracker samples to `address` ("udp:HOST:PORT") from its own thread.

    A sample measured at time t leaves at `start_monotonic_ns` + t + `tracker_delay_s` on
    time.monotonic_ns, plus an exponential `jitter_s`; a share `loss` never leaves. It begins
    `lead_in_s` before frame 0 and ends `lead_out_s` after the take, or at stop(). The stamps inside are
    on the tracker's own clock (DayPlan.tracker_clock_s). `sent`, `lost` and `refused` count samples.
    """

    def __init__(
        self,
        plan: DayPlan,
        address: str,
        start_monotonic_ns: int,
        *,
        tracker_delay_s: float = 0.012,
        loss: float = 0.0,
        jitter_s: float = 0.0,
        lead_in_s: float = 0.0,
        lead_out_s: float = 0.5,
    ) -> None:
        self.sent = 0
        self.lost = 0
        self.refused = 0
        self._plan = plan
        self._target = _target(address)
        self._start_ns = start_monotonic_ns + round(tracker_delay_s * NS_PER_S)
        self._loss, self._jitter_s = loss, jitter_s
        rate = plan.tracker_rate_hz
        self._indices = range(
            -round(lead_in_s * rate), round((plan.duration_s + lead_out_s) * rate) + 1
        )
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="simulated tracker", daemon=True)

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """End before the next sample and wait for the thread."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait for the last sample; True when it has gone out."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        random = np.random.default_rng([self._plan.seed, 67])
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
            for index in self._indices:
                late = random.exponential(self._jitter_s) if self._jitter_s > 0 else 0.0
                due_ns = (
                    self._start_ns + tracker.sample_time_ns(self._plan, index) + round(late * NS_PER_S)
                )
                sample = tracker.track_sample(self._plan, index)
                if self._stopping.wait(max(0.0, (due_ns - time.monotonic_ns()) / NS_PER_S)):
                    return
                if random.random() < self._loss:
                    self.lost += 1
                    continue
                self._send(wire, opentrackio.encode(sample, index & 0xFFFF))

    def _send(self, wire: socket.socket, datagrams: list[bytes]) -> None:
        try:
            for datagram in datagrams:
                wire.sendto(datagram, self._target)
        except OSError:
            self.refused += 1
        else:
            self.sent += 1


def _target(address: str) -> tuple[str, int]:
    kind, _, rest = address.partition(":")
    host, _, port = rest.rpartition(":")
    if kind != "udp" or not port.isdigit() or not 0 < int(port) < 65536:
        raise BadInput(f"{address!r} is no UDP address", todo="Write udp:HOST:PORT")
    return host or "127.0.0.1", int(port)

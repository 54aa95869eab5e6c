"""Fuzz every decoder with mutated packets and files: any exception but its own named error is a finding.

    python benchmarks/fuzz/decoders.py [--packets 10000000] [--seed 1] [--only NAME ...]

The packets are shared out by the time a decoder takes, so that the slow ones (XML) do not starve the
quick ones (wire packets), each at least 20 000. A finding's bytes are kept in a folder that is named at
the end, and the exit code is 1. Interrupted, it prints what it has.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import resource
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from mutate import mutated
from targets import TARGETS

from openset.formats.faults import FormatError

LEAST = 20_000
TOO_SLOW_S = 2.0


@dataclass
class Tally:
    """What one decoder did with its packets."""

    name: str
    packets: int = 0
    accepted: int = 0
    refused: int = 0
    seconds: float = 0.0
    slowest_s: float = 0.0
    findings: Counter[str] = field(default_factory=Counter)


def campaign(name: str, packets: int, seed: int, folder: Path) -> Tally:
    """Feed `packets` mutated packets to one decoder."""
    target, rng = TARGETS[name](), random.Random(f"{seed}/{name}")
    tally = Tally(name)
    for number in range(packets):
        data = target.mended(mutated(target.seeds[number % len(target.seeds)], target.seeds, rng))
        started = time.perf_counter()
        try:
            target.feed(data)
            tally.accepted += 1
        except FormatError:
            tally.refused += 1
        except Exception as trouble:  # noqa: BLE001 - finding any is what this is for
            _note(tally, folder, data, trouble)
        took = time.perf_counter() - started
        tally.seconds += took
        tally.slowest_s = max(tally.slowest_s, took)
        tally.packets += 1
        if took > TOO_SLOW_S:
            _note(tally, folder, data, TimeoutError(f"one packet took {took:.1f} s"))
    return tally


def _note(tally: Tally, folder: Path, data: bytes, trouble: Exception) -> None:
    last = traceback.extract_tb(trouble.__traceback__)[-1:] or [None]
    place = f" in {Path(last[0].filename).name}:{last[0].lineno}" if last[0] else ""
    name = f"{type(trouble).__name__}{place}"
    if not tally.findings[name]:
        (folder / f"{tally.name}-{len(tally.findings)}.bin").write_bytes(data)
        print(f"FINDING {tally.name}: {name}: {trouble!s:.200}", file=sys.stderr, flush=True)
    tally.findings[name] += 1


def _shares(names: list[str], packets: int, folder: Path) -> dict[str, int]:
    """How many packets each decoder gets: by speed, measured on a few hundred."""
    rates = {}
    for name in names:
        probe = campaign(name, 300, 0, folder)
        rates[name] = probe.packets / max(probe.seconds, 1e-6)
    fastest = sum(rates.values())
    shares = {name: max(LEAST, int(packets * rate / fastest)) for name, rate in rates.items()}
    short = packets - sum(shares.values())
    if short > 0:
        shares[max(rates, key=rates.__getitem__)] += short
    return shares


Job = tuple[str, int, int, str]


def _worker(job: Job) -> Tally:
    name, packets, seed, folder = job
    return campaign(name, packets, seed, Path(folder))


def _results(jobs: list[Job]) -> Iterator[Tally]:
    """Each job's tally as it ends. Where a decoder ends its whole process (native code can), the jobs
    that were lost with it are run one by one, and the one that does it again is a finding."""
    waiting = list(jobs)
    while waiting:
        lost = []
        with ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn")) as pool:
            running = {pool.submit(_worker, job): job for job in waiting}
            for each in as_completed(running):
                try:
                    yield each.result()
                except BrokenProcessPool:
                    lost.append(running[each])
        if not lost:
            return
        waiting = [job for job in lost if job[0] not in NATIVE]
        for job in lost:
            if job[0] in NATIVE:
                yield _alone(job)


NATIVE = ("otio", "fcp7")
"""Decoders that end in a library's native code."""


def _alone(job: Job) -> Tally:
    try:
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
            return pool.submit(_worker, job).result()
    except BrokenProcessPool:
        print(f"FINDING {job[0]}: the process died (seed {job[2]})", file=sys.stderr, flush=True)
        return Tally(job[0], findings=Counter({"the process died": 1}))


def main() -> None:
    """Parse, share out, run on all cores, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--packets", type=int, default=10_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="*", default=[])
    options = parser.parse_args()
    names = options.only or list(TARGETS)
    folder = Path(tempfile.mkdtemp(prefix="openset-fuzz-"))
    print(
        f"sharing out {options.packets} packets over {len(names)} decoders", file=sys.stderr, flush=True
    )
    shares = _shares(names, options.packets, folder)
    piece = 100_000
    jobs = [
        (name, min(piece, count - start), options.seed * 1_000_003 + start, str(folder))
        for name, count in sorted(shares.items(), key=lambda pair: -pair[1])
        for start in range(0, count, piece)
    ]
    total: dict[str, Tally] = {}
    started = time.monotonic()
    try:
        for tally in _results(jobs):
            _add(total, tally)
            done = sum(each.packets for each in total.values())
            print(f"\r{done:>12} packets", end="", file=sys.stderr, flush=True)
    except KeyboardInterrupt:
        print("\ninterrupted", file=sys.stderr)
    _print(total, time.monotonic() - started, folder)
    sys.exit(1 if any(tally.findings for tally in total.values()) else 0)


def _add(total: dict[str, Tally], more: Tally) -> None:
    tally = total.setdefault(more.name, Tally(more.name))
    tally.packets += more.packets
    tally.accepted += more.accepted
    tally.refused += more.refused
    tally.seconds += more.seconds
    tally.slowest_s = max(tally.slowest_s, more.slowest_s)
    tally.findings += more.findings


def _print(total: dict[str, Tally], wall_s: float, folder: Path) -> None:
    print(
        f"{'decoder':<22}{'packets':>10}{'accepted':>10}{'refused':>10}{'slowest ms':>12}{'findings':>10}"
    )
    for name, tally in sorted(total.items()):
        found = sum(tally.findings.values())
        print(
            f"{name:<22}{tally.packets:>10}{tally.accepted:>10}{tally.refused:>10}"
            f"{tally.slowest_s * 1000:>12.1f}{found:>10}"
        )
    packets = sum(tally.packets for tally in total.values())
    findings = sum(len(tally.findings) for tally in total.values())
    peak = max(
        resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    print(
        f"\n{packets} packets, {findings} findings, {wall_s:.0f} s, at most {peak / 1024:.0f} MB in a process"
    )
    if findings:
        print(f"the bytes of each finding are in {folder}", file=sys.stderr)


if __name__ == "__main__":
    main()

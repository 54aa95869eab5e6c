"""Whether a device's log is whole: every signature, every link, every number, no two histories."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from openset.hub.journal.clock import EARLIEST
from openset.hub.journal.entry import FIRST, Entry, EntryError, entry_hash, signature_holds

FaultKind = Literal["signature", "previous", "gap", "fork", "time"]


@dataclass(frozen=True)
class ChainFault:
    """One thing wrong with one device's log at one `sequence`; `text` says it as a sentence."""

    device: str
    sequence: int
    kind: FaultKind
    text: str


def verify(entries: Iterable[Entry]) -> tuple[ChainFault, ...]:
    """Every fault in the logs of all devices found in `entries`, in any order; empty when all holds.

    A log is checked from its first entry on. Exact repetitions are no fault; two different entries with
    one number are a fork, whoever of them is linked to.
    """
    logs: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        logs[entry.device].append(entry)
    return tuple(fault for device in sorted(logs) for fault in _verify_log(device, logs[device]))


def _verify_log(device: str, entries: Sequence[Entry]) -> list[ChainFault]:
    faults: list[ChainFault] = []

    def found(sequence: int, kind: FaultKind, text: str) -> None:
        faults.append(ChainFault(device, sequence, kind, text))

    by_sequence: dict[int, dict[tuple[str, str], Entry]] = defaultdict(dict)
    for entry in entries:
        by_sequence[entry.sequence][(_hash_or_nothing(entry), entry.signature)] = entry
    hashes, earliest, last = {FIRST}, EARLIEST, 0
    for sequence in sorted(by_sequence):
        here = by_sequence[sequence]
        versions = {digest for digest, _ in here}
        if len(versions) > 1:
            found(sequence, "fork", f"entry {sequence} exists in {len(versions)} different versions")
        if sequence != last + 1:
            found(
                sequence, "gap", f"{_missing(last + 1, sequence - 1)} missing before entry {sequence}"
            )
        for entry in here.values():
            if not signature_holds(entry):
                found(
                    sequence, "signature", f"entry {sequence} was not signed by its device as it stands"
                )
            if sequence == last + 1 and entry.previous not in hashes:
                found(
                    sequence, "previous", f"entry {sequence} does not follow from the entry before it"
                )
            if last and entry.time <= earliest:
                found(
                    sequence, "time", f"entry {sequence} claims to be no later than the one before it"
                )
        hashes, earliest, last = versions, min(entry.time for entry in here.values()), sequence
    return faults


def _missing(first: int, last: int) -> str:
    return f"entry {first} is" if first == last else f"entries {first} to {last} are"


def _hash_or_nothing(entry: Entry) -> str:
    try:
        return entry_hash(entry)
    except EntryError:
        return ""

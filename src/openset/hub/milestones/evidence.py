"""What was seen in a production folder, as plain values pinned by hash.

An observation holds no judgement and no time: the same folder gives the same observation, the same
bytes and the same digest. `files.py` makes it, `proof.py` judges it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from openset.hub.journal.entry import canonical


@dataclass(frozen=True)
class TakeSeen:
    """One take of a scene. Only a circled take is opened and checked; `manifest` is the hash of its
    newest checksum manifest ("" where there is none), `faults` say in words what does not hold."""

    id: str
    circled: bool
    camera_valid: bool
    checksums_hold: bool
    manifest: str
    faults: tuple[str, ...] = ()

    @property
    def proves(self) -> bool:
        """Whether this take proves its scene: circled, camera data valid, checksums hold, and nothing
        else found wrong with it."""
        return self.circled and self.camera_valid and self.checksums_hold and not self.faults


@dataclass(frozen=True)
class SceneSeen:
    """One scene of the script, the shots planned for it (file names) and its takes."""

    number: str
    heading: str
    shots: tuple[str, ...]
    takes: tuple[TakeSeen, ...]


@dataclass(frozen=True)
class DeliverySeen:
    """One delivery folder; `passport` is the hash of its passport file, "" where there is none."""

    name: str
    verifies: bool
    passport: str
    faults: tuple[str, ...] = ()


@dataclass(frozen=True)
class Evidence:
    """Everything a look at one production saw. `scripts` maps each script's file name to its hash;
    `faults` name what could not be looked at, the folder itself included."""

    production_id: str
    scripts: Mapping[str, str]
    scenes: tuple[SceneSeen, ...]
    deliveries: tuple[DeliverySeen, ...]
    faults: tuple[str, ...] = ()

    def take(self, take_id: str) -> TakeSeen | None:
        """The take of that id, or None when it was not seen."""
        takes = (take for scene in self.scenes for take in scene.takes)
        return next((take for take in takes if take.id == take_id), None)


def to_payload(evidence: Evidence) -> dict[str, Any]:
    """The observation as a journal payload. Script names become values: keys there are ASCII."""
    out = asdict(evidence)
    out["scripts"] = [
        {"name": name, "hash": digest} for name, digest in sorted(evidence.scripts.items())
    ]
    return out


def from_payload(payload: Mapping[str, Any]) -> Evidence:
    """A journal payload back to the observation it was made of."""
    return Evidence(
        production_id=payload["production_id"],
        scripts={script["name"]: script["hash"] for script in payload["scripts"]},
        scenes=tuple(
            SceneSeen(
                number=scene["number"],
                heading=scene["heading"],
                shots=tuple(scene["shots"]),
                takes=tuple(TakeSeen(**_with_faults(take)) for take in scene["takes"]),
            )
            for scene in payload["scenes"]
        ),
        deliveries=tuple(DeliverySeen(**_with_faults(one)) for one in payload["deliveries"]),
        faults=tuple(payload["faults"]),
    )


def _with_faults(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {**fields, "faults": tuple(fields["faults"])}


def digest(evidence: Evidence) -> str:
    """SHA-256 of the observation's canonical bytes, hex: what a judgement names as its ground."""
    return hashlib.sha256(canonical(to_payload(evidence))).hexdigest()

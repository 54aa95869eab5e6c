"""From what was seen to a proof: each condition as lines, each proved, open or broken.

A milestone is *not yet known* until somebody looked, *proved* when every line holds, *open* when not,
and *no longer proved* when it held once and does not now; its lines then say what broke or is missing.
No line is won by number: a scene counts once, however many takes it has. What is there and does not
hold is *broken*, whether or not it ever held; what is not there yet is *open*.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from openset.hub.milestones.evidence import Evidence, SceneSeen, TakeSeen

State = Literal["not yet known", "proved", "no longer proved", "open"]
LineState = Literal["proved", "open", "broken"]


@dataclass(frozen=True)
class ProofLine:
    """One thing that must hold. `says` and `because` are message templates, filled from `about`, so
    that a page can translate them; `key` is what the line is about, `proof` what proves it, `take_id`
    the take to look at ("" for none) and `link` its page."""

    key: str
    state: LineState
    says: str
    because: str
    about: Mapping[str, str] = field(default_factory=dict)
    take_id: str = ""
    link: str = ""
    proof: str = ""

    @property
    def text(self) -> str:
        """The line in English."""
        return self.says % self.about

    @property
    def why(self) -> str:
        """Why the line stands as it does, in English; it names the file or take that broke it."""
        return self.because % self.about


@dataclass(frozen=True)
class Proof:
    """The state of one milestone and the lines it rests on."""

    state: State
    lines: tuple[ProofLine, ...] = ()

    @property
    def held(self) -> dict[str, str]:
        """What proves each proved line, by the line's key: what a later look is compared with."""
        return {line.key: line.proof for line in self.lines if line.state == "proved"}


def gettext_noop(text: str) -> str:
    """Mark a template for the message catalogues; the pages translate it."""
    return text


def prove(
    conditions: Sequence[Mapping[str, Any]],
    evidence: Evidence | None,
    held: Mapping[str, str] | None = None,
) -> Proof:
    """Judge conditions (each {"check": name}) on what was seen.

    `held` is the `held` of the newest proof that stood, None if none ever did.
    """
    if evidence is None:
        return Proof("not yet known")
    checked = (line for condition in conditions for line in _check(condition, evidence, held or {}))
    lines = (*_unreadable(evidence), *checked)
    if lines and all(line.state == "proved" for line in lines):
        return Proof("proved", lines)
    if held is None:
        return Proof("open", lines)
    return Proof("no longer proved", lines)


def _unreadable(evidence: Evidence) -> list[ProofLine]:
    """One broken line where part of the folder could not be looked at: the rest then proves nothing."""
    if not evidence.faults:
        return []
    says = gettext_noop("The production's folder can be read")
    about = {"faults": "; ".join(evidence.faults)}
    return [ProofLine("folder", "broken", says, gettext_noop("%(faults)s."), about)]


def _check(
    condition: Mapping[str, Any], evidence: Evidence, held: Mapping[str, str]
) -> list[ProofLine]:
    check = CHECKS.get(str(condition.get("check")))
    if check is None:
        says = gettext_noop("A condition this Openset does not know: %(check)s")
        because = gettext_noop("Look again with a newer Openset.")
        name = str(condition.get("check"))
        return [ProofLine(f"unknown:{name}", "open", says, because, {"check": name})]
    return check(evidence, held)


def _every_scene_taken(evidence: Evidence, held: Mapping[str, str]) -> list[ProofLine]:
    """Every scene of the script has a circled take whose camera data validates and checksums hold."""
    lines = [_scene_taken(scene, evidence, held) for scene in evidence.scenes]
    return lines or _no_scenes("taken", evidence, held)


def _scene_taken(scene: SceneSeen, evidence: Evidence, held: Mapping[str, str]) -> ProofLine:
    key = f"taken:{scene.number}"
    before = held.get(key)
    take = _best_take(scene.takes, before)
    about = {"scene": scene.number, "heading": scene.heading}
    says = gettext_noop("Scene %(scene)s, %(heading)s, has a circled take that holds")
    if take is not None and take.proves:
        about["take"] = take.id
        because = gettext_noop(
            "Take %(take)s is circled, its camera data is valid, its checksums hold."
        )
        link = take_link(evidence.production_id, take.id)
        return ProofLine(key, "proved", says, because, about, take.id, link, take.id)
    state: LineState = "open" if before is None else "broken"
    if before is not None and (take is None or take.id != before):
        take = None
        about["take"] = before
        because = gettext_noop("Take %(take)s, which proved this scene, is gone.")
    elif take is None:
        because = gettext_noop("No take of this scene yet.")
    elif not take.circled:
        about["take"] = take.id
        because = (
            gettext_noop("Take %(take)s, which proved this scene, is no longer circled.")
            if before is not None
            else gettext_noop("No take of this scene is circled; the newest is %(take)s.")
        )
    else:
        state = "broken"
        about |= {"take": take.id, "faults": "; ".join(take.faults)}
        because = gettext_noop("Take %(take)s: %(faults)s.")
    link = take_link(evidence.production_id, take.id) if take else ""
    return ProofLine(key, state, says, because, about, about.get("take", ""), link)


def _best_take(takes: Sequence[TakeSeen], before: str | None) -> TakeSeen | None:
    """The take to show: the one that proved the scene before if it still does, else the newest that
    proves it, else the one that did, else the newest circled, else the newest."""
    ranked = sorted(
        enumerate(takes),
        key=lambda item: (
            item[1].proves,
            before is not None and item[1].id == before,
            item[1].circled,
            item[0],
        ),
    )
    return ranked[-1][1] if ranked else None


def _every_scene_planned(evidence: Evidence, held: Mapping[str, str]) -> list[ProofLine]:
    """Every scene of the script has at least one shot planned."""
    lines = [_scene_planned(scene, held) for scene in evidence.scenes]
    return lines or _no_scenes("planned", evidence, held)


def _scene_planned(scene: SceneSeen, held: Mapping[str, str]) -> ProofLine:
    key = f"planned:{scene.number}"
    about = {"scene": scene.number, "heading": scene.heading}
    says = gettext_noop("Scene %(scene)s, %(heading)s, has a planned shot")
    if scene.shots:
        about["shots"] = ", ".join(scene.shots)
        return ProofLine(
            key, "proved", says, gettext_noop("Planned: %(shots)s."), about, proof=about["shots"]
        )
    if key in held:
        about["shots"] = held[key]
        because = gettext_noop("The planned shots %(shots)s are gone.")
        return ProofLine(key, "broken", says, because, about)
    return ProofLine(key, "open", says, gettext_noop("No shot of this scene is planned yet."), about)


def _no_scenes(check: str, evidence: Evidence, held: Mapping[str, str]) -> list[ProofLine]:
    """What stands in for the scene lines where the script gives none: emptiness proves nothing."""
    if evidence.faults:
        return []
    says = gettext_noop("The script has scenes")
    if evidence.scripts:
        because = gettext_noop("No scene heading was found in the script.")
    else:
        because = gettext_noop("There is no script in the production's folder.")
    lost = any(key.startswith(f"{check}:") for key in held)
    return [ProofLine(check, "broken" if lost else "open", says, because)]


def _delivery_verifies(evidence: Evidence, held: Mapping[str, str]) -> list[ProofLine]:
    """A delivery exists whose passport verifies."""
    key = "delivery"
    before = held.get(key)
    says = gettext_noop("A delivery exists whose passport verifies")
    good = [one for one in evidence.deliveries if one.verifies]
    kept = next((one for one in good if one.name == before), good[-1] if good else None)
    if kept is not None:
        because = gettext_noop("Delivery %(name)s verifies.")
        return [ProofLine(key, "proved", says, because, {"name": kept.name}, proof=kept.name)]
    state: LineState = "open" if before is None else "broken"
    shown = next((one for one in evidence.deliveries if one.name == before), None)
    if before is not None and shown is None:
        because = gettext_noop("Delivery %(name)s, which proved this, is gone.")
        return [ProofLine(key, state, says, because, {"name": before})]
    if shown is None and evidence.deliveries:
        shown = evidence.deliveries[-1]
    if shown is None:
        why = gettext_noop("No delivery lies in the production's deliveries folder yet.")
        return [ProofLine(key, state, says, why)]
    because = gettext_noop("Delivery %(name)s: %(faults)s.")
    about = {"name": shown.name, "faults": "; ".join(shown.faults)}
    return [ProofLine(key, "broken", says, because, about)]


def take_link(production_id: str, take_id: str) -> str:
    """The page of a take, as the site's addresses have it."""
    return f"/productions/{production_id}/takes/{take_id}/"


Check = Callable[[Evidence, Mapping[str, str]], list[ProofLine]]
CHECKS: dict[str, Check] = {
    "every scene planned": _every_scene_planned,
    "every scene taken": _every_scene_taken,
    "delivery verifies": _delivery_verifies,
}
"""Every condition a milestone can have, by the name its data uses."""

MILESTONES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("previs", ("every scene planned",)),
    ("stage", ("every scene taken",)),
    ("post", ("delivery verifies",)),
)
"""The three milestones of a grant, in order, with the conditions they start with."""

"""Who may do what: four roles, seven actions, one table.

The owner runs the node but does not judge money: whoever does both holds both roles, and the journal
shows who gave them. Nobody signed in may read on this machine; everything else needs a person.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from openset.primitives.errors import BadInput

OWNER = "owner"
TECHNICIAN = "technician"
FUND_OFFICER = "fund officer"
VIEWER = "viewer"
ROLES = (OWNER, TECHNICIAN, FUND_OFFICER, VIEWER)

READ = "read"
STAGE = "stage"
MARK = "mark"
OBSERVE = "observe"
GRANT = "grant"
JUDGE = "judge"
PEOPLE = "people"

ALLOWED: dict[str, frozenset[str]] = {
    READ: frozenset(ROLES),
    # start and stop the engine, roll, cut, set the slate
    STAGE: frozenset({OWNER, TECHNICIAN}),
    # circle a take, rate it, write a note on it
    MARK: frozenset({OWNER, TECHNICIAN}),
    # look again at the evidence of a grant
    OBSERVE: frozenset({OWNER, TECHNICIAN, FUND_OFFICER}),
    # set up a grant and its milestones
    GRANT: frozenset({FUND_OFFICER}),
    # accept or refuse a milestone by hand, with a reason
    JUDGE: frozenset({FUND_OFFICER}),
    # add people and give them roles
    PEOPLE: frozenset({OWNER}),
}
ACTIONS = tuple(ALLOWED)


class HasRoles(Protocol):
    """Anyone with roles; the Person table's rows are."""

    @property
    def roles(self) -> Collection[str]:
        """The person's roles, from ROLES."""


def can(person: HasRoles | None, action: str) -> bool:
    """Whether the person (None: nobody signed in) may do it; ValueError for no action of ours."""
    if action not in ALLOWED:
        raise ValueError(f"{action!r} is none of {', '.join(ACTIONS)}")
    if person is None:
        return action == READ
    return not ALLOWED[action].isdisjoint(person.roles)


class NotAllowed(BadInput):
    """The person's roles do not cover the action."""


def require(person: HasRoles | None, action: str) -> None:
    """NotAllowed, naming the roles that may, unless the person may do the action."""
    if not can(person, action):
        wanted = " or ".join(role for role in ROLES if role in ALLOWED[action])
        raise NotAllowed(
            f"this needs a signed-in {wanted}", todo="Ask the owner of this hub for that role"
        )

"""Who may do what, cell by cell."""

from dataclasses import dataclass

import pytest

from openset.hub.people.roles import ACTIONS, ROLES, NotAllowed, can, require

TABLE = """
              read stage mark observe grant judge people
owner         yes  yes   yes  yes     no    no    yes
technician    yes  yes   yes  yes     no    no    no
fund_officer  yes  no    no   yes     yes   yes   no
viewer        yes  no    no   no      no    no    no
nobody        yes  no    no   no      no    no    no
"""
HEAD, *ROWS = [line.split() for line in TABLE.strip().splitlines()]
CELLS = [
    (row[0].replace("_", " "), action, cell == "yes")
    for row in ROWS
    for action, cell in zip(HEAD, row[1:], strict=True)
]


@dataclass(frozen=True)
class Someone:
    """A person as the table of roles sees one."""

    roles: tuple[str, ...]


def person(role: str) -> Someone | None:
    return None if role == "nobody" else Someone((role,))


@pytest.mark.parametrize(("role", "action", "allowed"), CELLS)
def test_each_cell_of_the_table(role: str, action: str, allowed: bool) -> None:
    assert can(person(role), action) is allowed


def test_the_table_names_every_role_and_action() -> None:
    assert tuple(HEAD) == ACTIONS
    assert [row[0].replace("_", " ") for row in ROWS] == [*ROLES, "nobody"]


def test_two_roles_allow_what_either_allows() -> None:
    both = Someone(("viewer", "fund officer"))
    assert can(both, "judge")
    assert not can(both, "stage")


def test_a_person_without_roles_may_do_nothing() -> None:
    assert not any(can(Someone(()), action) for action in ACTIONS)


def test_an_action_that_is_none_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="'fly'"):
        can(None, "fly")


def test_a_refusal_says_which_role_is_needed() -> None:
    with pytest.raises(NotAllowed, match="signed-in fund officer"):
        require(Someone(("owner",)), "judge")
    require(Someone(("fund officer",)), "judge")

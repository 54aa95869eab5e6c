"""People of the hub, their roles, and what each role may do."""

from openset.hub.people.roles import can

__all__ = ["can"]

"""The journal: each change of a shared record is one signed entry in its device's own log."""

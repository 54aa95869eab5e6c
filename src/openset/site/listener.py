"""A listener that other machines may knock at: so many connections at a time, so many from one address.

Without it any machine of the network could hold this process's last file, and the desk, which is in the
same process, would answer nobody. What is beyond is closed at once, unread.
"""

from __future__ import annotations

import errno
import os
import socket
from typing import Any

from openset.primitives.errors import PortInUse

MOST = 96
MOST_FROM_ONE = 24
"""A browser keeps six for a page and two sockets; phones behind a hotspot share an address."""


class BoundedListener(socket.socket):
    """A TCP listener whose `accept` takes no more than MOST, and MOST_FROM_ONE of one address."""

    def __init__(self) -> None:
        super().__init__(socket.AF_INET, socket.SOCK_STREAM)
        self._here: list[tuple[socket.socket, str]] = []

    def accept(self) -> tuple[socket.socket, Any]:
        """The next connection. Raises ConnectionAbortedError, which asyncio passes over, for one too
        many."""
        connection, address = super().accept()
        self._here = [each for each in self._here if each[0].fileno() != -1]
        from_one = sum(host == address[0] for _, host in self._here)
        if len(self._here) >= MOST or from_one >= MOST_FROM_ONE:
            connection.close()
            raise ConnectionAbortedError("too many connections")
        self._here.append((connection, address[0]))
        return connection, address


def listening(listener: socket.socket, host: str, port: int, where: str, todo: str) -> socket.socket:
    """The listener, open on an address ("" is all of this machine's). Raises PortInUse, naming `where`,
    for a port that another program has or the system keeps; the listener is then closed."""
    if os.name == "posix":  # elsewhere this option would let two programs share the port
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(64)
    except OSError as error:
        listener.close()
        if error.errno in (errno.EADDRINUSE, errno.EACCES):
            raise PortInUse(f"port {port} is taken or reserved", where=where, todo=todo) from error
        raise
    return listener

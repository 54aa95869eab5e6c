"""Where Openset keeps what belongs to this machine and not to one production."""

from __future__ import annotations

import os
from pathlib import Path


def openset_home() -> Path:
    """$OPENSET_HOME, else $XDG_DATA_HOME/openset, else ~/.local/share/openset; not created here."""
    own = os.environ.get("OPENSET_HOME", "")
    if own:
        return Path(own).expanduser()
    data = os.environ.get("XDG_DATA_HOME", "")
    base = Path(data).expanduser() if data else Path.home() / ".local" / "share"
    return base / "openset"

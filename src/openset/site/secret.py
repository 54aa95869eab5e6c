"""The site's own secret: made once, readable by its owner alone."""

from __future__ import annotations

import os
import secrets

from openset.store.home import openset_home


def read_secret() -> str:
    """What signs sessions and links: $OPENSET_HOME/site.secret, made at first use, mode 0600."""
    path = openset_home() / "site.secret"
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii")
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(48))
    return path.read_text(encoding="ascii")

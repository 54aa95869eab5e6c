"""The site's secret."""

from __future__ import annotations

import stat

from openset.site.secret import read_secret
from openset.store.home import openset_home


def test_the_secret_is_made_once_and_readable_by_its_owner_alone() -> None:
    first = read_secret()
    assert len(first) >= 60
    assert read_secret() == first
    path = openset_home() / "site.secret"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600

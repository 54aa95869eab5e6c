"""The phones' doors: opened on the network, or not at all."""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Iterator

import pytest

from openset.primitives.errors import PortInUse
from openset.site.serve import listen_everywhere, open_phones


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("OPENSET_PHONE_HOSTS", "OPENSET_PHONES_AT", "OPENSET_GUIDE_AT"):
        monkeypatch.setenv(name, "")
    return


def test_both_doors_open_and_the_settings_are_told_under_which_names() -> None:
    phones = open_phones(0, 0)
    try:
        assert phones.address == os.environ["OPENSET_PHONES_AT"]
        assert phones.guide_address.startswith("http://")
        hosts = os.environ["OPENSET_PHONE_HOSTS"].split(",")
        assert "localhost" not in hosts
        assert any(name.endswith(".local") for name in hosts)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(phones.papers.chain, phones.papers.key)
    finally:
        phones.close()


def test_a_busy_port_is_named_by_its_option_and_the_other_door_is_closed_again() -> None:
    with listen_everywhere(0, "--guide-port") as busy:
        with pytest.raises(PortInUse, match="--guide-port"):
            open_phones(0, busy.getsockname()[1])
        with pytest.raises(PortInUse, match="--phone-port"):
            open_phones(busy.getsockname()[1], 0)
    assert not os.environ["OPENSET_PHONES_AT"]


def test_a_door_listens_on_every_address() -> None:
    with listen_everywhere(0, "--phone-port") as door:
        assert door.getsockname()[0] == "0.0.0.0"
        with socket.create_connection(("127.0.0.1", door.getsockname()[1]), 5):
            pass

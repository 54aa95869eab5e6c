"""Names phones may call this machine by."""

from __future__ import annotations

import ipaddress
import re
import socket

import pytest

from openset.site.addresses import OWN, all_names, local_addresses, machine_name


def test_addresses_are_real_ones_of_this_machine_and_each_stands_once() -> None:
    found = local_addresses()
    assert len(found) == len(set(found))
    for each in found:
        assert not ipaddress.IPv4Address(each).is_loopback
        with socket.socket() as probe:
            probe.bind((each, 0))


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("Stage-2.studio.lan", "stage-2"),
        ("", "stage"),
        ("été", "stage"),
        ("-x", "stage"),
        ("a" * 70, "stage"),
    ],
)
def test_the_machines_name_is_plain(host: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: host)
    assert machine_name() == name


def test_its_own_names_come_last() -> None:
    names = all_names()
    assert tuple(names[-2:]) == OWN
    assert re.fullmatch(r"[a-z0-9-]+\.local", names[-3])

"""The house's own authority: what it vouches for, what it cannot, and that real TLS believes it."""

from __future__ import annotations

import plistlib
import socket
import ssl
import stat
import threading
import time
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from openset.site.certificate import (
    LEAF_DAYS,
    Papers,
    authority_der,
    fingerprint,
    make_authority,
    make_leaf,
    may_vouch,
    papers,
    profile,
)

NOW = datetime(2026, 3, 4, tzinfo=UTC)
TODAY = datetime.fromtimestamp(time.time(), UTC)
NAMES = ["192.168.1.20", "stage.local", "127.0.0.1", "localhost"]


def leaf_of(made: Papers) -> x509.Certificate:
    return x509.load_pem_x509_certificates(made.chain.read_bytes())[0]


def names_of(made: Papers) -> list[str]:
    found = leaf_of(made).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return [str(each.value) for each in found]


def believed(authority: x509.Certificate, leaf: x509.Certificate, name: str, when: datetime) -> bool:
    """Whether a strict verifier takes the leaf for this name."""
    numeric = name.replace(".", "").isdigit()
    subject = x509.IPAddress(ip_address(name)) if numeric else x509.DNSName(name)
    builder = PolicyBuilder().store(Store([authority])).time(when)
    try:
        builder.build_server_verifier(subject).verify(leaf, [])
    except VerificationError:
        return False
    return True


def test_keys_are_their_owners_alone(tmp_path: Path) -> None:
    papers(tmp_path / "phones", NAMES, "stage", NOW)
    assert stat.S_IMODE((tmp_path / "phones").stat().st_mode) == 0o700
    for name in ("authority.key", "site.key"):
        assert stat.S_IMODE((tmp_path / "phones" / name).stat().st_mode) == 0o600


def test_the_certificate_is_of_the_machines_names_and_no_longer_than_browsers_take(
    tmp_path: Path,
) -> None:
    made = papers(tmp_path, NAMES, "stage", NOW)
    assert names_of(made) == NAMES
    leaf = leaf_of(made)
    assert leaf.not_valid_after_utc - leaf.not_valid_before_utc == timedelta(days=LEAF_DAYS)
    for name in NAMES:
        assert believed(made.authority, leaf, name, NOW), name
    assert not believed(made.authority, leaf, "192.168.1.21", NOW)


def test_what_is_made_stays_until_the_addresses_change(tmp_path: Path) -> None:
    first = papers(tmp_path, NAMES, "stage", NOW)
    serial = leaf_of(first).serial_number
    again = papers(tmp_path, NAMES, "stage", NOW + timedelta(days=100))
    assert leaf_of(again).serial_number == serial
    moved = papers(tmp_path, ["10.0.0.7"], "stage", NOW + timedelta(days=101))
    assert names_of(moved) == ["10.0.0.7"]
    assert moved.fingerprint == first.fingerprint


def test_it_is_renewed_by_itself_a_month_before_its_end(tmp_path: Path) -> None:
    first = leaf_of(papers(tmp_path, NAMES, "stage", NOW))
    late = papers(tmp_path, NAMES, "stage", NOW + timedelta(days=LEAF_DAYS - 20))
    assert leaf_of(late).serial_number != first.serial_number
    assert leaf_of(late).not_valid_after_utc > first.not_valid_after_utc


@pytest.mark.parametrize("damage", ["authority.crt", "authority.key", "site.key", "site.crt"])
def test_a_damaged_file_is_made_again(tmp_path: Path, damage: str) -> None:
    papers(tmp_path, NAMES, "stage", NOW)
    (tmp_path / damage).write_bytes(b"nothing of the kind")
    made = papers(tmp_path, NAMES, "stage", NOW)
    assert believed(made.authority, leaf_of(made), "stage.local", NOW)
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(made.chain, made.key)


@pytest.mark.parametrize("name", ["mybank.example", "8.8.8.8", "local.example.com", "evillocal"])
def test_the_authority_cannot_vouch_for_the_world(name: str) -> None:
    authority = make_authority("stage", NOW)
    assert not may_vouch(authority.certificate, name)
    forged = make_leaf(authority, [name], NOW)
    assert not believed(authority.certificate, forged.certificate, name, NOW)


def test_an_address_of_its_own_outside_local_networks_is_vouched_for_if_the_machine_has_it(
    tmp_path: Path,
) -> None:
    made = papers(tmp_path, ["192.0.2.2", *NAMES], "stage", NOW)
    assert believed(made.authority, leaf_of(made), "192.0.2.2", NOW)
    assert not may_vouch(made.authority, "192.0.2.3")
    later = papers(tmp_path, ["192.0.2.3", "10.1.1.1"], "stage", NOW)
    assert names_of(later) == ["10.1.1.1"]


def test_it_makes_no_further_authority() -> None:
    authority = make_authority("stage", NOW).certificate
    basic = authority.extensions.get_extension_for_class(x509.BasicConstraints)
    assert (basic.critical, basic.value.ca, basic.value.path_length) == (True, True, 0)
    constraints = authority.extensions.get_extension_for_class(x509.NameConstraints)
    assert constraints.critical


def test_phones_get_the_certificate_and_never_a_key(tmp_path: Path) -> None:
    made = papers(tmp_path, NAMES, "stage", NOW)
    der = authority_der(made.authority)
    assert x509.load_der_x509_certificate(der) == made.authority
    told = plistlib.loads(profile(made.authority))
    (inner,) = told["PayloadContent"]
    assert (told["PayloadType"], inner["PayloadType"]) == ("Configuration", "com.apple.security.root")
    assert inner["PayloadContent"] == der
    key = (tmp_path / "authority.key").read_bytes()
    secret = serialization.load_pem_private_key(key, None)
    raw = secret.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    assert raw[36:68] not in der + profile(made.authority)
    assert len(fingerprint(made.authority).split(":")) == 32


def test_openssl_believes_it_over_a_real_connection(tmp_path: Path) -> None:
    made = papers(tmp_path, NAMES, "stage", TODAY)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(made.chain, made.key)
    asking = ssl.create_default_context(cadata=(tmp_path / "authority.crt").read_text())
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)

        def serve() -> None:
            for _ in range(2):
                line, _ = listener.accept()
                try:
                    with serving.wrap_socket(line, server_side=True) as secure:
                        secure.send(b"hello")
                except (ssl.SSLError, ConnectionError):
                    line.close()

        thread = threading.Thread(target=serve)
        thread.start()
        address = listener.getsockname()
        with (
            socket.create_connection(address, 10) as line,
            asking.wrap_socket(line, server_hostname="127.0.0.1") as secure,
        ):
            assert secure.recv(5) == b"hello"
        with socket.create_connection(address, 10) as line, pytest.raises(ssl.SSLCertVerificationError):
            asking.wrap_socket(line, server_hostname="192.168.1.99")
        thread.join(10)

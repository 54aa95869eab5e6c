"""This machine's own small certificate authority, so that phones may use camera and sensors.

Browsers give a page the camera only over HTTPS. A public authority cannot vouch for 192.168.1.20, so
one is made here, once, in $OPENSET_HOME/phones: it can vouch for addresses of local networks and
nothing else (name constraints, RFC 5280 4.2.1.10), its key is readable by its owner alone and never
leaves this machine. The site's own certificate is made with it when the doors open, for the addresses
the machine has then, and anew where they have changed or it ends within a month.
"""

from __future__ import annotations

import ipaddress
import os
import plistlib
import uuid
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from openset.store.files import write_atomic, writing

AUTHORITY_DAYS = 3650
LEAF_DAYS = 397
"""The longest that browsers take."""
RENEW_BEFORE = timedelta(days=30)
BEFORE = timedelta(days=1)
"""Certificates begin a day ago: the clock of a phone may be behind."""
NETWORKS = (
    "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10", "127.0.0.0/8",
    "fc00::/7", "fe80::/10", "::1/128",
)  # fmt: skip
ENDINGS = ("local", "localhost", "lan", "home.arpa", "internal")
Key = ec.EllipticCurvePrivateKey


@dataclass(frozen=True)
class Pair:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: Key

    @property
    def pem(self) -> bytes:
        """The certificate as text."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        """The key as text, without a password."""
        return self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )


@dataclass(frozen=True)
class Papers:
    """What a TLS listener needs, and the authority's certificate for phones to trust."""

    chain: Path
    key: Path
    authority: x509.Certificate

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the authority's certificate, as phones show it."""
        return fingerprint(self.authority)


def papers(folder: Path, names: Sequence[str], machine: str, now: datetime | None = None) -> Papers:
    """The papers for a machine of these names (addresses and host names), made or renewed as needed.

    An authority that is made now may vouch for the machine's present addresses too, where they are not
    of a local network; names the kept one may not vouch for are left out. Raises NotWritable, DiskFull.
    """
    now = now or datetime.now(UTC)  # noqa: TID251 - the door's own clock
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    authority = _kept(folder, "authority")
    if authority is None or _ends_soon(authority.certificate, now):
        authority = make_authority(machine, now, names)
        _keep(folder, "authority", authority)
    wanted = [name for name in names if may_vouch(authority.certificate, name)]
    leaf = _kept(folder, "site")
    if leaf is None or _ends_soon(leaf.certificate, now) or not _fits(leaf, wanted, authority):
        leaf = make_leaf(authority, wanted, now)
        _keep(folder, "site", leaf)
    chain = folder / "site.crt"
    write_atomic(chain, leaf.pem + authority.pem, mode=0o644)
    return Papers(chain, folder / "site.key", authority.certificate)


def may_vouch(authority: x509.Certificate, name: str) -> bool:
    """Whether the authority's own constraints let it vouch for this address or host name."""
    try:
        found = authority.extensions.get_extension_for_class(x509.NameConstraints).value
    except x509.ExtensionNotFound:
        return False
    allowed = [each.value for each in found.permitted_subtrees or []]
    with suppress(ValueError):
        address = ipaddress.ip_address(name)
        nets = [each for each in allowed if not isinstance(each, str)]
        return any(net.version == address.version and address in net for net in nets)
    endings = [each for each in allowed if isinstance(each, str)]
    return name in endings or name.endswith(tuple("." + ending for ending in endings))


def make_authority(machine: str, now: datetime, own: Sequence[str] = ()) -> Pair:
    """A new authority, for local names and the machine's `own` addresses alone, that may make leaves
    and no further authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    named = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, f"Openset on {machine}"[:64]),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Openset, local networks only"),
        ]
    )
    nets = [ipaddress.ip_network(net) for net in (*NETWORKS, *filter(_is_address, own))]
    allowed: list[x509.GeneralName] = [x509.IPAddress(net) for net in dict.fromkeys(nets)]
    allowed += [x509.DNSName(ending) for ending in ENDINGS]
    made = (
        x509.CertificateBuilder()
        .subject_name(named)
        .issuer_name(named)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BEFORE)
        .not_valid_after(now + timedelta(days=AUTHORITY_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.NameConstraints(allowed, None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return Pair(made, key)


def make_leaf(authority: Pair, names: Sequence[str], now: datetime) -> Pair:
    """A certificate for the TLS listener under these names."""
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = authority.certificate
    owner = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Openset for phones")]))
        .issuer_name(issuer.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BEFORE)
        .not_valid_after(min(now - BEFORE + timedelta(days=LEAF_DAYS), issuer.not_valid_after_utc))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([_general(name) for name in names]), critical=False)
        .add_extension(owner, critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(authority.key, hashes.SHA256())
    )
    return Pair(made, key)


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 in pairs of hex digits, as phones show it."""
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def authority_der(certificate: x509.Certificate) -> bytes:
    """The authority's certificate as a .crt that Android and browsers take."""
    return certificate.public_bytes(serialization.Encoding.DER)


def profile(certificate: x509.Certificate) -> bytes:
    """The same as an Apple configuration profile (.mobileconfig), which iOS offers to install."""
    mark = fingerprint(certificate).replace(":", "").lower()
    own = uuid.uuid5(uuid.NAMESPACE_OID, mark)
    inner = uuid.uuid5(own, "certificate")
    payload = {
        "PayloadType": "com.apple.security.root",
        "PayloadVersion": 1,
        "PayloadIdentifier": f"org.openset.phones.{mark[:16]}.certificate",
        "PayloadUUID": str(inner).upper(),
        "PayloadDisplayName": "Openset",
        "PayloadCertificateFileName": "openset.crt",
        "PayloadContent": authority_der(certificate),
    }
    whole = {
        "PayloadType": "Configuration",
        "PayloadVersion": 1,
        "PayloadIdentifier": f"org.openset.phones.{mark[:16]}",
        "PayloadUUID": str(own).upper(),
        "PayloadDisplayName": "Openset on this stage",
        "PayloadDescription": "Lets this phone use Openset's pages on the local network. It can vouch "
        "for local addresses and nothing else.",
        "PayloadContent": [payload],
    }
    return plistlib.dumps(whole)


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _is_address(name: str) -> bool:
    with suppress(ValueError):
        return bool(ipaddress.ip_address(name))
    return False


def _general(name: str) -> x509.GeneralName:
    with suppress(ValueError):
        return x509.IPAddress(ipaddress.ip_address(name))
    return x509.DNSName(name)


def _kept(folder: Path, name: str) -> Pair | None:
    """What was made before; None where it is absent or cannot be read."""
    try:
        pem = (folder / f"{name}.crt").read_bytes()
        key = serialization.load_pem_private_key((folder / f"{name}.key").read_bytes(), None)
        certificate = x509.load_pem_x509_certificate(pem)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm):
        return None
    own = isinstance(key, Key) and certificate.public_key() == key.public_key()
    return Pair(certificate, key) if own and isinstance(key, Key) else None


def _keep(folder: Path, name: str, pair: Pair) -> None:
    write_atomic(folder / f"{name}.key", pair.key_pem, mode=0o600)
    os.chmod(folder / f"{name}.key", 0o600)
    write_atomic(folder / f"{name}.crt", pair.pem, mode=0o644)


def _ends_soon(certificate: x509.Certificate, now: datetime) -> bool:
    return not certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc - RENEW_BEFORE


def _fits(leaf: Pair, names: Sequence[str], authority: Pair) -> bool:
    """Whether a leaf is this authority's and of these names."""
    try:
        leaf.certificate.verify_directly_issued_by(authority.certificate)
        kept = leaf.certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (InvalidSignature, ValueError, TypeError, x509.ExtensionNotFound):
        return False
    return set(kept) == {_general(name) for name in names}

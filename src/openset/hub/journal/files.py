"""What the journal takes from this machine: the device's key on disk, the clock, new ids."""

from __future__ import annotations

import os
import secrets
import time
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from openset.primitives.errors import BadInput, NotWritable
from openset.store.home import openset_home

KEY_NAME = "device.key"
_HEAD = "openset device key, Ed25519, private: never copy it to another machine\n"


def device_key(home: Path | None = None) -> Ed25519PrivateKey:
    """This device's signing key, `$OPENSET_HOME/device.key`, mode 0600; made on first use, once.

    BadInput when the file is not a key: a new one is never made over it, since the log hangs on it.
    NotWritable when it cannot be made.
    """
    path = (home or openset_home()) / KEY_NAME
    try:
        if not path.exists():
            _make_key(path)
        if path.stat().st_mode & 0o077:
            path.chmod(0o600)
        text = path.read_text("ascii")
    except UnicodeDecodeError:
        text = ""
    except OSError as error:
        raise NotWritable(
            f"the device key cannot be kept ({error.strerror})",
            where=str(path),
            todo="Make the folder writable, or set OPENSET_HOME to one that is",
        ) from None
    try:
        if not text.startswith(_HEAD):
            raise ValueError("no head line")
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(text[len(_HEAD) :].strip()))
    except ValueError:
        raise BadInput(
            "this is not a device key, so nothing can be signed",
            where=str(path),
            todo="Put the file back from a copy, or move it away to start as a new device",
        ) from None


def _make_key(path: Path) -> None:
    """Write a new key beside `path` and link it there: of two processes at once, one key wins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = _HEAD + Ed25519PrivateKey.generate().private_bytes_raw().hex() + "\n"
    fresh = path.with_name(f".{KEY_NAME}.{secrets.token_hex(8)}")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(handle, text.encode("ascii"))
        os.fsync(handle)
    finally:
        os.close(handle)
    try:
        os.link(fresh, path)
    except FileExistsError:
        pass
    except OSError:
        # FAT and some network disks know no hard links; a rename is as whole, only not exclusive.
        os.replace(fresh, path)
        return
    fresh.unlink()


def now_ms() -> int:
    """Milliseconds of UTC since 1970, from this machine's clock."""
    return time.time_ns() // 1_000_000


def new_id() -> str:
    """A name for a new shared thing: 16 hex digits from the system's randomness."""
    return secrets.token_hex(8)

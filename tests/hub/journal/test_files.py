"""The device's key is made once, is private, and is never replaced in silence."""

import os
import stat
import threading
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from openset.hub.journal.entry import device_id
from openset.hub.journal.files import KEY_NAME, device_key, new_id, now_ms
from openset.primitives.errors import BadInput, NotWritable


def test_the_key_is_made_once_and_private(tmp_path: Path) -> None:
    home = tmp_path / "not" / "yet"
    first = device_key(home)
    assert device_id(device_key(home)) == device_id(first)
    assert stat.S_IMODE((home / KEY_NAME).stat().st_mode) == 0o600
    assert [path.name for path in home.iterdir()] == [KEY_NAME]


def test_the_key_lies_in_the_home_of_this_machine() -> None:
    made = device_key()
    assert device_id(device_key(Path(os.environ["OPENSET_HOME"]))) == device_id(made)


def test_many_first_starts_at_once_agree_on_one_key(tmp_path: Path) -> None:
    keys: list[Ed25519PrivateKey] = []
    threads = [threading.Thread(target=lambda: keys.append(device_key(tmp_path))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({device_id(key) for key in keys}) == 1


def test_a_key_others_could_read_is_made_private_again(tmp_path: Path) -> None:
    device_key(tmp_path)
    (tmp_path / KEY_NAME).chmod(0o644)
    device_key(tmp_path)
    assert stat.S_IMODE((tmp_path / KEY_NAME).stat().st_mode) == 0o600


@pytest.mark.parametrize("content", [b"", b"hello\n", b"\xff\xfe", b"openset device key"])
def test_a_damaged_key_is_an_error_and_stays_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / KEY_NAME
    path.write_bytes(content)
    with pytest.raises(BadInput, match="not a device key"):
        device_key(tmp_path)
    assert path.read_bytes() == content


def test_a_home_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file in the way")
    with pytest.raises(NotWritable, match=KEY_NAME):
        device_key(tmp_path / "home")


def test_ids_are_new_and_time_is_in_milliseconds() -> None:
    assert len({new_id() for _ in range(100)}) == 100
    assert 1_600_000_000_000 < now_ms() < 10_000_000_000_000

"""A log with anything changed, left out, doubled or joined in from elsewhere is found out."""

from dataclasses import replace
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from openset.hub.journal.chain import verify
from openset.hub.journal.clock import Stamp
from openset.hub.journal.entry import FIRST, Entry, device_id, entry_hash, sign

ACCRA = Ed25519PrivateKey.from_private_bytes(b"a" * 32)
CUSCO = Ed25519PrivateKey.from_private_bytes(b"c" * 32)


def follow(key: Ed25519PrivateKey, log: list[Entry], **changes: Any) -> Entry:
    """The next signed entry of a log, with some fields as the test wants them."""
    number = len(log) + 1
    plain = Entry(
        schema=1,
        version=1,
        device=device_id(key),
        sequence=number,
        previous=entry_hash(log[-1]) if log else FIRST,
        time=Stamp(1_700_000_000_000 + number, 0),
        author="ama",
        kind="take.noted",
        subject="1-A-t01",
        payload={"text": f"note {number}"},
    )
    return sign(replace(plain, **changes), key)


def log_of(key: Ed25519PrivateKey, length: int = 5) -> list[Entry]:
    log: list[Entry] = []
    for _ in range(length):
        log.append(follow(key, log))
    return log


def kinds(entries: list[Entry]) -> set[str]:
    return {fault.kind for fault in verify(entries)}


def test_an_empty_journal_has_no_faults() -> None:
    assert verify([]) == ()


@given(st.permutations(range(10)))
@settings(max_examples=15)
def test_two_whole_logs_verify_in_any_order_of_arrival(order: list[int]) -> None:
    entries = log_of(ACCRA) + log_of(CUSCO)
    assert verify(entries[place] for place in order) == ()


def test_the_same_entry_seen_twice_is_no_fault() -> None:
    assert verify(log_of(ACCRA) + log_of(ACCRA)) == ()


def test_a_missing_entry_is_named() -> None:
    log = log_of(ACCRA)
    (fault,) = verify([*log[:2], *log[3:]])
    assert (fault.kind, fault.sequence) == ("gap", 4)
    assert fault.text == "entry 3 is missing before entry 4"


def test_a_log_without_its_beginning_is_a_gap() -> None:
    (fault,) = verify(log_of(ACCRA)[2:])
    assert fault.text == "entries 1 to 2 are missing before entry 3"


def test_an_edited_entry_breaks_its_signature_and_the_link_after_it() -> None:
    log = log_of(ACCRA)
    log[1] = replace(log[1], payload={"text": "another story"})
    faults = verify(log)
    assert [(fault.kind, fault.sequence) for fault in faults] == [("signature", 2), ("previous", 3)]


def test_an_entry_signed_anew_by_its_own_device_still_breaks_the_link_after_it() -> None:
    log = log_of(ACCRA)
    log[1] = follow(ACCRA, log[:1], payload={"text": "history rewritten"})
    assert [(fault.kind, fault.sequence) for fault in verify(log)] == [("previous", 3)]


def test_two_histories_of_one_device_are_a_fork_and_nothing_worse() -> None:
    log = log_of(ACCRA)
    other = follow(ACCRA, log[:3], payload={"text": "told elsewhere"})
    faults = verify([*log, other])
    assert [(fault.kind, fault.sequence) for fault in faults] == [("fork", 4)]


def test_an_entry_of_one_device_cannot_stand_in_the_log_of_another() -> None:
    log = log_of(ACCRA)
    stranger = replace(log_of(CUSCO)[1], device=device_id(ACCRA))
    assert "signature" in kinds([log[0], stranger, *log[2:]])


def test_a_good_and_a_badly_signed_copy_of_one_entry_are_told_apart() -> None:
    log = log_of(ACCRA)
    copy = replace(log[2], signature="0" * 128)
    assert kinds([*log, copy]) == {"signature"}
    assert kinds([copy, *log]) == {"signature"}


def test_a_first_entry_that_claims_one_before_it_is_found() -> None:
    assert kinds([follow(ACCRA, [], previous="1" * 64)]) == {"previous"}


def test_an_entry_dated_before_the_one_it_follows_is_found() -> None:
    log = log_of(ACCRA)
    log.append(follow(ACCRA, log, time=log[-1].time))
    assert kinds(log) == {"time"}


def test_a_fault_of_one_device_does_not_touch_the_other() -> None:
    faults = verify([*log_of(ACCRA)[1:], *log_of(CUSCO)])
    assert {fault.device for fault in faults} == {device_id(ACCRA)}


@given(st.integers(0, 4), st.data())
def test_any_single_change_of_a_log_is_found(place: int, data: st.DataObject) -> None:
    log = log_of(ACCRA)
    field, value = data.draw(
        st.sampled_from(
            [
                ("author", "kofi"),
                ("subject", "2-A-t01"),
                ("kind", "take.circled"),
                ("payload", {}),
                ("version", 2),
                ("sequence", 99),
                ("previous", "2" * 64),
                ("time", Stamp(1, 0)),
                ("device", device_id(CUSCO)),
                ("signature", "0" * 128),
            ]
        )
    )
    log[place] = replace(log[place], **{field: value})
    assert verify(log) != ()

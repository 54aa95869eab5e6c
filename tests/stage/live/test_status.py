"""What the engine says of itself."""

from __future__ import annotations

import json

import pytest

from openset.stage.live.status import Status, say_trouble


def test_a_status_message_is_plain_json_with_its_lists_copied() -> None:
    status = Status(title="Lane Market", takes=["1-A-t01"])
    status.faults.append({"time": "10:00:00:01", "kind": "track", "text": "stopped"})
    message = json.loads(json.dumps(status.as_message()))
    status.takes.append("1-A-t02")
    status.circled.append("1-A-t01")
    assert message["type"] == "status"
    assert message["takes"] == ["1-A-t01"]
    assert status.as_message()["circled"] is not status.circled
    assert message["view"] == "composite"
    assert message["faults"][0]["kind"] == "track"


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (Status(tracking_state="none"), "No track yet"),
        (Status(tracking_state="held", tracking_age_ms=1200), "silent for 1.2 s"),
        (Status(tracking_state="tracked", disk_minutes_left=3), "Disk full in 3 min"),
        (Status(tracking_state="tracked", timecode_state="none"), "No LTC heard"),
        (Status(tracking_state="tracked", timecode_state="free"), "LTC stopped"),
        (
            Status(
                tracking_state="tracked",
                timecode_state="none",
                timecode_note="the timecode counts 30, the picture 25 frames a second: it is not used",
            ),
            "No LTC: the timecode counts 30, the picture 25",
        ),
        (
            Status(
                tracking_state="tracked",
                disk_minutes_left=90,
                rate_wanted=25,
                rate_fps=15,
                frames_in=100,
            ),
            "Only 15 of 25",
        ),
    ],
)
def test_trouble_is_said_in_one_plain_sentence(state: Status, words: str) -> None:
    assert words in say_trouble(state)


def test_a_healthy_stage_says_nothing() -> None:
    healthy = Status(tracking_state="tracked", disk_minutes_left=90, rate_wanted=25, rate_fps=25)
    assert say_trouble(healthy) == ""


def test_only_the_last_twenty_faults_travel() -> None:
    status = Status()
    for number in range(50):
        status.faults.append({"time": "", "kind": "dropped", "text": str(number)})
    assert [fault["text"] for fault in status.as_message()["faults"]] == [str(n) for n in range(30, 50)]

"""Two processes write one journal on a real disk and are killed in mid-write: it stays whole."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

SETUP = """
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
"""
WRITER = """
import django
django.setup()
from openset.hub.journal.models import append
number = 0
while True:
    append("person.added", f"{NAME}-{number}", {"name": f"Person {number}", "roles": ["viewer"]})
    print(number, flush=True)
    number += 1
"""
CHECK = """
import django
django.setup()
from openset.hub.journal.models import EntryRow, check_journal, rebuild
from openset.hub.people.models import Person
assert check_journal() == (), check_journal()
assert EntryRow.objects.values("device").distinct().count() == 1
before = list(Person.objects.order_by("id").values_list())
assert len(before) == EntryRow.objects.count()
rebuild()
assert list(Person.objects.order_by("id").values_list()) == before
print(len(before))
"""


def start(script: str, home: Path) -> "subprocess.Popen[str]":
    environment = {
        **os.environ,
        "OPENSET_HOME": str(home),
        "DJANGO_SETTINGS_MODULE": "openset.site.settings",
    }
    return subprocess.Popen(
        [sys.executable, "-c", script], env=environment, stdout=subprocess.PIPE, text=True
    )


def finish(process: "subprocess.Popen[str]") -> str:
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    return out


def test_nothing_acknowledged_is_lost_when_both_writers_are_killed(tmp_path: Path) -> None:
    finish(start(SETUP, tmp_path))
    writers = [start(WRITER.replace("{NAME}", name), tmp_path) for name in ("accra", "cusco")]
    for writer in writers:
        assert writer.stdout is not None
        writer.stdout.readline()
    time.sleep(0.3)
    for writer in writers:
        writer.send_signal(signal.SIGKILL)
    acknowledged = sum(1 + len(writer.communicate()[0].splitlines()) for writer in writers)
    kept = int(finish(start(CHECK, tmp_path)))
    assert acknowledged <= kept <= acknowledged + len(writers)

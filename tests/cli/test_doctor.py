"""The verb `doctor`: one object for programs, a table for people, and what is true of this machine."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from openset import __version__
from openset.cli.doctor import ENCODERS, _disk, _median_ms, _ports


def run(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "openset", *arguments],
        capture_output=True,
        text=True,
        check=False,
        **options,
    )


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a real `openset doctor --json` printed, which is one object and nothing else."""
    folder = tmp_path_factory.mktemp("here")
    done = run("doctor", "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 1
    assert "Traceback" not in done.stderr
    assert list(folder.iterdir()) == []
    return dict(json.loads(done.stdout))


def test_a_program_is_told_what_the_machine_is(figures: dict[str, Any]) -> None:
    assert figures["ok"] is True
    assert figures["openset"] == __version__
    assert figures["python"] == ".".join(str(part) for part in sys.version_info[:3])
    assert 1 <= figures["cores"] <= (os.cpu_count() or 1)
    assert figures["part_stage"] is True
    assert figures["part_hub"] is True


def test_the_live_back_end_is_gpu_only_where_there_is_a_real_adapter(figures: dict[str, Any]) -> None:
    kinds = {adapter["kind"] for adapter in figures["adapters"]}
    assert kinds <= {"gpu", "software"}
    assert figures["live_backend"] == ("gpu" if "gpu" in kinds else "cpu")
    assert all(adapter["name"] and adapter["backend"] for adapter in figures["adapters"])


def test_the_encoders_a_delivery_needs_are_there(figures: dict[str, Any]) -> None:
    assert set(figures["encoders"]) == set(ENCODERS)
    for kind in ("H.264", "ProRes", "FFV1"):
        assert figures["encoders"][kind], kind


def test_every_link_of_the_chain_is_measured(figures: dict[str, Any]) -> None:
    speeds = figures["speeds_ms_1280x720"]
    assert set(speeds) == {"panorama", "key_composite", "monitor_jpeg"}
    assert all(spent > 0 for spent in speeds.values())
    assert figures["disk_write_mb_per_s"] > 0
    assert figures["disk_free_bytes"] > 0


def test_a_port_somebody_holds_is_in_use_and_another_is_free() -> None:
    found: dict[str, Any] = {}
    rows: list[tuple[str, str]] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as tracker:
        with suppress(OSError):  # somebody else on this machine holds it, which serves as well
            tracker.bind(("127.0.0.1", 40000))
        _ports(found, rows)
    assert found["ports"]["udp/40000"] == "in use"
    assert ("FreeD", "udp 40000: in use") in rows
    assert set(found["ports"]) == {"tcp/8000", "tcp/8010", "udp/55555", "udp/40000"}


def test_a_listening_program_holds_its_port() -> None:
    found: dict[str, Any] = {}
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):
            listener.bind(("127.0.0.1", 8010))
            listener.listen(1)
        _ports(found, [])
    assert found["ports"]["tcp/8010"] == "in use"


def test_a_folder_that_takes_no_bytes_is_told_and_left_clean(
    small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(small_disk)
    found: dict[str, Any] = {}
    rows: list[tuple[str, str]] = []
    _disk(found, rows)
    monkeypatch.undo()
    assert found["disk_write_mb_per_s"] is None
    assert found["disk_free_bytes"] < 13_000_000
    assert "64 MB cannot be written" in dict(rows)["here"]
    assert list(small_disk.iterdir()) == []


def test_the_first_run_compiles_and_is_not_counted() -> None:
    ran: list[int] = []
    assert _median_ms(lambda: ran.append(1), 5) >= 0
    assert len(ran) == 6


def test_people_get_a_table_with_what_to_install(tmp_path: Path) -> None:
    hide = "import sys; sys.modules['numba'] = sys.modules['django'] = None\n"
    code = hide + "sys.argv = ['openset', 'doctor']\nfrom openset.cli.main import main\nmain()"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert 'missing: pip install "openset[stage]"' in done.stdout
    assert 'missing: pip install "openset[hub]"' in done.stdout
    assert "speed at" not in done.stdout

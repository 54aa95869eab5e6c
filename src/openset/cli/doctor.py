"""The verb `doctor`: what this machine has and can do, measured now."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import socket
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from openset import __version__
from openset.cli.output import Output

ENCODERS = {
    "H.264": ("libx264", "h264_nvenc", "h264_qsv", "h264_videotoolbox"),
    "H.265": ("libx265", "hevc_nvenc"),
    "ProRes": ("prores_ks", "prores_aw"),
    "DNxHR": ("dnxhd",),
    "FFV1": ("ffv1",),
}
SIZE = (1280, 720)


def run_doctor(output: Output) -> None:
    """Look at the machine, measure the links of the chain, print both."""
    figures: dict[str, Any] = {"openset": __version__, **_machine()}
    rows: list[tuple[str, str]] = [
        ("openset", __version__),
        ("python", figures["python"]),
        ("system", figures["system"]),
        ("processor", f"{figures['cpu']}, {figures['cores']} cores"),
    ]
    for part, needs in (("stage", "numba"), ("hub", "django")):
        has = importlib.util.find_spec(needs) is not None
        figures[f"part_{part}"] = has
        rows.append(
            (f"part: {part}", "installed" if has else f'missing: pip install "openset[{part}]"')
        )
    _adapters(figures, rows)
    _codecs(figures, rows)
    _ports(figures, rows)
    _disk(figures, rows)
    if figures["part_stage"]:
        output.say("measuring (a few seconds)")
        _speeds(figures, rows)
    output.done(figures, "What this machine has and can do", rows)


def _machine() -> dict[str, Any]:
    cpu = platform.processor()
    info = Path("/proc/cpuinfo")
    if info.is_file():
        names = [
            line.split(":", 1)[1].strip()
            for line in info.read_text().splitlines()
            if "model name" in line
        ]
        cpu = names[0] if names else cpu
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "cpu": cpu or "unknown",
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
    }


def _adapters(figures: dict[str, Any], rows: list[tuple[str, str]]) -> None:
    figures["adapters"] = []
    if figures["part_stage"]:
        from openset.stage.render.gpu import adapters

        figures["adapters"] = [
            {"name": a.name, "driver": a.driver, "kind": a.kind, "backend": a.backend}
            for a in adapters()
        ]
    kinds = [adapter["kind"] for adapter in figures["adapters"]]
    live = "gpu" if "gpu" in kinds else "cpu"
    figures["live_backend"] = live
    rows.append(
        ("graphics", "") if figures["adapters"] else ("graphics", "no Vulkan, Metal or D3D12 adapter")
    )
    rows += [
        (f"{a['kind']}, {a['backend']}", f"{a['name']} ({a['driver']})") for a in figures["adapters"]
    ]
    rows.append(("live back end", f"{live} (auto)"))


def _codecs(figures: dict[str, Any], rows: list[tuple[str, str]]) -> None:
    import av

    figures["encoders"] = {
        kind: [name for name in names if name in av.codecs_available]
        for kind, names in ENCODERS.items()
    }
    rows.append(("codecs", ""))
    rows += [(kind, ", ".join(names) or "none") for kind, names in figures["encoders"].items()]


def _ports(figures: dict[str, Any], rows: list[tuple[str, str]]) -> None:
    rows.append(("ports", ""))
    figures["ports"] = {}
    checks = (
        ("site", 8000, "tcp"),
        ("engine", 8010, "tcp"),
        ("OpenTrackIO", 55555, "udp"),
        ("FreeD", 40000, "udp"),
    )
    for name, port, kind in checks:
        with socket.socket(
            socket.AF_INET, socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM
        ) as probe:
            # The site listens the same way: a connection that has ended does not hold a port.
            if kind == "tcp" and os.name == "posix":
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1" if kind == "tcp" else "", port))
                state = "free"
            except OSError:
                state = "in use"
        figures["ports"][f"{kind}/{port}"] = state
        rows.append((name, f"{kind} {port}: {state}"))


def _disk(figures: dict[str, Any], rows: list[tuple[str, str]]) -> None:
    folder = Path.cwd()
    free = shutil.disk_usage(folder).free
    figures["disk_free_bytes"] = free
    speed = None
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".openset-doctor-") as file:
            block = os.urandom(1 << 20)
            began = time.monotonic()
            for _ in range(64):
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
            speed = 64 / (time.monotonic() - began)
    except OSError:
        pass
    figures["disk_write_mb_per_s"] = round(speed, 1) if speed else None
    rows.append(("disk", ""))
    rows.append(
        (
            "here",
            f"{free / 1e9:.1f} GB free, "
            + (f"writes {speed:.0f} MB/s" if speed else "64 MB cannot be written"),
        )
    )


def _median_ms(work: Callable[[], object], times: int) -> float:
    work()
    spent = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        spent.append((time.perf_counter() - began) * 1000)
    return round(statistics.median(spent), 2)


def _speeds(figures: dict[str, Any], rows: list[tuple[str, str]]) -> None:
    """The links of the chain at 1280x720, medians in ms, and the frame rate they allow together."""
    from openset.primitives.colour import yuv420_from_rgb
    from openset.primitives.image import empty_yuv420
    from openset.primitives.space import look_at
    from openset.stage.key.keyer import Keyer
    from openset.stage.lens.model import pinhole
    from openset.stage.live.monitor import MonitorFrame, jpeg_of
    from openset.stage.render.panorama import PanoramaRenderer

    width, height = SIZE
    noise = np.random.default_rng(1).integers(-4, 5, (3, height, width))
    green = np.array([60, 160, 80])[:, None, None] + noise
    green[:, 200:, 500:700] = 120
    plate = yuv420_from_rgb(green.astype(np.uint8))
    composite, matte = empty_yuv420(width, height), np.zeros((height, width), np.uint8)
    background = np.zeros((3, height, width), np.uint8)
    panorama = PanoramaRenderer(np.full((1024, 2048, 3), 0.4, np.float32), 0.0)
    lens, pose = pinhole(width, height, 35, 24), look_at((0, -4, 1.5), (0, 0, 1.4))
    keyer = Keyer(width, height)
    frame = MonitorFrame(plate, composite, matte, background)
    speeds = {
        "panorama": _median_ms(lambda: panorama.render(pose, lens, background), 20),
        "key_composite": _median_ms(lambda: keyer.process(plate, background, composite, matte), 20),
        "monitor_jpeg": _median_ms(lambda: jpeg_of(frame, "composite"), 20),
    }
    figures["speeds_ms_1280x720"] = speeds
    rows.append(("speed at 1280x720, median of 20", ""))
    rows += [(name.replace("_", ", "), f"{spent} ms") for name, spent in speeds.items()]

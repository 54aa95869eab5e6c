"""How fast is the key? Openset against ffmpeg's chromakey and despill, same frames, same run.

    python benchmarks/speed/key.py [--width 1920 --height 1080 --rounds 30]

8-bit 4:2:0 in both, two threads in both. Every figure is the median time of one frame. "kernel" is key,
despill and composite over a background, 4:2:0 in, 4:2:0 and matte out, chroma interpolated; "whole
frame" adds the clean plate from the frame, core, garbage and the report. ffmpeg is given less to do:
"chromakey, despill" makes no composite; "with overlay" makes one, as Openset's kernel does. Both are
run through PyAV's filter graph, and through the ffmpeg program too where it is installed.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numba import set_num_threads

from openset.primitives.colour import yuv420_from_rgb
from openset.primitives.image import U8Planes, Yuv420, empty_yuv420
from openset.stage.key.kernels import key_frame
from openset.stage.key.keyer import Keyer, kernel_numbers

THREADS = 2
_TIME_BASE = Fraction(1, 25)
KEY = "chromakey=color=0x3ea54e:similarity=0.12:blend=0.1,despill=type=green:mix=0.5:expand=0"


def frames(width: int, height: int, count: int = 4) -> tuple[list[Yuv420], U8Planes]:
    """Pictures of a figure before a green cloth, and a textured background."""
    rng = np.random.default_rng(1)
    x = np.arange(width, dtype=np.float32)
    light = 0.8 + 0.2 * np.cos((x / width - 0.4) * 3) + 0.03 * np.sin(x / 50)
    pictures = []
    for k in range(count):
        planes = np.array((62, 165, 78), np.float32)[:, None, None] * np.sqrt(light)[
            None, None, :
        ].repeat(height, 1)
        figure = np.zeros((height, width), np.uint8)
        centre = (width // 2 + 20 * k, height // 2)
        cv2.ellipse(figure, centre, (width // 8, height // 2), 0, 0, 360, 255, -1, cv2.LINE_AA)
        mask = figure.astype(np.float32) / 255
        planes = planes * (1 - mask) + np.array((200, 150, 120), np.float32)[:, None, None] * mask
        planes += rng.normal(0, 1.5, planes.shape)
        pictures.append(yuv420_from_rgb(np.clip(planes, 0, 255).astype(np.uint8)))
    return pictures, rng.integers(0, 256, (3, height, width), np.uint8)


def median_ms(work: Callable[[int], object], rounds: int) -> float:
    """The median time of work(0), work(1), ... in milliseconds, after three that are not counted."""
    times = []
    for k in range(rounds + 3):
        start = time.perf_counter()
        work(k)
        times.append(time.perf_counter() - start)
    return float(np.median(times[3:]) * 1e3)


def openset_times(pictures: list[Yuv420], background: U8Planes, rounds: int) -> dict[str, float]:
    """Median ms of the kernel alone and of the whole frame."""
    width, height = pictures[0].width, pictures[0].height
    keyer = Keyer(width, height)
    out, matte = empty_yuv420(width, height), np.empty((height, width), np.uint8)
    screen = keyer.screen_for(pictures[0])
    numbers = kernel_numbers(keyer.settings)

    def kernel(k: int) -> None:
        p = pictures[k % len(pictures)]
        key_frame(
            p.y, p.u, p.v, background, screen.planes, screen.factor, numbers, False,
            out.y, out.u, out.v, matte,
        )  # fmt: skip

    def whole(k: int) -> None:
        keyer.process(pictures[k % len(pictures)], background, out, matte)

    set_num_threads(THREADS)
    return {
        "Openset, kernel": median_ms(kernel, rounds),
        "Openset, whole frame": median_ms(whole, rounds),
    }


def av_frame(picture: Yuv420) -> av.VideoFrame:
    """A 4:2:0 picture as PyAV has it."""
    stacked = np.concatenate([picture.y.ravel(), picture.u.ravel(), picture.v.ravel()])
    return av.VideoFrame.from_ndarray(stacked.reshape(-1, picture.width), format="yuv420p")


def filter_ms(pictures: list[Yuv420], background: Yuv420 | None, rounds: int) -> float:
    """Median ms of ffmpeg's filters through PyAV: push a frame, pull the result."""
    width, height = pictures[0].width, pictures[0].height
    graph = av.filter.Graph()
    graph.threads = THREADS
    source = graph.add_buffer(width=width, height=height, format="yuv420p", time_base=_TIME_BASE)
    last = source
    for part in KEY.split(","):
        name, _, options = part.partition("=")
        step = graph.add(name, options)
        last.link_to(step)
        last = step
    sink = graph.add("buffersink")
    back = None
    if background is not None:
        back = graph.add_buffer(width=width, height=height, format="yuv420p", time_base=_TIME_BASE)
        over, form = graph.add("overlay", "format=yuv420"), graph.add("format", "yuv420p")
        back.link_to(over, 0, 0)
        last.link_to(over, 0, 1)
        over.link_to(form)
        last = form
    last.link_to(sink)
    graph.configure()
    sources = [av_frame(picture) for picture in pictures]
    behind = None if background is None else av_frame(background)

    def work(k: int) -> None:
        frame = sources[k % len(sources)]
        frame.pts, frame.time_base = k, _TIME_BASE
        if back is not None and behind is not None:
            behind.pts, behind.time_base = k, _TIME_BASE
            back.push(behind)
        source.push(frame)
        sink.pull()

    return median_ms(work, rounds)


def program_ms(pictures: list[Yuv420], rounds: int) -> float | None:
    """Ms a frame of the ffmpeg program on raw 4:2:0, its start and plain copying taken off; or None."""
    program = shutil.which("ffmpeg")
    if program is None:
        return None
    width, height = pictures[0].width, pictures[0].height
    with tempfile.TemporaryDirectory() as folder:
        raw = Path(folder) / "in.yuv"
        with raw.open("wb") as out:
            for k in range(rounds):
                p = pictures[k % len(pictures)]
                out.write(p.y.tobytes() + p.u.tobytes() + p.v.tobytes())
        read = [program, "-v", "error", "-f", "rawvideo", "-pix_fmt", "yuv420p"]
        read += ["-s", f"{width}x{height}", "-i", str(raw)]
        best = {}
        for name, chain in (("copy", "null"), ("key", KEY)):
            command = [*read, "-filter_threads", str(THREADS), "-vf", chain, "-f", "null", "-"]
            times = []
            for _ in range(3):
                start = time.perf_counter()
                subprocess.run(command, check=True)
                times.append(time.perf_counter() - start)
            best[name] = min(times)
    return (best["key"] - best["copy"]) / rounds * 1e3


def main() -> None:
    """Print the table and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--width", type=int, default=1920)
    parser.add_argument("--height", type=int, default=1080)
    parser.add_argument("--rounds", type=int, default=30)
    given = parser.parse_args()
    pictures, background = frames(given.width, given.height)
    times = openset_times(pictures, background, given.rounds)
    times["ffmpeg chromakey, despill"] = filter_ms(pictures, None, given.rounds)
    times["ffmpeg with overlay"] = filter_ms(pictures, yuv420_from_rgb(background), given.rounds)
    program = program_ms(pictures, given.rounds)
    if program is not None:
        times["ffmpeg program, chromakey, despill"] = program
    print(f"{given.width}x{given.height} 8-bit 4:2:0, {THREADS} threads, median of {given.rounds}")
    for name, ms in times.items():
        print(f"{name:36}{ms:9.2f} ms {given.width * given.height / ms / 1e3:9.0f} Mpx/s")
    slow = times["ffmpeg chromakey, despill"]
    print(f"ratio, kernel to chromakey, despill      {slow / times['Openset, kernel']:6.1f}")
    print(f"ratio, whole frame to chromakey, despill {slow / times['Openset, whole frame']:6.1f}")


if __name__ == "__main__":
    main()

"""How fast does the gpu back end draw the market lane? Whole frames, planes in memory at the end.

    python benchmarks/speed/render.py [--rounds 20]

Wall time is the median of all frames; cpu time is of all threads, which on a software adapter is the
cost that other work on the machine does not blur.
"""

from __future__ import annotations

import argparse
import statistics
import time
from dataclasses import replace

from openset.primitives.space import look_at
from openset.stage.lens.model import pinhole
from openset.stage.render.gpu import GpuRenderer, adapters
from openset.stage.scene.market import market_lane

SIZES = ((640, 360), (1280, 720), (1920, 1080))


def measure(renderer: GpuRenderer, width: int, height: int, rounds: int) -> tuple[float, float]:
    """Median wall and mean cpu milliseconds of a frame, the camera moving."""
    lens = replace(pinhole(width, height, 24.0, 24.0), k1=-0.06, k2=0.01)
    picture = renderer.render(look_at((0.0, -4.0, 1.5), (0.2, 4.0, 1.5)), lens)
    walls, cpu = [], time.process_time()
    for k in range(rounds):
        pose = look_at((0.01 * k, -4.0, 1.5), (0.2, 4.0, 1.5))
        began = time.perf_counter()
        renderer.render(pose, lens, picture)
        walls.append(time.perf_counter() - began)
    return statistics.median(walls) * 1e3, (time.process_time() - cpu) / rounds * 1e3


def main() -> None:
    """Run and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=20)
    rounds = parser.parse_args().rounds
    found = adapters()
    if not found:
        print("no Vulkan, Metal or D3D12 adapter: nothing to measure")
        return
    scene, first = market_lane(), found[0]
    print(f"{first.name} ({first.driver}), {first.kind}, {first.backend}")
    print(f"market lane, {scene.triangle_count} triangles, a bent lens")
    print("size       samples   wall ms   frames/s   cpu ms")
    for samples in (1, 4):
        began = time.perf_counter()
        renderer = GpuRenderer(scene, *SIZES[0], samples=samples)
        opened = time.perf_counter() - began
        for width, height in SIZES:
            wall, cpu = measure(renderer, width, height, rounds)
            size = f"{width}x{height}"
            print(f"{size:10} {samples:7} {wall:9.1f} {1e3 / wall:10.1f} {cpu:8.1f}")
        renderer.close()
    print(f"opened in {opened:.1f} s, indirect light included")


if __name__ == "__main__":
    main()

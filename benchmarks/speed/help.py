"""How long does `openset --help` take? Whole process, against a bare `python -c pass`, in turn.

python benchmarks/speed/help.py [--rounds 15]
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time


def seconds(arguments: list[str]) -> float:
    """Wall time of one process."""
    began = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def main() -> None:
    """Run and print medians."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    pairs = [
        (seconds(["-m", "openset", "--help"]), seconds(["-c", "pass"])) for _ in range(rounds + 1)
    ][1:]
    shown, bare = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(
        f"openset --help: median {shown:.3f} s of {rounds}; bare python {bare:.3f} s; ratio {shown / bare:.1f}"
    )


if __name__ == "__main__":
    main()

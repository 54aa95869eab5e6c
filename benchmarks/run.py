"""Run the benchmarks of one kind and write what they printed into benchmarks/RESULTS.md.

    python benchmarks/run.py speed|quality|fuzz [NAME ...]

Each script's last output stands under its own heading with the command, the date, the commit and the
machine, and replaces only its own earlier entry.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "RESULTS.md"
PARTS = ("mutate", "targets")
"""Files of the fuzz campaign that are no benchmark themselves."""

HEAD = """# Results

Written by `make speed`, `make quality` and `make fuzz` (`python benchmarks/run.py`), each entry by the command it names. Machines
are noisy: read ratios and medians, not single times.
"""


def machine() -> str:
    """Processor and cores in words."""
    names = [
        line.split(":", 1)[1].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    cores = len(os.sched_getaffinity(0))
    return f"{names[0] if names else platform.processor()}, {cores} cores, Python {platform.python_version()}"


def _as_the_command() -> dict[str, str]:
    """The environment in which `openset` runs its own kernels (openset.cli.main)."""
    return {"OMP_WAIT_POLICY": "passive", "OPENBLAS_NUM_THREADS": "1", **os.environ}


def entry(script: Path) -> str:
    """Run one script and word its entry; its progress stays on the terminal."""
    name = script.relative_to(HERE.parent)
    done = subprocess.run(
        [sys.executable, str(script)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        env=_as_the_command(),
    )
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, cwd=HERE, check=False
    ).stdout.strip()
    when = datetime.fromtimestamp(time.time(), UTC).strftime("%Y-%m-%d")
    title = f"## {name.as_posix()}"
    return f"{title}\n\n`python {name.as_posix()}` on {when}, commit {commit}, {machine()}\n\n```\n{done.stdout.strip()}\n```\n"


def merged(old: str, new: str) -> str:
    """`old` with the entry of the same heading replaced, or appended."""
    title = new.splitlines()[0]
    sections = re.split(r"(?m)^(?=## )", old) if old else [HEAD + "\n"]
    kept = [part for part in sections if part.splitlines()[:1] != [title]]
    head, rest = kept[0], sorted([*kept[1:], new + "\n"])
    return (head.rstrip() + "\n\n" + "\n".join(part.strip() + "\n" for part in rest)).rstrip() + "\n"


def main() -> None:
    """Parse, run, write after each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kind", choices=("speed", "quality", "fuzz"))
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    for script in sorted((HERE / options.kind).glob("*.py")):
        if script.stem in PARTS:
            continue
        if options.names and script.stem not in options.names:
            continue
        print(f"running {script.relative_to(HERE.parent)}", file=sys.stderr)
        old = RESULTS.read_text(encoding="utf-8") if RESULTS.is_file() else ""
        RESULTS.write_text(merged(old, entry(script)), encoding="utf-8")


if __name__ == "__main__":
    main()

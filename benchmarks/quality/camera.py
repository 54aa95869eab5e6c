"""Does the camera tell the truth: lens, tags, poses, delay, joint solve, against simulation and OpenCV.

    python -m benchmarks.quality.camera [--json] [--seeds 20] [--only lens,tags] [--quick] [--keep FOLDER]

Every row is measured over so many seeds of openset.sim, whose optics share nothing with the code that is
judged; printed are the median and the 95th percentile, the target, and the same with OpenCV's own
detector and solver on the same pictures. Progress goes to stderr. With --keep, what is done is kept and
an interrupted run goes on where it was. Real checkerboards are read from ../shared/data where present.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.quality.camera_rows import frame
from benchmarks.quality.camera_rows.table import ROWS


def main() -> None:
    """Measure, print, and fail no one: a missed target is printed as missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--only", default="", help="rows by name, between commas: " + ",".join(ROWS))
    parser.add_argument(
        "--quick", action="store_true", help="fewer views and frames: a check that it runs"
    )
    parser.add_argument("--keep", type=Path, help="folder for what is done, to go on from later")
    given = parser.parse_args()
    wanted = [name for name in given.only.split(",") if name] or list(ROWS)
    unknown = [name for name in wanted if name not in ROWS]
    if unknown:
        parser.error(f"no row {unknown[0]}: rows are {', '.join(ROWS)}")
    seeds = range(given.first_seed, given.first_seed + given.seeds)
    done = frame.measured([ROWS[name] for name in wanted], seeds, given.quick, given.keep)
    tables: list[dict[str, Any]] = [
        frame.missing(ROWS[name], done.absent[name])
        if name in done.absent
        else frame.judged(ROWS[name], done.numbers[name])
        for name in wanted
    ]
    tables.append(frame.covered(done.numbers))
    if given.json:
        print(json.dumps({"seeds": len(seeds), "quick": given.quick, "rows": tables}, indent=1))
        return
    print(f"Median / 95th percentile over {len(seeds)} seeds")
    print("\n".join(frame.told(table) for table in tables if table["figures"] or "absent" in table))


if __name__ == "__main__":
    main()

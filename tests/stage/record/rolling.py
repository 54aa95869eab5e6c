"""A process of its own that records a take and says after each frame how far it is, to be killed."""

import resource
import sys
from itertools import count
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

from conftest import STARTED, make_frame, make_spec

from openset.primitives.errors import DiskFull
from openset.stage.record.live import TakeWriter
from openset.store.production import open_production


def say(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def main(root: str, take: str, frames: str, limit_bytes: str = "0") -> None:
    """Record `frames` frames (0: until killed, or until a file may grow no more), then close."""
    writer = TakeWriter(open_production(Path(root)), make_spec(int(take)), STARTED)
    if limit_bytes != "0":
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit_bytes), int(limit_bytes)))
    shape = make_frame(0).picture.y.shape
    noise = np.random.default_rng(1).integers(0, 30, (8, *shape), dtype=np.uint8)
    reason = "cut"
    try:
        for index in count() if frames == "0" else range(int(frames)):
            frame = make_frame(index, state="held" if index % 2 else "tracked")
            np.add(frame.picture.y, noise[index % 8], out=frame.picture.y)
            writer.add_raw(index, index, {"sourceNumber": index})
            writer.add(frame)
            say(index + 1)
    except DiskFull as trouble:
        reason = trouble.line
    say("closing")
    record = writer.close(reason, {})
    say(record.state, record.frames, *(fault.kind for fault in record.faults))


if __name__ == "__main__":
    main(*sys.argv[1:])

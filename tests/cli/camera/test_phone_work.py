"""What the options of `phone` mean, and its run to the end."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from openset.cli.camera.phone_work import one_tag, phone_lens, phone_plan
from openset.primitives.errors import BadInput, VerifyFailed
from openset.stage.lens.files import write_lens
from openset.stage.lens.measured import LensFile, MeasuredLens
from openset.stage.lens.model import Lens
from openset.stage.live.phone import note_file
from openset.stage.markers.files import write_map

NOT_USABLE = {"not usable": "tag 7 moved on the walk", "to do": "Hang it fast"}
TO = "opentrackio://127.0.0.1:55555"


def test_one_tag_on_the_floor_is_the_stages_origin() -> None:
    tag = one_tag("7:160").tags[7]
    assert tag.size_m == 0.16
    # Flat on the floor, read from above, its top towards +Y.
    assert np.allclose(
        tag.corners_m, [[-0.08, 0.08, 0], [0.08, 0.08, 0], [0.08, -0.08, 0], [-0.08, -0.08, 0]]
    )


@pytest.mark.parametrize("text", ["", "7", "7:", "7:mm", "587:160", "-1:160", "7:1", "7:160:2"])
def test_a_floor_tag_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="0:160"):
        one_tag(text)


def test_a_map_and_a_floor_tag_are_one_too_many(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="not both"):
        phone_plan(tmp_path / "tags.json", "0:160", None, TO)


def test_a_map_that_did_not_hold_when_it_was_made_places_no_phone(tmp_path: Path) -> None:
    path = write_map(tmp_path / "bad.json", replace(one_tag("7:160"), notes=NOT_USABLE))
    with pytest.raises(VerifyFailed, match=r"bad\.json: .*tag 7 moved on the walk"):
        phone_plan(path, "", None, TO)


def test_a_target_that_is_none_is_refused() -> None:
    with pytest.raises(BadInput):
        phone_plan(None, "", None, "nowhere")


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1080, 1920)])
def test_a_lens_file_of_either_hold_is_taken(tmp_path: Path, width: int, height: int) -> None:
    lens = Lens(width, height, 1500.0, 1500.0, width / 2, height / 2)
    write_lens(tmp_path / "phone.json", LensFile("phone", (MeasuredLens(lens),)))
    found = phone_lens(tmp_path / "phone.json").settings[0].lens
    assert (found.width_px, found.fx_px) == (width * 2 // 3, pytest.approx(1000.0))


def test_it_serves_until_it_is_told_to_end() -> None:
    command = [sys.executable, "-m", "openset", "phone", "--floor-tag", "0:160", "--json"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        until = time.monotonic() + 30
        while not note_file().exists() and time.monotonic() < until:
            time.sleep(0.05)
        note = json.loads(note_file().read_text())
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert note["pid"] == process.pid
    assert process.returncode == 0
    assert json.loads(out) == {"ok": True, "phones": 0}
    assert TO in err
    assert not note_file().exists()

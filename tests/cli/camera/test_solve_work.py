"""What `solve` answers; a kill or Ctrl-C leaves the take as it was."""

import json
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "stage" / "solve"))

from shooting import shoot, stage_walk

from openset.cli.camera.solve_work import parts, run_solve
from openset.cli.output import Output
from openset.primitives.errors import BadInput, VerifyFailed
from openset.stage.markers.files import read_map, write_map
from openset.stage.record.files import best_track, verify_take
from openset.stage.record.model import SOLVE_FILE, TRACK_FILE
from openset.stage.solve.model import PARTS, RawTrack
from openset.store.production import open_production, update_stage

FRAMES = 30


@pytest.fixture(scope="module")
def take(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short drawn take with a tracker that is 40 ms off."""
    walk = stage_walk()
    random = np.random.default_rng(1)
    times = np.arange(-0.5, FRAMES / 25 + 0.5, 0.01)
    truth = [walk.at(float(t) + 0.04) for t in times]
    positions = np.array([p for p, _ in truth]) + random.normal(0, 0.002, (len(times), 3))
    raw = RawTrack(times, positions, np.array([r for _, r in truth]), np.ones((len(times), 6)))
    return shoot(tmp_path_factory.mktemp("cli") / "lane", raw, walk, FRAMES)


def test_parts_are_read_and_an_unknown_one_is_named() -> None:
    assert parts("path, delay,focal") == {"delay", "focal"}
    assert parts("path") == frozenset()
    assert parts(",".join(PARTS)) == frozenset(PARTS)
    with pytest.raises(BadInput, match="'shutter' cannot be solved"):
        parts("path,shutter")


def test_the_solve_is_killed_and_interrupted_without_a_trace_and_then_answers(
    take: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = [sys.executable, "-m", "openset", "solve", str(take)]
    for how in (signal.SIGKILL, signal.SIGINT):
        running = subprocess.Popen(
            command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
        )
        assert running.stderr is not None
        assert "picture 0" in running.stderr.readline()
        running.send_signal(how)
        said = running.communicate()[1]
        assert (running.returncode == 130) == (how == signal.SIGINT)
        assert ("the take is as it was" in said) == (how == signal.SIGINT)
        assert best_track(take) == TRACK_FILE
        assert verify_take(take).ok
    tags = take.parents[1] / "tags.json"
    run_solve(Output(True), take, tags=tags, lens=None, free="path,focal,delay", every=1, replace=False)
    answer = json.loads(capsys.readouterr().out)
    assert answer["ok"]
    assert answer["times_smaller"] > 5
    assert answer["delay"]["solved_s"] == pytest.approx(0.04, abs=0.006)
    assert answer["residual_after_px"] < answer["residual_before_px"]
    assert answer["parameters"]["k1"]["note"] == "not asked for"
    assert set(answer["inputs"]) >= {"take.toml", "picture.mov", "raw.otrk.jsonl", "tags.json"}
    assert [Path(name).name for name in answer["files"]] == ["solved.otrk.jsonl", SOLVE_FILE]
    bad = write_map(take / "bad.json", replace(read_map(tags), notes={"not usable": "tag 3 moved"}))
    with pytest.raises(VerifyFailed, match=r"bad\.json: .*tag 3 moved"):
        run_solve(Output(True), take, tags=bad, lens=None, free="path", every=1, replace=True)
    # Without a map of its own it takes the one its production uses.
    update_stage(open_production(tags.parent), {"tags": tags.name})
    run_solve(Output(False), take, tags=None, lens=None, free="path", every=1, replace=True)
    said = capsys.readouterr()
    told = said.out
    assert f"the map is the production's: {tags}" in told + said.err
    assert "as shot" in told
    assert "not asked for" in told

"""A drawn take solved on disk: nearer the truth, beside its track; bad takes are named."""

import shutil
import tomllib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
import tomli_w

from openset.primitives.errors import AlreadyExists, BadInput, PlateBroken, PlateNotFound, TrackBroken
from openset.primitives.space import Pose
from openset.stage.lens.measured import LensFile, MeasuredLens, MeasuredMount
from openset.stage.lens.model import Lens
from openset.stage.markers.files import read_map
from openset.stage.markers.model import PlacedTag, TagMap
from openset.stage.record.files import best_track, read_solve, read_track_lines, verify_take
from openset.stage.record.model import PICTURE_FILE, RAW_FILE, SOLVE_FILE, SOLVED_FILE, TRACK_FILE
from openset.stage.solve.files import Request, solve_take
from openset.stage.solve.material import path_of, shot_frame
from openset.store.files import hash_file
from openset.store.mhl import seal

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def quiet(_: str) -> None:
    pass


def with_tags(take: Path) -> Request:
    return Request(tags=read_map(take.parents[1] / "tags.json"))


@pytest.fixture(scope="module")
def solved(shot_take: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder, truth = shot_take
    root = tmp_path_factory.mktemp("done") / "lane"
    shutil.copytree(folder.parents[1], root)
    take = root / "takes" / folder.name
    before = {name: hash_file(take / name) for name in (TRACK_FILE, RAW_FILE, PICTURE_FILE)}
    return take, truth, before, solve_take(take, with_tags(take), NOW, quiet)


def errors(take: Path, name: str, truth: Any) -> tuple[float, float]:
    lines = read_track_lines(take, name)
    path = path_of([shot_frame(line, 960, 540).stage_from_camera for line in lines])
    off = path.positions_m - truth.positions_m
    turn = np.swapaxes(truth.rotations, 1, 2) @ path.rotations
    wide = np.sqrt(((turn - np.eye(3)) ** 2).sum(axis=(1, 2)) / 2)
    return float(np.sqrt((off**2).sum(1).mean())), float(np.sqrt((wide**2).mean()))


def test_the_solved_track_is_nearer_the_truth_and_the_residual_ten_times_smaller(solved: Any) -> None:
    take, truth, _, done = solved
    raw_m, raw_rad = errors(take, TRACK_FILE, truth)
    place_m, turn_rad = errors(take, SOLVED_FILE, truth)
    assert place_m < raw_m / 3
    assert turn_rad < raw_rad / 3
    residuals = done.tables["residuals"]
    assert residuals["before"]["rms_px"] > 10 * residuals["after"]["rms_px"]
    assert done.tables["delay"]["solved_s"] == pytest.approx(0.08, abs=0.006)
    assert done.tables["parameters"]["focal_ratio"]["value"] == pytest.approx(1 / 1.003, abs=1.5e-3)


def test_what_was_recorded_is_untouched_and_the_seal_holds(solved: Any) -> None:
    take, _, before, _ = solved
    assert {name: hash_file(take / name) for name in before} == before
    verified = verify_take(take)
    assert verified.ok, verified.failures
    assert any(finding.where == SOLVED_FILE for finding in verified.findings)
    assert best_track(take) == SOLVED_FILE
    assert len(read_track_lines(take, SOLVED_FILE)) == len(read_track_lines(take))


def test_a_solved_track_that_was_changed_is_named(solved: Any, tmp_path: Path) -> None:
    take = tmp_path / solved[0].name
    shutil.copytree(solved[0], take)
    with (take / SOLVED_FILE).open("ab") as file:
        file.write(b"\n")
    assert {finding.where for finding in verify_take(take).failures} == {SOLVED_FILE}
    with pytest.raises(BadInput, match="not as the solve left it"):
        best_track(take)


def test_a_solve_cut_off_between_its_files_is_no_solve(solved: Any, tmp_path: Path) -> None:
    take = tmp_path / solved[0].name
    shutil.copytree(solved[0], take)
    (take / SOLVE_FILE).unlink()
    assert read_solve(take) is None
    assert best_track(take) == TRACK_FILE
    assert verify_take(take).ok


def test_a_take_sealed_before_there_were_solves_still_verifies(solved: Any, tmp_path: Path) -> None:
    take = tmp_path / solved[0].name
    shutil.copytree(solved[0], take)
    kept = {name: (take / name).read_bytes() for name in (SOLVED_FILE, SOLVE_FILE)}
    for name in kept:
        (take / name).unlink()
    shutil.rmtree(take / "ascmhl")
    seal(take, ignore=("marks.toml", "proxy.mp4", "contact.jpg"))
    for name, data in kept.items():
        (take / name).write_bytes(data)
    assert verify_take(take).ok


def test_a_second_solve_wants_to_be_asked_for(solved: Any) -> None:
    with pytest.raises(AlreadyExists, match="solved already"):
        solve_take(solved[0], Request(), NOW, quiet)


def drop_raw_track(take: Path) -> None:
    lines = [orjson.loads(line) for line in (take / TRACK_FILE).read_bytes().splitlines()]
    told = b"".join(orjson.dumps({**line, "state": "none"}) + b"\n" for line in lines)
    (take / TRACK_FILE).write_bytes(told)


def stop_the_clock(take: Path) -> None:
    lines = [orjson.loads(line) for line in (take / TRACK_FILE).read_bytes().splitlines()]
    lines[9]["time_ns"] = lines[8]["time_ns"]
    (take / TRACK_FILE).write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))


def cut_the_picture(take: Path) -> None:
    data = (take / PICTURE_FILE).read_bytes()
    (take / PICTURE_FILE).write_bytes(data[: len(data) // 2])


@pytest.mark.parametrize(
    ("harm", "trouble", "words"),
    [
        (drop_raw_track, TrackBroken, "no frame of this take has a pose"),
        (stop_the_clock, TrackBroken, "time does not run on at frame 9"),
        (cut_the_picture, PlateBroken, "frame|frames"),
        (lambda take: (take / PICTURE_FILE).unlink(), PlateNotFound, "no picture"),
        (lambda take: (take / "take.toml").unlink(), BadInput, "no take here"),
    ],
)
def test_a_bad_take_is_refused_by_name_and_left_alone(
    take: Path, harm: Callable[[Path], None], trouble: type[Exception], words: str
) -> None:
    harm(take)
    with pytest.raises(trouble, match=words):
        solve_take(take, Request(), NOW, quiet)
    assert not (take / SOLVED_FILE).exists()
    assert not (take / SOLVE_FILE).exists()


def test_a_map_of_tags_that_are_not_in_the_picture_is_refused(take: Path) -> None:
    other = TagMap({500: PlacedTag(500, 0.2, Pose((0, 0, 0), (1, 0, 0, 0)))})
    with pytest.raises(BadInput, match="no tag of the map"):
        solve_take(take, Request(tags=other), NOW, quiet)


def test_without_map_or_reports_the_frames_own_poses_are_the_prior(take: Path) -> None:
    (take / RAW_FILE).unlink()
    done = solve_take(take, Request(every=2), NOW, quiet)
    assert done.solution.after.rms_px < 0.5 * done.solution.before.rms_px
    notes = " ".join(done.tables["solve"]["notes"])
    assert "place and scale are the tracker's own" in notes


def test_a_measured_lens_takes_the_place_of_the_takes_own(take: Path) -> None:
    lens = Lens(960, 540, 700.0, 700.0, 480.0, 270.0)
    file = LensFile("zoom", (MeasuredLens(lens, covariance=np.diag([0.2] * 4 + [1e-7] * 5)),), 0.0)
    done = solve_take(take, Request(lens=file, tags=with_tags(take).tags), NOW, quiet)
    figures = done.solution.figures
    assert figures["focal_ratio"].value == pytest.approx(1.0, abs=1.5e-3)
    assert figures["readout_s"].prior == 0.0


def test_a_take_shot_between_two_settings_of_a_zoom_is_solved_with_the_lens_between(take: Path) -> None:
    # The take tells 0.3 % more than the truth of 700 px; the mount was measured last elsewhere.
    sat = Pose((0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0))
    settings = tuple(
        MeasuredLens(
            Lens(960, 540, focal_px, focal_px, 480.0, 270.0),
            zoom=zoom,
            covariance=np.diag([9.0] * 4 + [1e-7] * 5),
            mount=MeasuredMount(sat, (1e-4,) * 3, (1e-4,) * 3),
        )
        for zoom, focal_px in ((0.2, 560.0), (0.8, 875.0))
    )
    away = Pose((0.5, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0))
    file = LensFile("zoom", settings, 0.0, away)
    done = solve_take(take, Request(lens=file, tags=with_tags(take).tags), NOW, quiet)
    figures = done.solution.figures
    assert done.tables["lens"]["fx_px"] == pytest.approx(700.0, rel=1.5e-3)
    assert figures["focal_ratio"].value == pytest.approx(1 / 1.003, abs=1.5e-3)
    assert figures["nodal_x_m"].prior == pytest.approx(0.0, abs=1e-9)


def test_a_solve_that_brought_nothing_is_not_what_is_handed_over(solved: Any, tmp_path: Path) -> None:
    take = tmp_path / solved[0].name
    shutil.copytree(solved[0], take)
    report = tomllib.loads((take / SOLVE_FILE).read_text())
    assert report["solve"]["better"] is True
    report["solve"]["better"] = False
    (take / SOLVE_FILE).write_bytes(tomli_w.dumps(report).encode())
    assert best_track(take) == TRACK_FILE

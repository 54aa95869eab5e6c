"""Real checkerboards in two folders against the calibration that was shipped with them, and each other.

The room behind the board is the same in both folders, to within a pixel: one camera took all, standing
still, where the shipped calibration knows two of different centres on opposite sides of the room. How
far the two folders' focal lengths are apart is therefore what these photographs can judge.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import cv2
import numpy as np

from benchmarks.quality.camera_rows.frame import Absent, Figure, Numbers, Row
from openset.stage.calibrate.session import Session
from openset.stage.live.boards import OtherSize, image_files, read_images
from openset.stage.prints.model import parse_board

REPOSITORY = Path(__file__).resolve().parents[3]
BOARD = parse_board("checkerboard:4x7:60")
CAMERAS = ("cam01", "cam03")
QCA_UNITS = 64.0


def folder() -> Path:
    """The photographs."""
    for place in (
        os.environ.get("OPENSET_SHARED_DATA"),
        REPOSITORY.parent / "shared" / "data",
        REPOSITORY / "shared" / "data",
    ):
        if place and (Path(place) / "calibration" / "pose2sim" / "Calib.qca.txt").is_file():
            return Path(place) / "calibration" / "pose2sim"
    raise Absent(
        "calibration/pose2sim is not here: set OPENSET_SHARED_DATA to the folder of real material"
    )


def reference(text: str, camera: str) -> float:
    """The reference's focal length in pixels, the mean of both directions."""
    block = text[text.index(f'serial="{camera}"') :]
    along = [float(re.search(rf'focalLength{axis}="([0-9.]+)"', block)[1]) / QCA_UNITS for axis in "UV"]  # type: ignore[index]
    return sum(along) / 2


def by_openset(camera: Path) -> float:
    """As `openset calibrate lens --images` does it."""
    session: Session | None = None
    for each in read_images(image_files(str(camera / "*.jpg"))):
        if isinstance(each, OtherSize):
            continue
        session = session or Session(BOARD, each.luma.shape[1], each.luma.shape[0])
        session.add(each.name, each.luma, each.time_s)
    assert session is not None
    lens = session.result().found.lens
    return (lens.fx_px + lens.fy_px) / 2


def by_opencv(camera: Path) -> float:
    """As OpenCV's tutorial does it."""
    points, pixels = [], []
    grid = np.zeros((28, 3), np.float32)
    grid[:, :2] = np.mgrid[0:4, 0:7].T.reshape(-1, 2) * 60
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 30, 0.001)
    size = (0, 0)
    for path in sorted(camera.glob("*.jpg")):
        luma = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        size = (luma.shape[1], luma.shape[0])
        found, corners = cv2.findChessboardCorners(luma, (4, 7))
        if found:
            points.append(grid)
            pixels.append(cv2.cornerSubPix(luma, corners, (11, 11), (-1, -1), stop))
    _, k, _, _, _ = cv2.calibrateCamera(points, pixels, size, None, None)
    return float(k[0, 0] + k[1, 1]) / 2


def run(_seed: int, _quick: bool) -> Numbers:
    """Both cameras."""
    here = folder()
    text = (here / "Calib.qca.txt").read_text()
    numbers: Numbers = {}
    for prefix, solve in (("", by_openset), ("cv.", by_opencv)):
        found = {camera: solve(here / camera) for camera in CAMERAS}
        for camera, focal_px in found.items():
            numbers[prefix + camera] = abs(focal_px / reference(text, camera) - 1) * 100
        one, other = found.values()
        numbers[prefix + "apart"] = abs(one / other - 1) * 100
    return numbers


REAL = Row(
    "real",
    "Real checkerboards of pose2sim against the shipped reference",
    run,
    (
        *(
            Figure(camera, f"focal length, {camera}, off the reference", "%", 0.1, digits=4)
            for camera in CAMERAS
        ),
        Figure("apart", "focal length, the two folders apart", "%", 0.1, digits=4),
    ),
    once=True,
    against="findChessboardCorners, cornerSubPix and calibrateCamera as in OpenCV's tutorial",
)

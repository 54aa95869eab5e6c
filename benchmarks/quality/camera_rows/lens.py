"""Lenses from webcam-quality pictures of a board (vision 2.2): the drawn map over the whole frame."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np

from benchmarks.quality.camera_rows.frame import Figure, Numbers, Row
from benchmarks.quality.camera_rows.truth import F64, U8, optics_of
from openset.primitives.space import look_at
from openset.sim.optics import Optics, project, unbend
from openset.sim.prints import Sheet, board_sheet, facing
from openset.sim.sightings import Look, picture, still
from openset.sim.walks import rotation_from_vector
from openset.stage.accuracy.spread import Doubt, error_at
from openset.stage.calibrate.conclude import Conclusion
from openset.stage.calibrate.session import Session
from openset.stage.prints.model import parse_board

VIEWS, QUICK_VIEWS = 24, 12
WEBCAM = Look(0.9, 4.0, 75, 0.25, 0.0, samples=2)
BOARD = parse_board("charuco:13x8:30:22.5:DICT_4X4_250")
LENSES = {
    "barrel": Optics(1920, 1080, 1450, 975.3, 528.7, -0.21, 0.09, 0.0007, -0.0005, -0.015, fy_px=1452),
    "wide": Optics(1920, 1080, 1200, 955.0, 547.0, -0.25, 0.08, 0.0003, 0.0004, -0.010),
    "tele": Optics(1920, 1080, 4200, 968.0, 533.0, 0.10, -0.4, 0.0002, -0.0002, 0.0),
    "fisheye": Optics(1920, 1080, 900, 966.0, 536.0, fisheye=(-0.02, 0.004, -0.002, 0.0003)),
}
_LEVEL = np.array([[1.0, 0, 0], [0, 0, -1.0], [0, 1.0, 0]])
"""A camera that looks along +Y."""


def boards(optics: Optics, seed: int, count: int) -> Iterator[Sheet]:
    """Boards held before a camera at the origin: tilted up to 38 degrees, rolled up to 25, every fifth
    square on, 45 to 95 % of the width, their middles in the middle half of the frame."""
    random = np.random.default_rng([seed, 21])
    for index in range(count):
        part, roll = random.uniform(0.45, 0.95), np.radians(random.uniform(-25, 25))
        tilt = np.radians(random.uniform(-38, 38, 2)) * (index % 5 != 0)
        pixel = np.array([optics.width_px, optics.height_px]) * random.uniform(0.25, 0.75, 2)
        distance = 14 * BOARD.square_m * optics.f_px / (part * optics.width_px)
        x, y = _sight(optics, pixel)
        middle = np.array([x, 1.0, -y]) * distance
        upright = facing(np.array([0.0, -1.0, 0.0]), np.array([0.0, 0.0, 1.0]))
        rotation = (
            upright
            @ rotation_from_vector(np.array([tilt[0], tilt[1], 0.0]))
            @ rotation_from_vector(np.array([0.0, 0.0, roll]))
        )
        origin = middle - rotation @ np.array([6.0, 3.5, 0.0]) * BOARD.square_m
        yield board_sheet("charuco", 13, 8, 0.03, 0.0225, "DICT_4X4_250", origin, rotation)


def _sight(optics: Optics, pixel: F64) -> tuple[float, float]:
    x, y = unbend(
        optics,
        np.array([(pixel[0] - optics.cx_px) / optics.f_px]),
        np.array([(pixel[1] - optics.cy_px) / optics.down_px]),
    )
    return float(x[0]), float(y[0])


def views_of(optics: Optics, seed: int, count: int, look: Look = WEBCAM) -> list[U8]:
    """The pictures."""
    held = list(enumerate(boards(optics, seed, count)))

    def one(job: tuple[int, Sheet]) -> U8:
        return picture(
            optics,
            still(np.zeros(3), _LEVEL),
            [job[1]],
            look,
            np.random.default_rng([seed, 22, job[0]]),
        )

    one(held[0])
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(one, held))


def map_error_px(truth: Optics, solved: Optics) -> tuple[float, float]:
    """True rays of a 33 x 19 grid over the whole frame through the solved lens, the best rotation
    removed: rms and largest, pixels."""
    u, v = (
        g.ravel()
        for g in np.meshgrid(np.linspace(0, truth.width_px, 33), np.linspace(0, truth.height_px, 19))
    )
    x, y = unbend(truth, (u - truth.cx_px) / truth.f_px, (v - truth.cy_px) / truth.down_px)
    rays, pixels, turn = (
        np.stack([x, -y, -np.ones_like(x)], axis=-1),
        np.stack([u, v], axis=-1),
        np.eye(3),
    )

    def off(vector: F64) -> F64:
        return (
            project(solved, np.zeros(3), rotation_from_vector(vector) @ turn, rays) - pixels
        ).ravel()

    for _ in range(6):
        base = off(np.zeros(3))
        slope = np.stack([(off(1e-6 * axis) - base) / 1e-6 for axis in np.eye(3)], axis=-1)
        turn = rotation_from_vector(-np.linalg.lstsq(slope, base, rcond=None)[0]) @ turn
    left = np.linalg.norm(off(np.zeros(3)).reshape(-1, 2), axis=1)
    return float(np.sqrt(np.mean(left**2))), float(left.max())


def by_openset(pictures: list[U8]) -> Conclusion:
    """As `openset calibrate lens` does it."""
    session = Session(BOARD, pictures[0].shape[1], pictures[0].shape[0])
    for index, luma in enumerate(pictures):
        session.add(f"{index:02}", luma, float(index))
    return session.result()


def by_opencv(pictures: list[U8], fisheye: bool) -> Optics | None:
    """As OpenCV's tutorial does it: detectBoard, matchImagePoints, calibrate, five coefficients."""
    family = cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, BOARD.dictionary))
    board = cv2.aruco.CharucoBoard((14, 9), BOARD.square_m, BOARD.marker_m, family)
    detector = cv2.aruco.CharucoDetector(board)
    points, pixels = [], []
    for luma in pictures:
        corners, ids, _, _ = detector.detectBoard(luma)
        if ids is None or len(ids) < 12:
            continue
        matched = board.matchImagePoints(corners, ids)
        points.append(matched[0])
        pixels.append(matched[1])
    size = (pictures[0].shape[1], pictures[0].shape[0])
    if fisheye:
        flags = cv2.CALIB_RECOMPUTE_EXTRINSIC | cv2.CALIB_FIX_SKEW
        try:
            there = [each.reshape(1, -1, 3).astype(np.float64) for each in points]
            seen = [each.reshape(1, -1, 2).astype(np.float64) for each in pixels]
            _, k, d, _, _ = cv2.fisheye.calibrate(there, seen, size, None, None, flags=flags)
        except cv2.error:
            return None
        a, b, c, e = d.ravel().tolist()
        return Optics(*size, k[0, 0], k[0, 2] + 0.5, k[1, 2] + 0.5, fisheye=(a, b, c, e), fy_px=k[1, 1])
    _, k, d, _, _ = cv2.calibrateCamera(points, pixels, size, None, None)
    k1, k2, p1, p2, k3 = d.ravel().tolist()[:5]
    return Optics(*size, k[0, 0], k[0, 2] + 0.5, k[1, 2] + 0.5, k1, k2, p1, p2, k3, fy_px=k[1, 1])


def measure(kind: str, seed: int, quick: bool) -> Numbers:
    """One lens of a seed."""
    truth = LENSES[kind]
    pictures = views_of(truth, seed, QUICK_VIEWS if quick else VIEWS)
    mine = by_openset(pictures)
    found = mine.found
    numbers = _numbers("", truth, optics_of(found.lens))
    numbers["said_px"] = found.map_uncertainty_px
    numbers["said_part"] = found.map_uncertainty_px / numbers["map_px"]
    numbers["views"] = len(found.views)
    if found.covariance is not None:
        numbers["in.lens at the mark"], numbers["of.lens at the mark"] = _at_the_mark(truth, mine)
    theirs = by_opencv(pictures, kind == "fisheye")
    return numbers | (_numbers("cv.", truth, theirs) if theirs is not None else {})


def _numbers(prefix: str, truth: Optics, found: Optics) -> Numbers:
    rms, most = map_error_px(truth, found)
    focal = 0.5 * (found.f_px / truth.f_px + found.down_px / truth.down_px)
    return {f"{prefix}map_px": rms, f"{prefix}most_px": most, f"{prefix}focal": abs(focal - 1) * 100}


def _at_the_mark(truth: Optics, mine: Conclusion) -> tuple[float, float]:
    """Points 4 m away over the frame: are they drawn within the stated radius? The camera stands where
    the solved lens would put it: turned as the best rotation over the frame is."""
    lens, covariance = mine.found.lens, mine.found.covariance
    pose = look_at((0.0, 0.0, 0.0), (0.0, 1.0, 0.0))
    solved, level = optics_of(lens), pose.matrix[:3, :3]
    inside = count = 0
    for across in (0.1, 0.3, 0.5, 0.7, 0.9):
        for down in (0.1, 0.5, 0.9):
            x, y = _sight(truth, np.array([across * truth.width_px, down * truth.height_px]))
            point = np.array([4.0 * x, 4.0, -4.0 * y])
            off = project(solved, np.zeros(3), level, point) - project(truth, np.zeros(3), level, point)
            said = error_at(lens, pose, point, Doubt(np.zeros((6, 6)), covariance))
            if said is not None:
                count += 1
                inside += float(np.linalg.norm(off)) <= said.radius_px
    return float(inside), float(count)


def _row(kind: str, title: str, judged: bool) -> Row:
    return Row(
        f"lens-{kind}",
        title,
        lambda seed, quick: measure(kind, seed, quick),
        (
            Figure("map_px", "map over the whole frame, rms", "px", 0.06 if judged else None),
            Figure("most_px", "map over the whole frame, largest", "px"),
            Figure("focal", "focal length", "%", 0.005 if judged else None, digits=4),
            Figure("said_px", "what is said of the map", "px"),
            Figure("said_part", "what is said, as a part of the truth", ""),
            Figure("views", "views used", "", at_least=True, digits=0),
        ),
        against="detectBoard and calibrateCamera as in OpenCV's tutorial"
        if kind != "fisheye"
        else "detectBoard and cv2.fisheye.calibrate",
    )


BARREL = _row("barrel", "Lens, webcam pictures, barrel 1450 px", True)
WIDE = _row("wide", "Lens, webcam pictures, wide 1200 px", True)
TELE = _row("tele", "Lens, webcam pictures, tele 4200 px", True)
FISHEYE = _row("fisheye", "Lens, webcam pictures, fisheye of 110 degrees", False)

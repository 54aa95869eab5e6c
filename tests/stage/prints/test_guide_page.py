"""The page on how to hang the tags."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest

from openset.stage.markers.detect import TagDetector
from openset.stage.prints.guide_page import SIDES_AWAY, guide_page
from openset.stage.prints.paper import EDGE_MM, PAPERS, parse_paper
from openset.stage.prints.patterns import tag_modules
from openset.stage.prints.tag_pages import lay_out
from openset.stage.prints.typeset import pdf, pictures
from openset.stage.prints.words import LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_is_written_within_its_edges_and_its_parts_keep_apart(language: str) -> None:
    ids = tuple(range(0, 587, 2))
    for paper in map(parse_paper, PAPERS):
        page = guide_page(ids, lay_out(paper, 100), paper, language)
        [png] = pictures([page], "x", language, ppi=50.8)
        luma = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_GRAYSCALE)
        assert luma is not None
        blank = np.asarray((luma > 200).all(axis=1))
        edge = round(4 * EDGE_MM)
        assert blank[:edge].all()
        assert blank[-edge:].all()
        # A white band of 8 mm or more parts the steps, the drawings and what is written down.
        scale = min(paper.upright.width_mm / 210, paper.upright.height_mm / 297)
        bands = "".join(".#"[not each] for each in blank).split("." * round(16 * scale))
        assert len([band for band in bands if "#" in band]) >= 3


def test_the_drawn_tags_are_never_read_as_tags_that_hang(
    sheets: Callable[[bytes], list[Any]], detector: TagDetector
) -> None:
    paper = parse_paper("A2")
    [sheet] = sheets(pdf([guide_page((1, 2), lay_out(paper, 160), paper)], "x", "en"))
    luma = sheet.picture(4)
    assert detector.detect_full(luma) == ()
    assert len(detector.detect_full(np.ascontiguousarray(luma[:, ::-1]))) >= 5


def test_a_tag_is_read_from_as_far_as_the_page_says(detector: TagDetector) -> None:
    # 1080p and 75 degrees across: 960 / tan(37.5) = 1251 px, so a tag 25 sides away covers 50 px.
    side = 960 / np.tan(np.radians(37.5)) / SIDES_AWAY
    assert side == pytest.approx(50, abs=0.1)
    random = np.random.default_rng(4)
    read = 0
    for _ in range(40):
        sheet = np.full((12, 12), 255, np.uint8)
        sheet[2:10, 2:10][tag_modules(int(random.integers(587)))] = 0
        large = cv2.resize(sheet, (480, 480), interpolation=cv2.INTER_NEAREST)
        turn = random.uniform(0, np.pi)
        turned = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        seen = turned @ np.diag([0.5, 1.0]) * (side / 8 * 12 / 480) * 3  # turned away by 60 degrees
        shift = 300 + random.uniform(-1.5, 1.5, 2) - seen @ [240, 240]
        luma = cv2.warpAffine(large, np.c_[seen, shift], (600, 600), flags=cv2.INTER_AREA)
        luma = cv2.resize(luma, (200, 200), interpolation=cv2.INTER_AREA).astype(np.float64) * 0.7 + 20
        luma = cv2.GaussianBlur(luma, (0, 0), 0.9) + random.normal(0, 4, luma.shape)
        coded = cv2.imencode(".jpg", luma.clip(0, 255).astype(np.uint8), [1, 75])[1]
        read += len(detector.detect(np.asarray(cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE))))
    assert read >= 38

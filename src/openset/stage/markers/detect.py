"""Tags found in one picture: AprilTag 36h11, by the reference detector (Wang and Olson 2016).

Measured against OpenCV's detector, its corners are five times nearer the truth at the same speed, since
it fits lines to whole edges. Its pixel convention is Openset's own, so nothing is added to its corners.
It looks at codes, in which dark corners of a room hold as many tags as bright ones, and at light, in
which small tags are not eaten by the white around them; edges are found again in light (edge_light.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
from pupil_apriltags import Detector

from openset.primitives.image import U8Plane
from openset.primitives.space import F64
from openset.stage.lens.model import Lens
from openset.stage.markers.bow import unbowed
from openset.stage.markers.edge_light import CURVE, relit, warm_up
from openset.stage.markers.model import FAMILY, SeenTag
from openset.stage.markers.pieces import Box, lay_out

MOST_MENDED = 1
LEAST_MARGIN = 20.0
SHARPENING = 0.25
BORDER_PX = 4.0
"""A tag that the picture's edge cuts is still read, its corners guessed from what is left of its edges:
pixels off."""
SMALLEST_PX = 24
"""A picture or a piece of one with a shorter side holds no tag that can be read."""
LARGE_PX = 110
"""A piece this wide holds a tag that is found in a picture of half the size."""
DIMMEST = 64
"""A picture without a brighter code is dark, and its light is not made brighter than this would be."""
PLENTY = 8
"""So many tags hold a pose as well as more: the others need not be looked for in light."""
SAME = 0.3
"""Of a tag's side: corners nearer to each other are of one tag."""
_AS_READ = [1, 0, 3, 2]
"""AprilTag counts its corners the other way round, and a tag printed with OpenCV's dictionary stands on
its head for it."""


class TagDetector:
    """Finds tags; one for each thread that looks, since the library beneath keeps its working memory.

    `decimate` is by how much the picture is shrunk while quads are looked for; their edges and bits are
    read at full size all the same. With the picture's `lens`, corners lie where the tag's are; without,
    where straight lines through its bowed edges cross.
    """

    def __init__(self, decimate: float = 2.0, lens: Lens | None = None) -> None:
        warm_up()
        self._lens = lens
        self._fast = _detector(decimate)
        self._full: Detector | None = self._fast if decimate == 1.0 else None

    def detect(self, luma: U8Plane, *, least: int = 1000) -> tuple[SeenTag, ...]:
        """The tags in a picture (h, w), by id; two with one id are both there. It is not looked at in
        light, which doubles the time, where `least` tags are found in codes."""
        return self._straight(_found_twice(self._fast, luma, least), luma)

    def detect_full(self, luma: U8Plane) -> tuple[SeenTag, ...]:
        """The same with quads looked for at full size: finds smaller tags in three times the time."""
        if self._full is None:
            self._full = _detector(1.0)
        return self._straight(_found_twice(self._full, luma), luma)

    def detect_in(self, luma: U8Plane, boxes: Iterable[Box]) -> tuple[SeenTag, ...]:
        """The tags in pieces of a picture, where a map says some must be: in small pieces looked for at
        full size. One that lies in two pieces comes once."""
        if self._full is None:
            self._full = _detector(1.0)
        seen: list[SeenTag] = []
        boxes = list(boxes)
        self._search(luma, boxes, seen, in_light=False)
        if len(seen) < PLENTY:
            self._search(luma, [box for box in boxes if not _holds(box, seen)], seen, in_light=True)
        return self._straight(seen, luma)

    def _search(
        self, luma: U8Plane, boxes: Iterable[Box], seen: list[SeenTag], *, in_light: bool
    ) -> None:
        """Add what is found in the pieces of a picture, as codes or in light."""
        large: list[Box] = []
        small: list[Box] = []
        for box in boxes:
            (large if min(box[2] - box[0], box[3] - box[1]) >= LARGE_PX else small).append(box)
        for detector, pieces in ((self._fast, large), (self._full, small)):
            sheet = lay_out(luma, pieces)
            if sheet is None or detector is None:
                continue
            for tag in _found(detector, _light(sheet.luma) if in_light else sheet.luma):
                corners = sheet.whole(tag.corners_px)
                if corners is not None and not _is_among(seen, tag.id, corners):
                    seen.append(replace(tag, corners_px=corners))

    def _straight(self, seen: Sequence[SeenTag], luma: U8Plane) -> tuple[SeenTag, ...]:
        tags = relit(sorted(seen, key=lambda tag: tag.id), luma)
        return tags if self._lens is None else unbowed(tags, self._lens)


def twice_seen(tags: Iterable[SeenTag]) -> frozenset[int]:
    """The ids that stand in a picture more than once: which of them is the mapped one is not known."""
    once: set[int] = set()
    twice: set[int] = set()
    for tag in tags:
        (twice if tag.id in once else once).add(tag.id)
    return frozenset(twice)


def _is_among(seen: Sequence[SeenTag], number: int, corners_px: F64) -> bool:
    """Whether a tag was found already in a piece that overlaps, or in codes."""
    near = max(2.0, SAME * float(np.linalg.norm(corners_px[0] - corners_px[2])) / np.sqrt(2.0))
    return any(
        tag.id == number and float(np.abs(tag.corners_px - corners_px).max()) < near for tag in seen
    )


class _Detector(Detector):  # type: ignore[misc]
    """The wrapper, but for its end: it frees the family before the detector that still points to it
    (pupil-labs/apriltags, pull request 65)."""

    tag_detector_ptr: Any

    def __del__(self) -> None:
        pointer, self.tag_detector_ptr = getattr(self, "tag_detector_ptr", None), None
        if pointer is None:
            return
        self.libc.apriltag_detector_destroy.restype = None
        self.libc.apriltag_detector_destroy(pointer)
        self.libc.tag36h11_destroy.restype = None
        self.libc.tag36h11_destroy(self.tag_families[FAMILY])


def _detector(decimate: float) -> Detector:
    # One thread: with more, the library adds work to its pool while a new pool's threads still start,
    # and about one new detector in five hundred ends the process (measured).
    detector = _Detector(FAMILY, nthreads=1, quad_decimate=decimate, quad_sigma=0.0, refine_edges=1)
    # The wrapper cuts this number to a whole one, which would be 0.
    detector.tag_detector_ptr.contents.decode_sharpening = SHARPENING
    return detector


def _light(luma: U8Plane) -> U8Plane:
    """Codes (h, w) as light, the brightest at 255."""
    white = max(DIMMEST, int(luma[::4, ::4].max()))
    light = np.minimum(np.arange(256) / white, 1.0) ** CURVE
    return np.asarray(cv2.LUT(luma, np.rint(255.0 * light).astype(np.uint8)), dtype=np.uint8)


def _holds(box: Box, seen: Sequence[SeenTag]) -> bool:
    """Whether a tag that was found has its middle in a piece."""
    middles = (tag.corners_px.mean(axis=0) for tag in seen)
    return any(box[0] < x < box[2] and box[1] < y < box[3] for x, y in middles)


def _found_twice(detector: Detector, luma: U8Plane, least: int = 1000) -> list[SeenTag]:
    """What is found in codes and, where that is less than `least`, in light alone."""
    seen = _found(detector, luma)
    if len(seen) >= least:
        return seen
    seen += [
        tag for tag in _found(detector, _light(luma)) if not _is_among(seen, tag.id, tag.corners_px)
    ]
    return seen


def _found(detector: Detector, luma: U8Plane) -> list[SeenTag]:
    """What one pass accepts."""
    if min(luma.shape) < SMALLEST_PX:
        return []
    most = np.array([luma.shape[1], luma.shape[0]]) - BORDER_PX
    seen = []
    for each in detector.detect(luma):
        corners: F64 = np.asarray(each.corners, dtype=np.float64)[_AS_READ]
        clear = each.hamming <= MOST_MENDED and each.decision_margin > LEAST_MARGIN
        if clear and (corners > BORDER_PX).all() and (corners < most).all():
            seen.append(
                SeenTag(int(each.tag_id), corners, int(each.hamming), float(each.decision_margin))
            )
    return seen

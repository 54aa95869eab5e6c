"""A mirrored print: not read as a tag, and told apart from no tag."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from openset.stage.markers.detect import TagDetector
from openset.stage.prints.mirrored import is_mirrored
from openset.stage.prints.paper import parse_paper
from openset.stage.prints.tag_pages import lay_out, tag_pages
from openset.stage.prints.typeset import pdf


def test_no_mirrored_tag_is_read_and_flipping_tells_why(
    sheets: Callable[[bytes], list[Any]], detector: TagDetector
) -> None:
    ids = tuple(range(587))

    def count(luma: Any) -> int:
        return len(detector.detect_full(luma))

    for sheet in sheets(pdf(tag_pages(ids, lay_out(parse_paper("A3"), 20)), "x", "en")):
        luma = sheet.picture(4)
        mirrored = np.ascontiguousarray(luma[:, ::-1])
        assert detector.detect_full(mirrored) == ()
        assert is_mirrored(mirrored, count)
        assert not is_mirrored(luma, count)
    assert not is_mirrored(np.full((200, 200), 128, np.uint8), count)

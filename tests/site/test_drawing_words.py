"""The bench's drawings in the reader's language."""

from __future__ import annotations

import re
from html import unescape

import numpy as np
import pytest
from django.utils.translation import override

from openset.primitives.space import pose_from_pan_tilt_roll
from openset.site.drawing_words import translated
from openset.stage.tracking.delay import estimate_delay
from openset.stage.tracking.delay_chart import delay_chart
from openset.stage.tracking.motion import Motion
from openset.stage.tracking.samples import TrackSample

MAP = (
    '<svg><text class="t" x="4">6 tags, usually sure to 0.21 mm, the least sure to 0.40 mm</text>'
    '<text class="s">scale from tape 0-2. Ellipses: one standard deviation, 200 times enlarged. '
    'Small dots: the walk.</text><text class="v">From above (X to the right, Y away)</text>'
    '<text class="s">X</text><text>a &lt;b&gt; &amp; c</text></svg>'
)


def words_of(svg: str) -> list[str]:
    return [unescape(text) for text in re.findall(r"<text[^>]*>([^<]*)</text>", svg)]


def drawn_delay() -> str:
    """A camera panned by hand at 25 pictures a second, its track 40 ms ahead."""
    times_s = np.arange(0.0, 10.0, 0.01)

    def pan(at_s: object) -> object:
        return 0.1 * np.sin(np.multiply(at_s, 3.1)) + 0.05 * np.sin(np.multiply(at_s, 7.7))

    track = [
        TrackSample(round(t * 1e9), pose_from_pan_tilt_roll((0, 0, 1.5), float(p), float(p) / 3, 0.0))
        for t, p in zip(times_s, np.asarray(pan(times_s)), strict=True)
    ]
    frames_s = np.arange(1.0, 9.0, 0.04)
    at = np.asarray(pan(frames_s - 0.04))
    flow = np.stack([500.0 * np.diff(at), 500.0 * np.diff(at) / 3], axis=1)
    stamps = np.round(frames_s * 1e9).astype(np.int64)
    motion = Motion(stamps[:-1], stamps[1:], flow, np.zeros(len(flow)), np.zeros((len(flow), 2)))
    return delay_chart(estimate_delay(motion, track), motion, track, title="move.otrk.jsonl")


def test_english_is_left_as_it_was_drawn() -> None:
    with override("en"):
        assert translated(MAP) == MAP


@pytest.mark.parametrize(("language", "word"), [("fr", "balises"), ("ar", "وسم")])
def test_a_maps_words_are_the_readers_and_its_figures_stay(language: str, word: str) -> None:
    with override(language):
        head, scale, above, axis, other = words_of(translated(MAP))
    assert word in head
    assert [figure in head for figure in ("6", "0.21", "0.40")] == [True] * 3
    assert "200" in scale
    assert "From above" not in above
    assert (axis, other) == ("X", "a <b> & c")


def test_every_sentence_of_a_delays_drawing_is_known() -> None:
    drawn = drawn_delay()
    with override("fr"):
        left = set(words_of(drawn)) & set(words_of(translated(drawn)))
    assert "move.otrk.jsonl" in left
    assert {each for each in left if re.search("[a-z]{3}", each)} == {"move.otrk.jsonl"}

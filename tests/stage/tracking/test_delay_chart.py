from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from openset.stage.tracking.delay import DelayEstimate, estimate_delay
from openset.stage.tracking.delay_chart import delay_chart, headline


def test_the_chart_shows_the_curve_and_both_motions(hand: Callable[..., Any]) -> None:
    made = hand(81)
    found = estimate_delay(made.motion, made.track)
    chart = delay_chart(found, made.motion, made.track, title="takes/1-A-t01 <&>")
    root = ET.fromstring(chart)
    words = " ".join(each.text or "" for each in root.iter() if each.tag.endswith("text"))
    assert "The picture comes 80." in words
    assert "Pan, degrees a second" in words
    assert "Tilt, degrees a second" in words
    assert "takes/1-A-t01 <&>" in words
    dots = [each for each in root.iter() if each.tag.endswith("circle")]
    assert len(dots) > 2 * 200
    lines = [each for each in root.iter() if each.tag.endswith("path")]
    assert len(lines) == 3  # the curve, the track's pan and tilt
    assert "nan" not in chart


def test_a_long_take_is_shown_where_it_is_liveliest(hand: Callable[..., Any]) -> None:
    made = hand(82, seconds=20.0)
    flow = made.motion.flow_px.copy()
    flow[:200] *= 0.2  # the first eight seconds are quiet
    motion = replace(made.motion, flow_px=flow)
    chart = delay_chart(estimate_delay(motion, made.track), motion, made.track)
    shown = [float(each) for each in re.findall(r'text-anchor="middle"[^>]*>(\d+)<', chart)]
    assert max(each for each in shown if each < 30) > 15


def test_a_refusal_heads_the_chart_and_little_is_still_drawn(hand: Callable[..., Any]) -> None:
    made = hand(83)
    refused = DelayEstimate(0.0, 0.0, None, "the track covers nothing")
    chart = delay_chart(refused, made.motion, made.track)
    assert "No delay: the track covers nothing" in chart
    ET.fromstring(chart)


def test_a_picture_that_comes_first_is_said_so() -> None:
    assert headline(DelayEstimate(-0.0123, 1.0, 0.0004, None)) == (
        "The picture comes 12.3 ± 0.4 ms before the pose"
    )

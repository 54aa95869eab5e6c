"""The map as a picture."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np

from openset.sim.walks import stage_round, stage_set
from openset.stage.markers.bundle import Frame, solve_map
from openset.stage.markers.map_plot import plot_of
from openset.stage.markers.quality import quality_of

from .walked import lens_of, seen_on

SVG = "{http://www.w3.org/2000/svg}"
FRAMES = seen_on(stage_round(3), stage_set(3), np.arange(10) * 2.4)


def test_every_tag_is_drawn_twice_and_has_its_number_and_spread_where_its_face_shows() -> None:
    found = solve_map(FRAMES, lens_of(), 0.2, frame=Frame((118, 122, 128), 120))
    root = ElementTree.fromstring(plot_of(found, quality_of(found, FRAMES)))
    tags = len(found.tag_map.tags)
    assert len(root.findall(f"{SVG}polygon")) == 2 * tags
    assert len(root.findall(f"{SVG}ellipse")) == tags  # the floor from above, the wall from the front
    assert len(root.findall(f"{SVG}circle")) == 2 * len(found.cameras)
    numbers = [each.text for each in root.findall(f"{SVG}text") if each.get("class") == "id"]
    assert sorted(map(int, filter(None, numbers))) == sorted(found.tag_map.tags)
    width, height = float(root.get("width", "0")), float(root.get("height", "0"))
    for each in root.findall(f"{SVG}circle"):
        assert 0 < float(each.get("cx", "-1")) < width
        assert 0 < float(each.get("cy", "-1")) < height


def test_what_comes_from_a_file_cannot_break_the_drawing() -> None:
    found = solve_map(FRAMES, lens_of(), 0.2)
    odd = found.tag_map.__class__(found.tag_map.tags, scale_from="tape <1-2> & more")
    text = plot_of(type(found)(**{**found.__dict__, "tag_map": odd}), quality_of(found, FRAMES))
    assert "tape &lt;1-2&gt; &amp; more" in text
    ElementTree.fromstring(text)

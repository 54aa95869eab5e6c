"""The lens file as text: what goes in comes out, and nonsense is refused by place."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openset.formats.faults import FormatError
from openset.primitives.space import Pose
from openset.stage.lens.lens_file import json_from_lens_file, lens_file_from_json
from openset.stage.lens.measured import LensFile, MeasuredLens, MeasuredMount
from openset.stage.lens.model import Lens

LENS = Lens(1920, 1080, 1450.0, 1452.0, 975.3, 528.7, -0.21, 0.09, 0.0007, -0.0005, -0.015)
WIDE = Lens(1920, 1080, 900.0, 900.0, 951.0, 533.0, fisheye=(-0.02, 0.004, -0.002, 0.0003))
SPREAD = np.diag(np.arange(1.0, 10.0)) + 0.01


def written(**changes: object) -> dict[str, object]:
    root = json.loads(json_from_lens_file(LensFile("Cooke", (MeasuredLens(LENS, covariance=SPREAD),))))
    root["settings"][0].update(changes)
    return dict(root)


def test_a_lens_file_says_all_that_was_measured() -> None:
    tracker = Pose((0.1, -0.02, 0.03), (1.0, 0.0, 0.0, 0.0))
    mount = MeasuredMount(tracker, (1e-4, 2e-4, 3e-4), (1e-3, 2e-3, 3e-3), 14)
    file = LensFile(
        "Cooke 35",
        (
            MeasuredLens(LENS, 0.25, 0.5, SPREAD, 0.12, 0.04, 24),
            MeasuredLens(WIDE, 0.75, 1.0, rms_px=0.2, focal_mm=18.0, mount=mount),
        ),
        readout_s=0.016,
        tracker_from_camera=tracker,
        notes={"board": "charuco:13x8:30"},
    )
    found = lens_file_from_json(json_from_lens_file(file))
    assert (found.name, found.readout_s, found.tracker_from_camera) == ("Cooke 35", 0.016, tracker)
    assert dict(found.notes) == {"board": "charuco:13x8:30"}
    first, second = found.settings
    assert (first.lens, first.focus, first.zoom) == (LENS, 0.25, 0.5)
    assert (first.rms_px, first.map_uncertainty_px, first.views_used) == (0.12, 0.04, 24)
    assert first.covariance is not None
    np.testing.assert_allclose(first.covariance, SPREAD)
    assert (second.lens, second.covariance, second.map_uncertainty_px) == (WIDE, None, None)
    assert (first.focal_mm, first.mount) == (None, None)
    assert (second.focal_mm, second.mount) == (18.0, mount)


def test_a_setting_stands_there_in_opentrackios_terms_too() -> None:
    root = written()
    said = root["settings"][0]["opentrackio"]  # type: ignore[index]
    # 1450 px of 1920 on 36 mm are 27.1875 mm.
    assert said["lens"]["pinholeFocalLength"] == pytest.approx(27.1875)
    assert said["lens"]["distortion"][0]["model"] == "Brown-Conrady U-D"
    assert said["camera"]["activeSensorPhysicalDimensions"]["width"] == 36.0


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"fx_px": 0.0}, "settings[0].fx_px"),
        ({"cx_px": 1e9}, "settings[0].cx_px"),
        ({"focal_mm": -4}, "settings[0].focal_mm"),
        ({"mount": {"position_m": [0, 0]}}, "settings[0].mount.position_m"),
        (
            {"mount": {"position_m": [0, 0, 0], "rotation_wxyz": [1, 0, 0, 0], "sd_m": [-1, 0, 0]}},
            "settings[0].mount.sd_m",
        ),
        ({"width_px": 10**9}, "settings[0].width_px"),
        ({"focus": 2.0}, "settings[0].focus"),
        ({"covariance": [1.0] * 44}, "settings[0].covariance"),
        ({"covariance": [-1.0] + [0.0] * 44}, "settings[0].covariance"),
        ({"distortion": {"k1": "much"}}, "settings[0].distortion.k1"),
        ({"views_used": -1}, "settings[0].views_used"),
        ({"model": "rational"}, "settings[0].model"),
    ],
)
def test_nonsense_is_refused_by_place(changes: dict[str, object], place: str) -> None:
    with pytest.raises(FormatError) as caught:
        lens_file_from_json(json.dumps(written(**changes)).encode())
    assert caught.value.at == place


KEYS = st.sampled_from(["what", "version", "settings", "fx_px", "notes"])
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(ANYTHING)
def test_anything_else_is_a_format_error(value: object) -> None:
    for root in (value, {"what": "openset lens", "version": 1, "settings": value, "notes": value}):
        with pytest.raises(FormatError):
            lens_file_from_json(json.dumps(root).encode())

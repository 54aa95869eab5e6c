"""Key settings: defaults, plain values and back, and clear refusals."""

from __future__ import annotations

import pytest

from openset.primitives.errors import BadInput
from openset.stage.key.settings import KeySettings, settings_from_mapping


def test_settings_survive_the_way_through_plain_values() -> None:
    settings = KeySettings(screen="blue", gain=1.1, garbage_shapes=(((0, 0), (0.2, 0), (0, 1.0)),))
    assert settings_from_mapping(settings.as_mapping()) == settings


def test_an_empty_mapping_means_the_defaults() -> None:
    assert settings_from_mapping({}) == KeySettings()


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"gian": 1.0}, "gian"),
        ({"screen": "red"}, "green or blue"),
        ({"clip_black": 0.9}, "clip_white"),
        ({"despill": 2}, "despill"),
        ({"gain": "much"}, "unreadable"),
        ({"garbage_shapes": [[[0, 0], [1, 1]]]}, "three corners"),
        ({"garbage_shapes": 3}, "unreadable"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(values: dict[str, object], word: str) -> None:
    with pytest.raises(BadInput, match=word):
        settings_from_mapping(values)

"""The simulated storyteller."""

from __future__ import annotations

import numpy as np
import pytest

from openset.sim import figure as puppet
from openset.sim.motion import figure_at
from openset.sim.picture import Studio


def test_a_parts_pivot_falls_on_the_sprites_own_origin(small_studio: Studio) -> None:
    state = figure_at(small_studio.plan, 0.7)
    maps = puppet.texel_maps(small_studio.figure, state)
    for part, (x, z, _angle, _stretch) in enumerate(puppet.joints(state)):
        sprite = small_studio.figure.sprites[part]
        if sprite is None:
            continue
        a, b, c, d, e, f = maps[part]
        column, row = a * x + b * z + c, d * x + e * z + f
        assert column == pytest.approx(-sprite.left_m / sprite.texel_m - 0.5)
        assert row == pytest.approx(sprite.top_m / sprite.texel_m - 0.5)


def test_an_elbow_stays_at_the_end_of_its_upper_arm(small_studio: Studio) -> None:
    for time_s in (0.0, 0.4, 1.3):
        joints = puppet.joints(figure_at(small_studio.plan, time_s))
        for side in ("left", "right"):
            shoulder = joints[puppet.PARTS.index(f"upper arm {side}")]
            elbow = joints[puppet.PARTS.index(f"forearm {side}")]
            assert np.hypot(*(elbow - shoulder)[:2]) == pytest.approx(puppet.UPPER_ARM_M)


def test_sprites_are_premultiplied_and_within_range(small_studio: Studio) -> None:
    for sprite in small_studio.figure.sprites:
        if sprite is None:
            continue
        coverage = sprite.texels[..., 3]
        assert coverage.min() >= 0.0
        assert coverage.max() <= 1.0
        assert sprite.texels.min() >= 0.0
        assert (sprite.texels[coverage == 0.0] == 0.0).all()
        assert (sprite.texels[..., 4] <= 0.27 * coverage + 1e-6).all()


def test_spill_is_strongest_at_the_edge(small_studio: Studio) -> None:
    body = small_studio.figure.sprites[puppet.PARTS.index("body")]
    assert body is not None
    row = body.texels[round((body.top_m - 1.2) / body.texel_m)]
    inside = np.flatnonzero(row[:, 3] > 0.95)
    assert row[inside[1], 4] > 3 * row[inside[len(inside) // 4], 4]


def test_there_are_at_least_four_hundred_hairs_thinner_than_three_millimetres(
    small_studio: Studio,
) -> None:
    hair = small_studio.figure
    assert len(hair.strands) >= 400
    assert hair.width_m.max() < 0.003
    assert ((hair.opacity > 0) & (hair.opacity <= 1)).all()


def test_hair_sways_at_the_tips_and_holds_at_the_roots(small_studio: Studio) -> None:
    hair, state = small_studio.figure, figure_at(small_studio.plan, 0.0)
    early = puppet.strands_on_stage(hair, state, 0.0)
    late = puppet.strands_on_stage(hair, state, 0.5)
    moved = np.linalg.norm(late - early, axis=-1)
    assert moved[:, 0].max() == 0.0
    assert moved[:, -1].mean() > 0.004


def test_the_same_seed_dresses_the_same_person(small_studio: Studio) -> None:
    again = puppet.make_figure(small_studio.plan)
    for first, second in zip(small_studio.figure.sprites, again.sprites, strict=True):
        assert (first is None) == (second is None)
        if first is not None and second is not None:
            assert np.array_equal(first.texels, second.texels)
    assert np.array_equal(small_studio.figure.strands, again.strands)

"""The figure's sculpture."""

from __future__ import annotations

import numpy as np
import pytest

from openset.sim import body


@pytest.mark.parametrize(
    ("part", "box"),
    [
        (body.BODY, (-0.30, -0.09, 0.30, 1.52)),
        (body.HEAD, (-0.15, -0.23, 0.15, 0.17)),
        (body.UPPER_ARM, (-0.11, -0.34, 0.11, 0.08)),
        (body.FOREARM, (-0.09, -0.45, 0.09, 0.06)),
        (body.BACK_HAIR, (-0.14, -0.24, 0.14, 0.14)),
    ],
)
def test_a_part_lies_inside_its_box_with_unit_normals_that_face_the_camera(
    part: int, box: tuple[float, float, float, float]
) -> None:
    shape = body.sculpt(part, box, 0.004)
    covered = shape.coverage > 0.5
    assert 0.2 < covered.mean() < 0.9
    lengths = np.linalg.norm(shape.normal[covered], axis=-1)
    assert np.allclose(lengths, 1.0, atol=1e-3)
    assert (shape.normal[covered][:, 1] < 0.05).mean() > 0.97
    assert shape.coverage[:, [0, -1]].max() == 0.0


def test_the_body_wears_its_clothes_in_order_from_the_floor_up() -> None:
    shape = body.sculpt(body.BODY, (-0.30, -0.09, 0.30, 1.52), 0.004)
    z = shape.places()[1][:, 0]
    middles = [
        z[np.any(shape.material == kind, axis=1)].mean()
        for kind in (body.SHOE, body.TROUSERS, body.TUNIC, body.SKIN)
    ]
    assert middles == sorted(middles)


def test_places_are_texel_centres() -> None:
    shape = body.sculpt(body.FOREARM, (-0.09, -0.45, 0.09, 0.06), 0.01)
    x, z = shape.places()
    assert x[0, 0] == pytest.approx(-0.085)
    assert z[0, 0] == pytest.approx(0.055)

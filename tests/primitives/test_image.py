from __future__ import annotations

import pytest

from openset.primitives.image import empty_yuv420


def test_a_420_picture_has_chroma_of_half_size() -> None:
    picture = empty_yuv420(1280, 720)
    assert (picture.width, picture.height) == (1280, 720)
    assert picture.u.shape == picture.v.shape == (360, 640)
    assert all(plane.flags.c_contiguous for plane in (picture.y, picture.u, picture.v))


@pytest.mark.parametrize("size", [(641, 480), (640, 481)])
def test_an_odd_size_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="even size"):
        empty_yuv420(*size)

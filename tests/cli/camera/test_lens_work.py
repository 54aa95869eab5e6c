"""What `calibrate lens` does with a clip."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from openset.cli.camera.lens_work import from_picture
from openset.primitives.rotation import matrix_from_vector
from openset.sim.optics import Optics
from openset.sim.prints import board_sheet
from openset.sim.sightings import Look, picture, still
from openset.stage.prints.model import parse_board

OPTICS = Optics(960, 540, 800.0, 485.0, 262.0, -0.1, 0.02)
BOARD = parse_board("charuco:9x6:30:22.5:DICT_5X5_250")


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three places in which the board stands for eight frames, a frame of motion between them."""
    path = tmp_path_factory.mktemp("clip") / "board.mp4"
    random = np.random.default_rng(4)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 960, 540, "yuv420p"
        stream.bit_rate = 8_000_000
        for tilt, across in ((0.4, -0.08), (0.0, 0.0), (-0.4, 0.08)):
            turn = matrix_from_vector(np.array([tilt, 0.2, 0.1]))
            origin = np.array([across, 0.0, -0.5]) - turn @ [0.12, 0.075, 0.0]
            sheet = board_sheet("charuco", 9, 6, 0.03, 0.0225, "DICT_5X5_250", origin, turn)
            luma = picture(
                OPTICS, still(np.zeros(3), np.eye(3)), [sheet], Look(0.8, 2, None, 0.2, 0.0), random
            )
            for _ in range(8):
                frame = av.VideoFrame.from_ndarray(np.repeat(luma[..., None], 3, axis=2), "rgb24")
                container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def test_of_a_clip_each_place_of_the_board_is_kept_once(clip: Path) -> None:
    said: list[str] = []
    views, _, size = from_picture(str(clip), BOARD, 10.0, said.append)
    assert size == (960, 540)
    assert len(views) == 3
    assert len(said) >= 3
    # The board stands from 0, 0.8 and 1.6 s on.
    assert [int(view.time_s // 0.8) for view in views] == [0, 1, 2]

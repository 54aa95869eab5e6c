"""Pictures of boards from files and clips."""

from __future__ import annotations

import struct
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from openset.primitives.errors import PlateNotFound
from openset.stage.live.boards import (
    NamedPicture,
    OtherSize,
    image_files,
    read_images,
    read_picture,
)


def with_orientation(path: Path, orientation: int) -> None:
    """Say in a JPEG's EXIF which way up it was taken (TIFF 6.0 tag 274)."""
    data = path.read_bytes()
    tiff = b"II*\0" + struct.pack("<IHHHIII", 8, 1, 274, 3, 1, orientation, 0)
    body = b"Exif\0\0" + tiff
    path.write_bytes(data[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + data[2:])


def photo(path: Path, width: int = 64, height: int = 48) -> Path:
    cv2.imwrite(str(path), np.full((height, width), 100, np.uint8))
    return path


def test_pictures_come_in_order_of_name_from_a_folder_or_a_pattern(tmp_path: Path) -> None:
    for name in ("b.jpg", "a.png", "c.jpg"):
        photo(tmp_path / name)
    (tmp_path / "notes.txt").write_text("no picture")
    assert [path.name for path in image_files(str(tmp_path))] == ["a.png", "b.jpg", "c.jpg"]
    assert [path.name for path in image_files(f"{tmp_path}/*.jpg")] == ["b.jpg", "c.jpg"]
    with pytest.raises(PlateNotFound, match="no pictures"):
        image_files(f"{tmp_path}/*.tif")


def test_a_picture_of_another_size_or_none_is_named(tmp_path: Path) -> None:
    photo(tmp_path / "a.png")
    photo(tmp_path / "b.png")
    photo(tmp_path / "c.png", 48, 64)
    (tmp_path / "d.png").write_bytes(b"not a picture")
    found = list(read_images(image_files(str(tmp_path))))
    assert [type(each) for each in found] == [NamedPicture, NamedPicture, OtherSize, OtherSize]
    assert isinstance(found[2], OtherSize)
    assert "48 x 64" in found[2].reason


def test_photographs_turned_by_their_exif_are_read_as_the_sensor_has_them(tmp_path: Path) -> None:
    photo(tmp_path / "a.jpg")
    with_orientation(photo(tmp_path / "b.jpg"), 6)
    found = list(read_images(image_files(str(tmp_path))))
    assert all(isinstance(each, NamedPicture) and each.luma.shape == (48, 64) for each in found)


def test_photographs_all_turned_stand_upright(tmp_path: Path) -> None:
    for name in ("a.jpg", "b.jpg"):
        with_orientation(photo(tmp_path / name), 6)
    found = list(read_images(image_files(str(tmp_path))))
    assert all(isinstance(each, NamedPicture) and each.luma.shape == (64, 48) for each in found)


def test_a_clip_gives_its_frames_with_their_times(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for code in (40, 120, 200):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), code, np.uint8), "rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    found = list(read_picture(str(path), 10.0))
    assert [each.name for each in found] == ["frame 0", "frame 1", "frame 2"]
    assert [each.time_s for each in found] == pytest.approx([0.0, 0.04, 0.08])


def test_pictures_of_one_name_in_two_folders_are_told_apart(tmp_path: Path) -> None:
    for folder in ("near", "far"):
        (tmp_path / folder).mkdir()
        photo(tmp_path / folder / "a.png")
    found = list(read_images(image_files(f"{tmp_path}/*/a.png")))
    assert [each.name for each in found] == [str(tmp_path / "far/a.png"), str(tmp_path / "near/a.png")]


def test_a_folder_of_folders_names_them(tmp_path: Path) -> None:
    for name in ("cam01", "cam03"):
        (tmp_path / name).mkdir()
        photo(tmp_path / name / "01.png")
    with pytest.raises(PlateNotFound, match=r"Name one of the folders in it: .*cam01, .*cam03$"):
        image_files(str(tmp_path))

"""Sets on disk: what is written reads back the same, and a foreign or broken file is met in words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pxr import Usd, UsdValidation

from openset.primitives.errors import AlreadyExists, NotWritable, SetBroken, SetNotFound
from openset.primitives.space import look_at
from openset.stage.scene.files import read_set, write_set
from openset.stage.scene.model import Lamp, Material, Mesh, Scene, Sun


def small_set() -> Scene:
    rng = np.random.default_rng(3)
    texture = rng.integers(0, 255, (16, 8, 3)).astype(np.uint8)
    quad = np.array([[0, 0, 0], [1, 0, 0], [1, 0, 2], [0, 0, 2]], np.float32)
    mesh = Mesh(
        name="front wall",
        points=quad + np.float32(0.25),
        normals=np.tile(np.array([0, -1, 0], np.float32), (4, 1)),
        uvs=np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32),
        triangles=np.array([[0, 1, 2], [0, 2, 3]], np.int32),
        material=0,
    )
    floor = Mesh("floor", quad[:, [0, 2, 1]], mesh.normals[:, [0, 2, 1]], mesh.uvs, mesh.triangles, 1)
    materials = (
        Material("stone", (0.9, 0.8, 0.7), 0.6, 0.1, base_texture=texture, double_sided=True),
        Material("lamp glow", (0.2, 0.3, 0.4), emission=(2.0, 1.0, 0.5)),
    )
    return Scene(
        name="yard",
        meshes=(mesh, floor),
        materials=materials,
        suns=(Sun((0.6, 0.0, 0.8), (3.0, 2.0, 1.0)),),
        lamps=(Lamp((1.0, 2.0, 3.0), (0.5, 0.4, 0.1), 0.2),),
        dome=rng.uniform(0, 4, (16, 32, 3)).astype(np.float16).astype(np.float32),
        world_from_stage=look_at((1.0, 2.0, 0.5), (3.0, 5.0, 0.0)),
        exposure_ev=-1.25,
    )


def test_a_written_set_reads_back_the_same(tmp_path: Path) -> None:
    scene = small_set()
    path = write_set(scene, tmp_path / "yard")
    again = read_set(path)
    assert again.name == "yard"
    assert again.notes == ()
    assert again.exposure_ev == pytest.approx(-1.25)
    np.testing.assert_array_equal(again.dome, scene.dome)
    np.testing.assert_allclose(again.suns[0].towards, scene.suns[0].towards, atol=1e-9)
    np.testing.assert_allclose(again.suns[0].irradiance, scene.suns[0].irradiance, rtol=1e-6)
    np.testing.assert_allclose(again.lamps[0].position_m, scene.lamps[0].position_m)
    np.testing.assert_allclose(again.lamps[0].intensity, scene.lamps[0].intensity, rtol=1e-5)
    assert again.lamps[0].radius_m == pytest.approx(0.2)
    np.testing.assert_allclose(again.world_from_stage.matrix, scene.world_from_stage.matrix, atol=1e-9)


def test_meshes_and_materials_survive_the_round_trip(tmp_path: Path) -> None:
    scene = small_set()
    again = read_set(write_set(scene, tmp_path / "yard"))
    for before, after in zip(scene.meshes, again.meshes, strict=True):
        first, second = (mesh.points[mesh.triangles] for mesh in (before, after))
        np.testing.assert_allclose(second, first, atol=1e-6)
        np.testing.assert_allclose(after.uvs[after.triangles], before.uvs[before.triangles])
        np.testing.assert_allclose(after.normals[after.triangles], before.normals[before.triangles])
    stone, glow = again.materials
    assert stone.double_sided
    assert stone.roughness == pytest.approx(0.6)
    np.testing.assert_allclose(stone.base_colour, (0.9, 0.8, 0.7), rtol=1e-6)
    np.testing.assert_array_equal(stone.base_texture, scene.materials[0].base_texture)
    np.testing.assert_allclose(glow.emission, (2.0, 1.0, 0.5))


def test_usd_s_own_validators_find_nothing_to_say(tmp_path: Path) -> None:
    stage = Usd.Stage.Open(str(write_set(small_set(), tmp_path / "yard")))
    validators = UsdValidation.ValidationRegistry().GetOrLoadAllValidators()
    found = UsdValidation.ValidationContext(validators).Validate(stage)
    assert [error.GetMessage() for error in found] == []


def test_a_missing_texture_and_panorama_are_notes_not_failures(tmp_path: Path) -> None:
    path = write_set(small_set(), tmp_path / "yard")
    (path.parent / "textures" / "stone.png").unlink()
    (path.parent / "dome.exr").write_bytes(b"not an EXR")
    scene = read_set(path)
    assert len(scene.notes) == 2
    assert "stone.png is missing" in " ".join(scene.notes)
    assert "dome.exr is missing" in " ".join(scene.notes)
    assert scene.materials[0].base_texture is None


def test_a_set_is_never_written_over_another(tmp_path: Path) -> None:
    write_set(small_set(), tmp_path / "yard")
    with pytest.raises(AlreadyExists, match="a set is here already"):
        write_set(small_set(), tmp_path / "yard")


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(NotWritable, match="file"):
        write_set(small_set(), tmp_path / "file" / "yard")


def test_no_file_is_set_not_found(tmp_path: Path) -> None:
    with pytest.raises(SetNotFound, match=r"nowhere\.usda"):
        read_set(tmp_path / "nowhere.usda")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("set.usda", b"#usda 1.0\ndef Mesh {{{"),
        ("set.usdc", b"\x00\x01 random bytes"),
        ("set.usdz", b"PK not a zip"),
        ("set.glb", b"glTF"),
        ("empty.usda", b"#usda 1.0\n"),
    ],
)
def test_a_broken_set_is_one_line_that_names_the_file(
    tmp_path: Path, name: str, content: bytes
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(SetBroken) as caught:
        read_set(path)
    assert str(path) in caught.value.line
    assert "\n" not in caught.value.line

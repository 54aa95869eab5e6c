"""The gpu draws what the lens model, the shading formulas and the cpu bake say it must.

Each picture is made in another process (gpu_worker.py); any Vulkan adapter will do, a software one too.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from openset.primitives.colour import srgb_decode, srgb_encode
from openset.primitives.errors import BadInput, NoAdapter
from openset.primitives.space import IDENTITY, Pose, look_at
from openset.stage.lens.model import Lens, pinhole, pixel_grid, project, rays
from openset.stage.render.bake import bake_view
from openset.stage.render.gpu import AdapterInfo
from openset.stage.render.view import display_codes, display_planes
from openset.stage.scene.dome import pixel_directions
from openset.stage.scene.model import Lamp, Material, Mesh, Scene, Sun

pytestmark = pytest.mark.gpu

WIDTH, HEIGHT = 320, 180
STRAIGHT = pinhole(WIDTH, HEIGHT, 24.0, 24.0)
LEVEL = look_at((0.0, -4.0, 1.5), (0.0, 0.0, 1.5))


def _worker_class() -> Any:
    where = Path(__file__).with_name("gpu_worker.py")
    spec = importlib.util.spec_from_file_location("gpu_worker", where)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["gpu_worker"] = module
    spec.loader.exec_module(module)
    return module.Worker


@pytest.fixture(scope="module")
def gpu() -> Iterator[Any]:
    worker = _worker_class()()
    try:
        if not worker.ask(do="adapters"):
            pytest.skip("no Vulkan adapter: install mesa-vulkan-drivers")
        yield worker
    finally:
        worker.close()


def quad(
    name: str, corners: list[tuple[float, float, float]], material: int = 0, tiles: float = 1.0
) -> Mesh:
    """Two triangles on four corners, counter-clockwise; uv (0, 0) at the first corner."""
    points = np.array(corners, np.float32)
    normal = np.cross(points[1] - points[0], points[2] - points[0])
    normals = np.tile(normal / np.linalg.norm(normal), (4, 1)).astype(np.float32)
    uvs = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32) * tiles
    return Mesh(name, points, normals, uvs, np.array([[0, 1, 2], [0, 2, 3]], np.int32), material)


def card(x: float, y: float, z: float, half: float, material: int = 0) -> Mesh:
    """A square in the x-z plane, facing -Y: towards a camera that looks along +Y."""
    corners = [(x - half, y, z - half), (x + half, y, z - half), (x + half, y, z + half)]
    return quad("card", [*corners, (x - half, y, z + half)], material)


def floor(material: int = 0, half: float = 20.0) -> Mesh:
    return quad(
        "floor", [(-half, -half, 0), (half, -half, 0), (half, half, 0), (-half, half, 0)], material
    )


def at(lens: Lens, pose: Pose, points: Any) -> Any:
    """World points to distorted pixels."""
    inside = (np.asarray(points, float) - pose.position_m) @ pose.matrix[:3, :3]
    return project(lens, inside)


def codes_at(picture: Any, pixels: Any) -> Any:
    """The picture's codes (n, 3) at the pixels that hold these positions."""
    columns, rows = np.floor(np.asarray(pixels)).astype(int).T
    return picture[:, rows, columns].T.astype(int)


LENSES = {
    "pinhole": STRAIGHT,
    "off centre": replace(STRAIGHT, cx_px=190.3, cy_px=71.6),
    "barrel": replace(STRAIGHT, k1=-0.22, k2=0.06, cx_px=148.0, cy_px=97.0),
    "pincushion": replace(STRAIGHT, k1=0.12, p1=0.004, p2=-0.006, cx_px=166.0, cy_px=84.0),
    "stretched pixels": replace(STRAIGHT, fx_px=300.0, fy_px=340.0, k1=-0.1),
}


def test_only_modern_adapters_are_offered_and_real_ones_come_first(gpu: Any) -> None:
    found = gpu.ask(do="adapters")
    assert {adapter.backend for adapter in found} <= {"Vulkan", "Metal", "D3D12"}
    kinds = [adapter.kind for adapter in found]
    assert kinds == sorted(kinds)  # "gpu" before "software"


def test_an_adapter_that_is_not_there_is_refused_by_name(gpu: Any) -> None:
    wanted = AdapterInfo("Voodoo 2", "3dfx", "gpu", "Vulkan")
    with pytest.raises(NoAdapter, match="Voodoo 2"):
        gpu.render(Scene("empty"), (LEVEL, STRAIGHT), adapter=wanted)


def test_a_driver_that_aborts_fails_one_test_and_not_the_next(gpu: Any) -> None:
    with pytest.raises(pytest.fail.Exception, match="ended its process"):
        gpu.ask(do="abort")
    assert gpu.ask(do="adapters")


@pytest.mark.parametrize("name", LENSES)
def test_points_land_where_the_lens_model_projects_them(gpu: Any, name: str) -> None:
    lens = LENSES[name]
    pose = look_at((0.3, -4.0, 1.4), (0.1, 0.0, 1.6))
    spots = [(x, 2.0 + 0.3 * x, 1.5 + z) for x in (-2.2, -0.7, 0.9, 2.1) for z in (-1.1, 0.1, 1.2)]
    glowing = Material("glow", (0.0, 0.0, 0.0), 1.0, emission=(0.5, 0.5, 0.5))
    scene = Scene("spots", tuple(card(*spot, 0.09) for spot in spots), (glowing,))
    (picture,) = gpu.render(scene, (pose, lens), samples=4)
    light = srgb_decode(picture[1] / 255.0)
    pixels = pixel_grid(lens.width_px, lens.height_px)
    for wanted in at(lens, pose, spots):
        near = np.abs(pixels - wanted).max(axis=-1) < 8.0
        if near.sum() < 250:
            continue  # at the picture's edge
        found = (pixels[near] * light[near][:, None]).sum(axis=0) / light[near].sum()
        assert np.abs(found - wanted).max() < 0.3


def test_a_white_plane_under_a_sun_has_the_code_the_formula_gives(gpu: Any) -> None:
    towards = np.array([0.0, 0.6, 0.8])
    white, sun = Material("white", (0.8, 0.8, 0.8), 1.0), Sun((0, 0.6, 0.8), (1, 2, 0.5))
    scene = Scene("plane", (floor(),), (white,), (sun,))
    (picture,) = gpu.render(scene, (LEVEL, STRAIGHT))
    pixel = np.array([160.5, 150.5])
    look = rays(STRAIGHT, pixel) @ LEVEL.matrix[:3, :3].T
    view = -look / np.linalg.norm(look)
    middle = (view + towards) / np.linalg.norm(view + towards)
    fresnel = 0.04 + 0.96 * (1.0 - towards @ middle) ** 5
    nl, nv = towards[2], view[2]
    gloss = fresnel / np.pi * 0.5 / (nl + nv) * nl
    radiance = np.array([1.0, 2.0, 0.5]) * (0.8 / np.pi * nl + gloss)
    wanted = display_codes(radiance, 0.0).astype(int)
    assert np.abs(codes_at(picture, [pixel])[0] - wanted).max() <= 1


def test_the_tone_curve_and_exposure_are_the_ones_of_the_cpu(gpu: Any) -> None:
    values = np.array([0.0, 0.001, 0.003, 0.01, 0.05, 0.18, 0.4, 0.59, 0.62, 1.0, 2.0, 8.0])
    materials = tuple(
        Material(f"m{v}", (0, 0, 0), 1.0, emission=(v, v / 2, v * 1.7)) for v in values.tolist()
    )
    places = [(-1.65 + 0.3 * k, 0.0, 1.5) for k in range(len(values))]
    cards = tuple(card(*place, 0.14, k) for k, place in enumerate(places))
    scene = Scene("wedge", cards, materials, exposure_ev=0.7)
    (picture,) = gpu.render(scene, (LEVEL, STRAIGHT))
    wanted = display_codes(np.stack([values, values / 2, values * 1.7], axis=-1), 0.7).astype(int)
    assert np.abs(codes_at(picture, at(STRAIGHT, LEVEL, places)) - wanted).max() <= 1


def test_a_shadow_falls_where_geometry_says(gpu: Any) -> None:
    lid = quad("lid", [(-0.5, -0.5, 1.0), (0.5, -0.5, 1.0), (0.5, 0.5, 1.0), (-0.5, 0.5, 1.0)])
    sun = Sun((0.6, 0.0, 0.8), (3.0, 3.0, 3.0))
    scene = Scene("lid", (floor(), lid), (Material("white", roughness=1.0),), (sun,))
    pose = look_at((0.0, -5.0, 3.0), (-0.75, 0.0, 0.0))
    (picture,) = gpu.render(scene, (pose, STRAIGHT))
    # The shadow's edges at x = -1.25 and -0.25, y = -0.5 and 0.5.
    clear, dark = 0.06, []
    for x, y in ((-1.25, 0.0), (-0.25, -0.3), (-0.9, -0.5), (-0.9, 0.5)):
        out = np.sign([x + 0.75, y]) * [abs(x + 0.75) > 0.45, abs(y) > 0.45]
        for side in (-clear, clear):
            dark.append(((x, y, 0.0) + side * np.array([*out, 0.0]), side < 0))
    found = codes_at(picture, at(STRAIGHT, pose, [point for point, _ in dark]))[:, 1]
    lit = codes_at(picture, at(STRAIGHT, pose, [(1.5, -1.0, 0.0)]))[0, 1]
    for code, (point, shaded) in zip(found, dark, strict=True):
        assert (code < 0.1 * lit) == shaded, (point, code, lit)


def test_each_of_two_suns_throws_its_own_shadow(gpu: Any) -> None:
    lid = quad("lid", [(-0.4, -0.4, 1.0), (0.4, -0.4, 1.0), (0.4, 0.4, 1.0), (-0.4, 0.4, 1.0)])
    suns = (Sun((0.6, 0.0, 0.8), (3.0, 0.0, 0.0)), Sun((-0.6, 0.0, 0.8), (0.0, 0.0, 3.0)))
    scene = Scene("lid", (floor(), lid), (Material("white", roughness=1.0),), suns)
    pose = look_at((0.0, -5.0, 3.0), (0.0, 0.0, 0.0))
    (picture,) = gpu.render(scene, (pose, STRAIGHT), gathered=False)
    spots = [
        (-0.75, 0, 0),
        (0.75, 0, 0),
        (0.0, -2.0, 0),
    ]  # shadow of the red sun, of the blue one, none
    red_gone, blue_gone, both = codes_at(picture, at(STRAIGHT, pose, spots))
    assert red_gone[0] < 5 < 100 < red_gone[2]
    assert blue_gone[2] < 5 < 100 < blue_gone[0]
    assert both[0] > 100 < both[2]


def test_shadows_follow_a_camera_that_walks_away(gpu: Any) -> None:
    lid = quad("lid", [(-0.5, 39.5, 1.0), (0.5, 39.5, 1.0), (0.5, 40.5, 1.0), (-0.5, 40.5, 1.0)])
    white, sun = Material("white", roughness=1.0), Sun((0, 0, 1), (3, 3, 3))
    scene = Scene("lid", (floor(0, 60.0), lid), (white,), (sun,))
    there = look_at((0.0, 35.0, 3.0), (0.0, 40.0, 0.5))
    first, after = gpu.render(scene, (LEVEL, STRAIGHT), (there, STRAIGHT))
    dark, lit = codes_at(after, at(STRAIGHT, there, [(0.35, 39.6, 0.0), (0.9, 39.6, 0.0)]))
    assert dark[1] < 40 < 150 < lit[1]
    (fresh,) = gpu.render(scene, (there, STRAIGHT))
    assert np.abs(fresh.astype(int) - after).mean() < 0.5
    assert first.shape == after.shape


def test_the_sky_is_the_panorama_seen_along_each_ray(gpu: Any) -> None:
    looks = pixel_directions(512, 256)
    dome = (0.25 + 0.2 * looks).astype(np.float32)
    for lens in (LENSES["off centre"], LENSES["barrel"]):
        pose = look_at((3.0, 1.0, 1.0), (-2.0, -3.0, 2.5))
        (picture,) = gpu.render(Scene("sky", dome=dome), (pose, lens))
        seen = rays(lens, pixel_grid(lens.width_px, lens.height_px)) @ pose.matrix[:3, :3].T
        seen /= np.linalg.norm(seen, axis=-1, keepdims=True)
        wanted = display_planes((0.25 + 0.2 * seen).astype(np.float32), 0.0)
        assert np.abs(picture.astype(int) - wanted).max() <= 2


def test_textures_stand_upright_and_multiply_the_base_colour(gpu: Any) -> None:
    texture = np.zeros((64, 64, 3), np.uint8)
    texture[:32, :32], texture[:32, 32:] = (255, 0, 0), (0, 255, 0)  # top left, top right
    texture[32:, :32], texture[32:, 32:] = (0, 0, 255), (188, 188, 188)
    material = Material("cloth", (0.5, 0.5, 0.5), 1.0, base_texture=texture)
    dome = np.full((16, 32, 3), 1.0, np.float32)
    scene = Scene("cloth", (card(0, 0, 1.5, 0.8),), (material,), dome=dome)
    (picture,) = gpu.render(scene, (LEVEL, STRAIGHT))
    places = [(-0.4, 0, 1.9), (0.4, 0, 1.9), (-0.4, 0, 1.1), (0.4, 0, 1.1)]
    found = srgb_decode(codes_at(picture, at(STRAIGHT, LEVEL, places)) / 255.0)
    wanted = 0.5 * srgb_decode(
        np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255], [188, 188, 188]]) / 255.0
    )
    assert np.abs(found - wanted).max() < 0.06  # the dome's gloss is on top


def test_a_distant_texture_is_averaged_in_linear_light(gpu: Any) -> None:
    texture = np.zeros((256, 256, 3), np.uint8)
    texture[::2, ::2] = texture[1::2, 1::2] = 255
    checks = Material("checks", (1.0, 1.0, 1.0), 1.0, base_texture=texture)
    far = card(0.0, 46.0, 1.5, 10.0)
    dome = np.full((16, 32, 3), 0.8, np.float32)
    scene = Scene("checks", (replace(far, uvs=far.uvs * 20.0),), (checks,), dome=dome)
    (picture,) = gpu.render(scene, (LEVEL, STRAIGHT))
    middle = srgb_decode(picture[:, 70:110, 140:180] / 255.0)
    assert middle.mean() == pytest.approx(0.4, abs=0.05)
    assert middle.std() < 0.02


def test_the_nearer_surface_hides_the_farther_one_near_and_far(gpu: Any) -> None:
    red = Material("red", (0, 0, 0), 1.0, emission=(1, 0, 0))
    colours = (red, replace(red, name="green", emission=(0, 1, 0)))
    cards = []
    for distance, gap, x in ((0.1, 0.001, -0.9), (5.0, 0.002, 0.0), (2000.0, 4.0, 0.9)):
        for k in (0, 1):
            y = -4.0 + distance + gap * k
            cards.append(card(x * distance / 4.0, y, 1.5, 0.08 * distance, k))
    for order in (cards, cards[::-1]):
        (picture,) = gpu.render(Scene("pile", tuple(order), colours), (LEVEL, STRAIGHT))
        pixels = [(160 + 320 * x / 4.0, 90.0) for x in (-0.9, 0.0, 0.9)]
        assert np.all(codes_at(picture, pixels)[:, 0] > 200)
        assert np.all(codes_at(picture, pixels)[:, 1] < 5)


def test_a_polished_metal_mirrors_the_dome_and_has_no_diffuse_light(gpu: Any) -> None:
    dome = np.zeros((64, 128, 3), np.float32)
    dome[:32] = (0.1, 0.2, 0.6)
    metal = Material("metal", (0.9, 0.6, 0.3), 0.0, metallic=1.0)
    above = look_at((0.0, -1.0, 4.0), (0.0, 0.0, 0.0))  # steep, so that Fresnel adds nothing
    (picture,) = gpu.render(Scene("mirror", (floor(),), (metal,), dome=dome), (above, STRAIGHT))
    found = srgb_decode(picture[:, 90, 160] / 255.0)
    np.testing.assert_allclose(found, [0.09, 0.12, 0.18], atol=0.02)


def room() -> Scene:
    """A floor, a wall, a coloured card and a glowing one under sun, lamp and sky."""
    dome = pixel_directions(128, 64)
    materials = (
        Material("ground", (0.5, 0.45, 0.4), 1.0),
        Material("red", (0.6, 0.1, 0.08), 1.0),
        Material("glow", (0.1, 0.1, 0.1), 1.0, emission=(0.8, 0.5, 0.2)),
    )
    wall = quad("wall", [(-4, 3, 0), (4, 3, 0), (4, 3, 3), (-4, 3, 3)])
    return Scene(
        "room",
        (floor(), card(-1.0, 1.0, 0.6, 0.6, 1), card(1.2, 0.5, 0.9, 0.4, 2), wall),
        materials,
        (Sun((-0.5, -0.5, 0.70710678), (2.0, 1.8, 1.4)),),
        (Lamp((0.3, -0.5, 1.2), (0.4, 0.3, 0.2)),),
        (0.3 + 0.2 * dome + 0.1 * dome[..., 2:] ** 2).astype(np.float32),
        exposure_ev=-0.3,
    )


@pytest.mark.parametrize(("gathered", "occlusion_rays", "median"), [(False, 0, 4), (True, 32, 5)])
def test_shading_agrees_with_the_cpu_bake(
    gpu: Any, gathered: bool, occlusion_rays: int, median: int
) -> None:
    scene, lens = room(), LENSES["barrel"]
    (picture,) = gpu.render(scene, (LEVEL, lens), samples=4, gathered=gathered)
    baked = display_planes(
        bake_view(scene, LEVEL, lens, occlusion_rays=occlusion_rays), scene.exposure_ev
    )
    off = np.abs(picture.astype(int) - baked).max(axis=0)
    assert np.median(off) <= median  # the gloss is the gpu's own
    assert np.percentile(off, 97) <= 16
    assert (off > 40).mean() < 0.01  # shadow edges


def test_one_renderer_serves_lenses_and_sizes_as_they_come(gpu: Any) -> None:
    dome = (0.3 + 0.2 * pixel_directions(128, 64)).astype(np.float32)
    scene = Scene("set", (card(0, 0, 1.5, 0.7),), (Material("grey"),), dome=dome)
    odd = pinhole(201, 113, 18.0, 24.0)
    frames = [
        (LEVEL, lens) for lens in (STRAIGHT, LENSES["barrel"], odd, LENSES["pincushion"], STRAIGHT)
    ]
    pictures = gpu.render(scene, *frames)
    assert pictures[2].shape == (3, 113, 201)
    for frame, picture in zip(frames, pictures, strict=True):
        np.testing.assert_array_equal(picture, gpu.render(scene, frame)[0])


def test_a_lens_past_all_reason_still_gives_a_whole_picture(gpu: Any) -> None:
    dome = np.full((16, 32, 3), 0.5, np.float32)
    fisheye = replace(STRAIGHT, fx_px=90.0, fy_px=90.0, k1=-0.35, k2=0.05)
    (picture,) = gpu.render(Scene("sky", dome=dome), (LEVEL, fisheye))
    assert np.all(picture == round(255 * float(srgb_encode(np.array(0.5)))))


def test_an_empty_set_is_black(gpu: Any) -> None:
    (picture,) = gpu.render(Scene("empty"), (IDENTITY, STRAIGHT))
    assert not picture.any()


def test_more_samples_smooth_an_edge(gpu: Any) -> None:
    glow = Material("glow", (0, 0, 0), 1.0, emission=(0.5, 0.5, 0.5))
    scene = Scene("edge", (card(0.013, 0, 1.5, 0.7),), (glow,))
    pose = replace(LEVEL, rotation_wxyz=look_at((0, 0, 0), (0.1, 1, 0.1)).rotation_wxyz)
    (one,) = gpu.render(scene, (pose, STRAIGHT), samples=1)
    (four,) = gpu.render(scene, (pose, STRAIGHT), samples=4)
    assert len(np.unique(one[0])) == 2
    assert len(np.unique(four[0])) > 3


def test_a_number_of_samples_no_adapter_has_is_refused(gpu: Any) -> None:
    with pytest.raises(BadInput, match="3 samples"):
        gpu.render(Scene("empty"), (LEVEL, STRAIGHT), samples=3)


def test_two_hundred_frames_of_a_zoom_hold_no_more_memory_than_the_first(gpu: Any) -> None:
    scene = Scene("set", (card(0, 0, 1.5, 0.7),), (Material("grey"),), (Sun((0, 0, 1), (1, 1, 1)),))
    first, last = gpu.ask(do="soak", scene=scene, frame=(LEVEL, LENSES["barrel"]), count=200)
    assert last - first < 4_000_000

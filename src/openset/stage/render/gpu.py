"""The gpu back end: a set drawn through a lens on Vulkan, Metal or D3D12, by wgpu.

A frame is: shadow maps (only when the camera has left their boxes), the set and the sky into a straight
linear picture (rgba16float, reverse-Z), then one compute pass that bends, exposes, tones and packs it,
and one read-back. What is not about the device is computed in matrices.py, batches.py, prefilter.py and
uniforms.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt
import wgpu

from openset.primitives.errors import BadInput, NoAdapter
from openset.primitives.image import F32Rgb, U8Planes
from openset.primitives.space import Pose
from openset.stage.lens.model import Lens
from openset.stage.render.batches import MATERIAL_FLOATS, Batches, lay_out_batches
from openset.stage.render.matrices import (
    ShadowBox,
    StraightView,
    clip_from_world_of,
    shadow_middle,
    straight_view,
    warp_nodes,
)
from openset.stage.render.prefilter import LEVELS, glossy_levels
from openset.stage.render.probes import LightGrid, light_grids
from openset.stage.render.uniforms import (
    BOXES_PER_SUN,
    FRAME_FLOATS,
    MOST_SUNS,
    NODE_STEP_PX,
    WARP_FLOATS,
    brightest,
    grid_texels,
    lamp_table,
    light_block,
    put_box,
    put_camera,
    put_grid,
    warp_block,
)
from openset.stage.render.view import picture_for
from openset.stage.scene.dome import irradiance_terms, shrink
from openset.stage.scene.model import Scene

_BACKENDS = ("Vulkan", "Metal", "D3D12")
_SOFTWARE = "CPU"
_ORDER = ("DiscreteGPU", "IntegratedGPU", "VirtualGPU", "Unknown", _SOFTWARE)
_COLOUR, _DEPTH = "rgba16float", "depth32float"
_SLOT_BYTES = 256  # what a uniform's offset into a buffer must be a multiple of
_BOX_HALVES_M = (10.0, 40.0, 160.0)
_STAYS_WITHIN = 0.35  # a shadow box is drawn anew when its middle should be this far from where it is
_GROWTH_PX = 64


@dataclass(frozen=True)
class AdapterInfo:
    """A graphics adapter: `kind` is "gpu" or "software", `backend` "Vulkan", "Metal" or "D3D12"."""

    name: str
    driver: str
    kind: str
    backend: str


def adapters() -> list[AdapterInfo]:
    """Every adapter that can render, the fastest kind first; empty where there is none."""
    return [_info(adapter) for adapter in _found()]


def _found() -> list[Any]:
    """wgpu's adapters in the order of `adapters`. OpenGL is left out: it lacks what the passes need."""
    listed = wgpu.gpu.enumerate_adapters_sync()
    usable = [a for a in listed if a.info["backend_type"] in _BACKENDS]
    return sorted(usable, key=lambda a: _ORDER.index(a.info["adapter_type"]))


def _info(adapter: Any) -> AdapterInfo:
    info = adapter.info
    kind = "software" if info["adapter_type"] == _SOFTWARE else "gpu"
    return AdapterInfo(info["device"], info["description"], kind, info["backend_type"])


def _open_device(wanted: AdapterInfo | None) -> tuple[AdapterInfo, Any]:
    """The wanted adapter, or the first, and a device on it. Raises NoAdapter."""
    for adapter in _found():
        info = _info(adapter)
        if wanted is not None and info != wanted:
            continue
        names = ("max-texture-dimension-2d", "max-buffer-size")
        limits = {name: adapter.limits[name] for name in names}
        try:
            return info, adapter.request_device_sync(required_limits=limits)
        except (RuntimeError, wgpu.GPUError) as error:
            raise NoAdapter(
                f"the graphics driver refused a device ({error})",
                where=info.name,
                todo="Update the driver, or use --backend cpu",
            ) from error
    raise NoAdapter(
        f"no adapter {wanted.name!r} on this machine"
        if wanted
        else "no Vulkan, Metal or D3D12 adapter",
        todo="Install a graphics driver (Debian: mesa-vulkan-drivers), or use --backend cpu",
    )


class GpuRenderer:
    """Draws a set, exactly as a camera would see it, into display-encoded planes.

    `width` and `height` are the picture expected first; each frame is of its own lens's size.
    `samples` is 1 or 4 samples a pixel, None for 4 on a real adapter and 1 on a software one;
    `shadow_texels` is the side of a shadow map. `adapter` None takes the first of `adapters()`.
    `gathered` lets sky light and one bounce of sunlight find their way through the set (probes.py;
    seconds, once, told to `progress` as 0..1); without, every surface has the whole dome's light.
    Raises NoAdapter when there is no adapter.
    """

    name = "gpu"

    def __init__(
        self,
        scene: Scene,
        width: int,
        height: int,
        *,
        adapter: AdapterInfo | None = None,
        samples: int | None = None,
        shadow_texels: int = 2048,
        gathered: bool = True,
        progress: Callable[[float], None] | None = None,
    ) -> None:
        self.adapter, self._device = _open_device(adapter)
        real = self.adapter.kind == "gpu"
        if samples not in (None, 1, 4):
            raise BadInput(f"a pixel cannot have {samples} samples", todo="Use 1 or 4")
        self._samples = samples or (4 if real else 1)
        self._gain = 2.0**scene.exposure_ev
        grids = light_grids(scene, progress) if gathered and scene.meshes else ()
        self._set = _Set(self._device, scene, grids, self._samples, 8 if real else 1)
        self._shadows = _Shadows(self._device, self._set, shadow_texels)
        self._set.bind(self._shadows.texture)
        self._picture = _Picture(self._device, self._samples)
        self._picture.fit(width, height, width, height)

    def render(self, world_from_camera: Pose, lens: Lens, out: U8Planes | None = None) -> U8Planes:
        """The background for this pose and lens, planar uint8 (3, h, w), into `out` if given."""
        if self._device is None:
            raise BadInput("the renderer is closed")
        planes = picture_for(lens, out)
        view = self._picture.set_lens(lens, self._gain)
        put_camera(self._set.block, view, world_from_camera)
        encoder = self._device.create_command_encoder()
        self._shadows.follow(encoder, world_from_camera)
        self._device.queue.write_buffer(self._set.frame, 0, self._set.block)
        self._picture.draw(encoder, self._set.bundle, view)
        self._picture.bend(encoder, lens)
        self._device.queue.submit([encoder.finish()])
        self._picture.read(planes)
        return planes

    def close(self) -> None:
        """Give the device back; rendering afterwards is an error."""
        device, self._device = self._device, None
        if device is not None:
            self._picture.close()
            device.destroy()


class _Set:
    """The set on the device: vertices, materials, dome and lights, and the recorded draw calls."""

    def __init__(
        self, device: Any, scene: Scene, grids: Sequence[LightGrid], samples: int, anisotropy: int
    ) -> None:
        self._device = device
        self._laid_out = lay_out_batches(scene)
        self.low_m, self.high_m = self._laid_out.low_m, self._laid_out.high_m
        self.count = len(self._laid_out.indices)
        self.vertices = _buffer(device, self._laid_out.vertices, wgpu.BufferUsage.VERTEX)
        self.indices = _buffer(device, self._laid_out.indices, wgpu.BufferUsage.INDEX)
        dome = np.zeros((32, 64, 3), np.float32) if scene.dome is None else _fitting(device, scene.dome)
        self.suns = brightest(scene.suns)
        self.block = light_block(self.suns, len(scene.lamps), LEVELS, irradiance_terms(dome))
        self.frame = device.create_buffer(
            size=FRAME_FLOATS * 4, usage=wgpu.BufferUsage.UNIFORM | wgpu.BufferUsage.COPY_DST
        )
        self._lamps = _buffer(device, lamp_table(scene.lamps), wgpu.BufferUsage.STORAGE)
        self._dome = _panoramas(device, [np.maximum(dome, 0.0)])
        self._glossy = _panoramas(device, glossy_levels(dome))
        self._grids = [_grid(device, grid) for grid in (grids or (None, None))]
        for k, grid in enumerate(grids):
            put_grid(self.block, k, grid)
        self._samples = samples
        self._frame_layout = _layout(
            device,
            _uniform(0, _BOTH),
            _storage(1, _FRAGMENT, "read-only-storage"),
            _texture(2),
            _texture(3),
            _sampler(4),
            _texture(5, sample_type="depth", view_dimension="2d-array"),
            _sampler(6, "comparison"),
            _texture(7, view_dimension="3d"),
            _texture(8, view_dimension="3d"),
        )
        self._material_layout = _layout(device, _uniform(0, _FRAGMENT), _texture(1), _sampler(2))
        self._materials = self._material_groups(self._laid_out, anisotropy)
        self.bundle: Any = None

    def bind(self, shadow_maps: Any) -> None:
        """Record the draw calls, reading these shadow maps."""
        device = self._device
        panorama = device.create_sampler(
            address_mode_u="repeat", mag_filter="linear", min_filter="linear", mipmap_filter="linear"
        )
        shadow = device.create_sampler(
            mag_filter="linear", min_filter="linear", compare="greater-equal"
        )
        group = device.create_bind_group(
            layout=self._frame_layout,
            entries=_entries(
                _whole(self.frame),
                _whole(self._lamps),
                self._dome.create_view(),
                self._glossy.create_view(),
                panorama,
                shadow_maps.create_view(dimension="2d-array"),
                shadow,
                *(grid.create_view() for grid in self._grids),
            ),
        )
        recorder = device.create_render_bundle_encoder(
            color_formats=[_COLOUR], depth_stencil_format=_DEPTH, sample_count=self._samples
        )
        recorder.set_bind_group(0, group)
        if self._laid_out.batches:
            recorder.set_vertex_buffer(0, self.vertices)
            recorder.set_index_buffer(self.indices, "uint32")
            recorder.set_pipeline(self._depth_pipeline())
            recorder.draw_indexed(self.count)
            recorder.set_pipeline(self._surface_pipeline())
            for batch in self._laid_out.batches:
                recorder.set_bind_group(1, self._materials[batch.material])
                recorder.draw_indexed(batch.count, 1, batch.first)
        recorder.set_pipeline(self._sky_pipeline())
        recorder.draw(3)
        self.bundle = recorder.finish()

    def _depth_pipeline(self) -> Any:
        """Depth alone, first: each pixel is then shaded once, however many surfaces lie behind it."""
        return self._device.create_render_pipeline(
            layout=self._device.create_pipeline_layout(bind_group_layouts=[self._frame_layout]),
            vertex={
                "module": _shader(self._device, "frame", "depth"),
                "entry_point": "corner",
                "buffers": [_POINT],
            },
            primitive={"topology": "triangle-list", "cull_mode": "none"},
            depth_stencil=_depth_test("greater", True),
            multisample={"count": self._samples},
            fragment={
                "module": _shader(self._device, "frame", "depth"),
                "entry_point": "nothing",
                "targets": [{"format": _COLOUR, "write_mask": 0}],
            },
        )

    def _surface_pipeline(self) -> Any:
        module = _shader(self._device, "frame", "set")
        layouts = [self._frame_layout, self._material_layout]
        return self._device.create_render_pipeline(
            layout=self._device.create_pipeline_layout(bind_group_layouts=layouts),
            vertex={"module": module, "entry_point": "corner", "buffers": [_VERTEX]},
            primitive={"topology": "triangle-list", "cull_mode": "none"},
            depth_stencil=_depth_test("equal", False),
            multisample={"count": self._samples},
            fragment={"module": module, "entry_point": "surface", "targets": [{"format": _COLOUR}]},
        )

    def _sky_pipeline(self) -> Any:
        module = _shader(self._device, "frame", "sky")
        layouts = [self._frame_layout]
        return self._device.create_render_pipeline(
            layout=self._device.create_pipeline_layout(bind_group_layouts=layouts),
            vertex={"module": module, "entry_point": "corner"},
            primitive={"topology": "triangle-list"},
            depth_stencil=_depth_test("equal", False),
            multisample={"count": self._samples},
            fragment={"module": module, "entry_point": "sky", "targets": [{"format": _COLOUR}]},
        )

    def _material_groups(self, laid_out: Batches, anisotropy: int) -> list[Any]:
        """One bind group a material; materials that share a texture share it on the device."""
        device = self._device
        table = np.zeros((len(laid_out.materials), _SLOT_BYTES // 4), np.float32)
        table[:, :MATERIAL_FLOATS] = laid_out.materials
        values = _buffer(device, table, wgpu.BufferUsage.UNIFORM)
        sampler = device.create_sampler(
            address_mode_u="repeat",
            address_mode_v="repeat",
            mag_filter="linear",
            min_filter="linear",
            mipmap_filter="linear",
            max_anisotropy=anisotropy,
        )
        upload = _Upload(device)
        white = np.full((1, 1, 3), 255, np.uint8)
        made: dict[int, Any] = {}
        groups = []
        for k, texture in enumerate(laid_out.textures):
            picture = white if texture is None else texture
            if id(picture) not in made:
                made[id(picture)] = upload.texture(_fitting(device, picture)).create_view()
            slot = {"buffer": values, "offset": k * _SLOT_BYTES, "size": MATERIAL_FLOATS * 4}
            entries = _entries(slot, made[id(picture)], sampler)
            groups.append(device.create_bind_group(layout=self._material_layout, entries=entries))
        return groups


class _Shadows:
    """Depth maps of each sun in boxes of growing size ahead of the camera; drawn when it leaves one."""

    def __init__(self, device: Any, stand: _Set, texels: int) -> None:
        self._device, self._set, self._texels = device, stand, texels
        number = len(stand.suns) * BOXES_PER_SUN
        self.texture = device.create_texture(
            size=(texels, texels, max(2, number)) if number else (1, 1, 2),
            format=_DEPTH,
            usage=wgpu.TextureUsage.RENDER_ATTACHMENT | wgpu.TextureUsage.TEXTURE_BINDING,
        )
        self._boxes: list[ShadowBox | None] = [None] * number
        self._values = device.create_buffer(
            size=_SLOT_BYTES * max(1, MOST_SUNS * BOXES_PER_SUN),
            usage=wgpu.BufferUsage.UNIFORM | wgpu.BufferUsage.COPY_DST,
        )
        layout = _layout(device, _uniform(0, wgpu.ShaderStage.VERTEX))
        self._groups = [
            device.create_bind_group(
                layout=layout,
                entries=_entries({"buffer": self._values, "offset": k * _SLOT_BYTES, "size": 64}),
            )
            for k in range(number)
        ]
        self._pipeline = device.create_render_pipeline(
            layout=device.create_pipeline_layout(bind_group_layouts=[layout]),
            vertex={"module": _shader(device, "shadow"), "entry_point": "corner", "buffers": [_POINT]},
            primitive={"topology": "triangle-list", "cull_mode": "none"},
            depth_stencil=_depth_test("greater", True),
        )

    def follow(self, encoder: Any, world_from_camera: Pose) -> None:
        """Draw anew the boxes that no longer lie ahead of the camera, and note them in the frame."""
        matrix = world_from_camera.matrix
        eye, ahead = matrix[:3, 3], -matrix[:3, 2]
        for k, box in enumerate(self._boxes):
            half = _BOX_HALVES_M[k % BOXES_PER_SUN]
            middle = shadow_middle(eye, ahead, half, self._texels)
            if box is not None and box.holds(np.array(middle), _STAYS_WITHIN):
                continue
            self._boxes[k] = new = ShadowBox(self._set.suns[k // BOXES_PER_SUN].towards, middle, half)
            self._draw(encoder, k, new)

    def _draw(self, encoder: Any, index: int, box: ShadowBox) -> None:
        clip, depth_m = clip_from_world_of(box, self._set.low_m, self._set.high_m)
        put_box(self._set.block, index, clip, 2.0 * box.half_m / self._texels, depth_m)
        values = np.ascontiguousarray(clip.T, np.float32)
        self._device.queue.write_buffer(self._values, index * _SLOT_BYTES, values)
        target = self.texture.create_view(dimension="2d", base_array_layer=index, array_layer_count=1)
        attachment = {
            "view": target,
            "depth_clear_value": 0.0,
            "depth_load_op": "clear",
            "depth_store_op": "store",
        }
        drawing = encoder.begin_render_pass(color_attachments=[], depth_stencil_attachment=attachment)
        if self._set.count:
            drawing.set_pipeline(self._pipeline)
            drawing.set_bind_group(0, self._groups[index])
            drawing.set_vertex_buffer(0, self._set.vertices)
            drawing.set_index_buffer(self._set.indices, "uint32")
            drawing.draw_indexed(self._set.count)
        drawing.end()


class _Picture:
    """The straight picture, the lens that bends it, and the planes on their way to memory."""

    def __init__(self, device: Any, samples: int) -> None:
        self._device, self._samples = device, samples
        self._size = (0, 0)
        self._planes_size = (0, 0)
        self._lens: Lens | None = None
        self._view: StraightView | None = None
        self._nodes: Any = None
        self._group: Any = None
        self._values = device.create_buffer(
            size=WARP_FLOATS * 4, usage=wgpu.BufferUsage.UNIFORM | wgpu.BufferUsage.COPY_DST
        )
        self._layout = _layout(
            device,
            _uniform(0, wgpu.ShaderStage.COMPUTE),
            _texture(1, wgpu.ShaderStage.COMPUTE, sample_type="unfilterable-float"),
            _texture(2, wgpu.ShaderStage.COMPUTE, sample_type="unfilterable-float"),
            _storage(3, wgpu.ShaderStage.COMPUTE, "storage"),
        )
        self._pipeline = device.create_compute_pipeline(
            layout=device.create_pipeline_layout(bind_group_layouts=[self._layout]),
            compute={"module": _shader(device, "warp"), "entry_point": "pack"},
        )

    def set_lens(self, lens: Lens, gain: float) -> StraightView:
        """The straight picture for this lens; everything is made to fit, once for each new lens."""
        if lens == self._lens and self._view is not None:
            return self._view
        most = self._device.limits["max-texture-dimension-2d"]
        limit = (min(2 * lens.width_px, most), min(2 * lens.height_px, most))
        view = straight_view(lens, limit)
        self._put_nodes(warp_nodes(lens, view, NODE_STEP_PX))
        self.fit(view.width_px, view.height_px, lens.width_px, lens.height_px)
        self._device.queue.write_buffer(self._values, 0, warp_block(lens, view, gain))
        self._group = self._device.create_bind_group(
            layout=self._layout,
            entries=_entries(
                _whole(self._values),
                self._resolved_view,
                self._nodes.create_view(),
                _whole(self._planes),
            ),
        )
        self._lens, self._view = lens, view
        return view

    def fit(self, width: int, height: int, picture_width: int, picture_height: int) -> None:
        """Have room for a straight picture of at least this size, and planes of just this size."""
        have = self._size
        if width > have[0] or height > have[1] or have[0] * have[1] > 4 * width * height:
            self._size = self._made_targets(width, height)
        if (picture_width, picture_height) != self._planes_size:
            self._planes_size = (picture_width, picture_height)
            size = 3 * picture_height * -(-picture_width // 4) * 4
            usage = wgpu.BufferUsage
            self._planes = self._device.create_buffer(size=size, usage=usage.STORAGE | usage.COPY_SRC)
            self._back = self._device.create_buffer(size=size, usage=usage.MAP_READ | usage.COPY_DST)

    def draw(self, encoder: Any, bundle: Any, view: StraightView) -> None:
        """The set and the sky into the straight picture."""
        colour = {"view": self._drawn_view, "load_op": "clear", "store_op": "store"}
        if self._samples > 1:
            colour |= {"resolve_target": self._resolved_view, "store_op": "discard"}
        depth = {
            "view": self._depth_view,
            "depth_clear_value": 0.0,
            "depth_load_op": "clear",
            "depth_store_op": "discard",
        }
        drawing = encoder.begin_render_pass(color_attachments=[colour], depth_stencil_attachment=depth)
        drawing.set_viewport(0, 0, view.width_px, view.height_px, 0.0, 1.0)
        drawing.set_scissor_rect(0, 0, view.width_px, view.height_px)
        drawing.execute_bundles([bundle])
        drawing.end()

    def bend(self, encoder: Any, lens: Lens) -> None:
        """The straight picture to planes, and the planes to where they can be read."""
        computing = encoder.begin_compute_pass()
        computing.set_pipeline(self._pipeline)
        computing.set_bind_group(0, self._group)
        computing.dispatch_workgroups(-(-lens.width_px // 32), -(-lens.height_px // 8))
        computing.end()
        encoder.copy_buffer_to_buffer(self._planes, 0, self._back, 0, self._back.size)

    def read(self, planes: U8Planes) -> None:
        """Wait for the frame and copy it out."""
        width, height = self._planes_size
        self._back.map_sync(wgpu.MapMode.READ)
        mapped = np.frombuffer(self._back.read_mapped(copy=False), np.uint8)
        planes[...] = mapped.reshape(3, height, -1)[:, :, :width]
        del mapped  # the memory goes away with the mapping
        self._back.unmap()

    def close(self) -> None:
        self._lens = self._view = self._group = None

    def _put_nodes(self, nodes: npt.NDArray[np.float32]) -> None:
        rows, columns = nodes.shape[:2]
        if self._nodes is None or self._nodes.size[:2] != (columns, rows):
            self._nodes = self._device.create_texture(
                size=(columns, rows, 1), format="rg32float", usage=_SAMPLED
            )
        _write_texture(self._device, self._nodes, 0, nodes)

    def _made_targets(self, width: int, height: int) -> tuple[int, int]:
        """New targets with room to spare, so that a zoom does not make them anew each frame."""
        most = self._device.limits["max-texture-dimension-2d"]
        size = tuple(min(most, -(-side // _GROWTH_PX) * _GROWTH_PX) for side in (width, height))
        attached = wgpu.TextureUsage.RENDER_ATTACHMENT

        def made(form: str, samples: int, usage: int) -> Any:
            texture = self._device.create_texture(
                size=(*size, 1), format=form, sample_count=samples, usage=usage
            )
            return texture.create_view()

        self._depth_view = made(_DEPTH, self._samples, attached)
        self._resolved_view = made(_COLOUR, 1, attached | wgpu.TextureUsage.TEXTURE_BINDING)
        several = self._samples > 1
        self._drawn_view = made(_COLOUR, self._samples, attached) if several else self._resolved_view
        return size[0], size[1]


class _Upload:
    """Puts sRGB textures on the device with all their mip levels."""

    def __init__(self, device: Any) -> None:
        self._device = device
        module = _shader(device, "mips")
        self._layout = _layout(device, _texture(0), _sampler(1))
        self._sampler = device.create_sampler(mag_filter="linear", min_filter="linear")
        self._pipeline = device.create_render_pipeline(
            layout=device.create_pipeline_layout(bind_group_layouts=[self._layout]),
            vertex={"module": module, "entry_point": "corner"},
            primitive={"topology": "triangle-list"},
            fragment={
                "module": module,
                "entry_point": "halve",
                "targets": [{"format": "rgba8unorm-srgb"}],
            },
        )

    def texture(self, picture: npt.NDArray[np.uint8]) -> Any:
        """(h, w, 3) sRGB-encoded to a texture, row 0 at the top."""
        height, width = picture.shape[:2]
        levels = max(width, height).bit_length()
        texture = self._device.create_texture(
            size=(width, height, 1),
            format="rgba8unorm-srgb",
            mip_level_count=levels,
            usage=_SAMPLED | wgpu.TextureUsage.RENDER_ATTACHMENT,
        )
        opaque = np.full((height, width, 4), 255, np.uint8)
        opaque[..., :3] = picture
        _write_texture(self._device, texture, 0, opaque)
        encoder = self._device.create_command_encoder()
        for level in range(1, levels):
            self._halve(encoder, _level(texture, level - 1), _level(texture, level))
        self._device.queue.submit([encoder.finish()])
        return texture

    def _halve(self, encoder: Any, larger: Any, smaller: Any) -> None:
        group = self._device.create_bind_group(
            layout=self._layout, entries=_entries(larger, self._sampler)
        )
        colour = {"view": smaller, "load_op": "clear", "store_op": "store"}
        drawing = encoder.begin_render_pass(color_attachments=[colour])
        drawing.set_pipeline(self._pipeline)
        drawing.set_bind_group(0, group)
        drawing.draw(3)
        drawing.end()


_SAMPLED = wgpu.TextureUsage.TEXTURE_BINDING | wgpu.TextureUsage.COPY_DST
_FRAGMENT = wgpu.ShaderStage.FRAGMENT
_BOTH = wgpu.ShaderStage.VERTEX | wgpu.ShaderStage.FRAGMENT
_POINT = {
    "array_stride": 32,
    "attributes": [{"format": "float32x3", "offset": 0, "shader_location": 0}],
}
_VERTEX = {
    "array_stride": 32,
    "attributes": [
        {"format": "float32x3", "offset": 0, "shader_location": 0},
        {"format": "float32x3", "offset": 12, "shader_location": 1},
        {"format": "float32x2", "offset": 24, "shader_location": 2},
    ],
}


@cache
def _source(name: str) -> str:
    return files(__package__).joinpath(f"{name}.wgsl").read_text(encoding="utf-8")


def _shader(device: Any, *names: str) -> Any:
    """The named files, one after the other, as one module."""
    return device.create_shader_module(label=names[-1], code="\n".join(map(_source, names)))


def _buffer(device: Any, data: npt.NDArray[Any], usage: int) -> Any:
    """A buffer holding the array; an empty one still gets a few bytes, as a binding needs some."""
    if data.nbytes > device.limits["max-buffer-size"]:
        raise BadInput(
            f"the set needs {data.nbytes >> 20} MB in one piece, more than the adapter gives",
            todo="Make its meshes simpler",
        )
    if data.nbytes == 0:
        data = np.zeros(16, np.float32)
    return device.create_buffer_with_data(data=np.ascontiguousarray(data), usage=usage)


def _fitting(device: Any, picture: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The picture, shrunk by a whole factor where the adapter has no texture so large."""
    factor = -(-max(picture.shape[:2]) // device.limits["max-texture-dimension-2d"])
    return picture if factor == 1 else shrink(picture, factor).astype(picture.dtype)


def _panoramas(device: Any, levels: Sequence[F32Rgb]) -> Any:
    """Linear panoramas, each half the size of the one before, as the levels of one texture."""
    height, width = levels[0].shape[:2]
    texture = device.create_texture(
        size=(width, height, 1), format=_COLOUR, mip_level_count=len(levels), usage=_SAMPLED
    )
    for level, picture in enumerate(levels):
        texels = np.ones((*picture.shape[:2], 4), np.float16)
        texels[..., :3] = np.minimum(picture, 60000.0)
        _write_texture(device, texture, level, texels)
    return texture


def _grid(device: Any, grid: LightGrid | None) -> Any:
    """A grid of indirect light as a 3D texture; a dark point where there is none."""
    texels = np.zeros((1, 1, 1, 4), np.float16) if grid is None else grid_texels(grid)
    depth, rows, columns = texels.shape[:3]
    texture = device.create_texture(
        size=(columns, rows, depth), dimension="3d", format=_COLOUR, usage=_SAMPLED
    )
    device.queue.write_texture(
        {"texture": texture}, texels, {"bytes_per_row": columns * 8, "rows_per_image": rows},
        (columns, rows, depth),
    )  # fmt: skip
    return texture


def _write_texture(device: Any, texture: Any, level: int, texels: npt.NDArray[Any]) -> None:
    rows, columns = texels.shape[:2]
    device.queue.write_texture(
        {"texture": texture, "mip_level": level},
        np.ascontiguousarray(texels),
        {"bytes_per_row": texels.nbytes // rows, "rows_per_image": rows},
        (columns, rows, 1),
    )


def _level(texture: Any, level: int) -> Any:
    return texture.create_view(base_mip_level=level, mip_level_count=1)


def _depth_test(compare: str, write: bool) -> dict[str, Any]:
    return {"format": _DEPTH, "depth_write_enabled": write, "depth_compare": compare}


def _layout(device: Any, *entries: dict[str, Any]) -> Any:
    return device.create_bind_group_layout(entries=list(entries))


def _uniform(binding: int, visibility: int) -> dict[str, Any]:
    return {"binding": binding, "visibility": visibility, "buffer": {"type": "uniform"}}


def _storage(binding: int, visibility: int, kind: str) -> dict[str, Any]:
    return {"binding": binding, "visibility": visibility, "buffer": {"type": kind}}


def _texture(binding: int, visibility: int = _FRAGMENT, **how: str) -> dict[str, Any]:
    return {"binding": binding, "visibility": visibility, "texture": {"sample_type": "float", **how}}


def _sampler(binding: int, kind: str = "filtering") -> dict[str, Any]:
    return {"binding": binding, "visibility": _FRAGMENT, "sampler": {"type": kind}}


def _whole(buffer: Any) -> dict[str, Any]:
    return {"buffer": buffer, "offset": 0, "size": buffer.size}


def _entries(*resources: Any) -> list[dict[str, Any]]:
    """Bind group entries numbered from 0."""
    return [{"binding": k, "resource": resource} for k, resource in enumerate(resources)]

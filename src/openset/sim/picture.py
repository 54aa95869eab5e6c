"""The plate as the camera takes it: moving, blurred, noisy, with its exact matte beside it.

Every pixel gathers SUBFRAMES rays, each at its own moment of the exposure and its own place in the
pixel, through the lens' distortion to the figure's planes and the cloth. Light is mixed linear; the
optics' point spread (a Gaussian of 0.65 pixel) is applied to picture, matte and foreground alike; then
the sensor's noise (variance gain * signal + read**2), the sRGB curve and 8 bits. Truth (keying notes,
5.2): the blurred matte and the blurred foreground without spill. Picture = spilled foreground + (1 -
matte) * cloth.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from openset.sim import figure as puppet
from openset.sim.figure import Figure
from openset.sim.gather import CHANNELS, SHADOW_TEXEL_M, draw_hair, expose, gather
from openset.sim.motion import FigureState, camera_at, figure_at
from openset.sim.optics import project, sight_lines
from openset.sim.plan import DayPlan
from openset.sim.room import SPILL_LINEAR, Room, bake_room, lamp_stand

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]

SUBFRAMES = 4
MOMENTS = 4
OFFSETS_PX = ((-0.375, -0.125), (0.125, -0.375), (0.375, 0.125), (-0.125, 0.375))
"""A rotated grid, so that each sub-frame sees its own part of the pixel."""
POINT_SPREAD_PX = 0.65
KEY_LAMP_M = (-2.1, -2.5, 3.5)
FILL_LAMP_M = (2.3, -3.2, 1.9)
SHADOW_BOX_M = (-1.3, -0.06, 1.3, 2.1)
STAND_AT_M = (2.0, 1.9)
NOISE_SIZE = 1 << 20
CURVE_SIZE = 1 << 14


@dataclass(frozen=True, eq=False)
class Picture:
    """One frame: `rgb` uint8 (3, h, w) as the camera delivers it; the truth beside it: `alpha` float32
    (h, w), `foreground` float32 (3, h, w) linear premultiplied without spill, `screen` float32 (h, w),
    how much of what is not figure is cloth."""

    rgb: npt.NDArray[np.uint8]
    alpha: F32
    foreground: F32
    screen: F32


def _display_curve() -> npt.NDArray[np.uint8]:
    """Linear 0..1 in CURVE_SIZE steps to 8-bit code values (IEC 61966-2-1)."""
    linear = np.linspace(0.0, 1.0, CURVE_SIZE)
    code = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.asarray(code * 255.0 + 0.5, np.uint8)


class Studio:
    """Everything of a plan that does not change from frame to frame, made once (about 3 s, 100 MB).

    Not thread-safe; frames may be asked for in any order and always come out the same.
    """

    def __init__(self, plan: DayPlan) -> None:
        self.plan = plan
        self.room: Room = bake_room(plan)
        self.figure: Figure = puppet.make_figure(plan)
        self._lines = np.stack([sight_lines(plan.optics, *offset) for offset in OFFSETS_PX])
        random = np.random.default_rng([plan.seed, 37])
        self._noise = random.standard_normal(NOISE_SIZE, dtype=np.float32)
        self._curve = _display_curve()
        self._pack_sprites()

    def _pack_sprites(self) -> None:
        empty = np.zeros((2, 2, CHANNELS), np.float32)
        sprites = [empty if s is None else s.texels for s in self.figure.sprites]
        self._moments = [MOMENTS if "arm" in name else 1 for name in puppet.PARTS]
        self._depths = list(puppet.DEPTHS_M)
        if self.plan.cloth_ends:
            texels, self._stand_corner = lamp_stand()
            blank = np.zeros((*texels.shape[:2], 1), np.float32)
            sprites.append(np.concatenate([texels, blank], axis=-1))
            self._moments.append(1)
            self._depths.append(STAND_AT_M[1])
        sizes, flat, at = [], [], 0
        for part, texels in enumerate(sprites):
            moments = 0 if part == puppet.HAIR else self._moments[part]
            sizes.append((*texels.shape[:2], moments, part >= len(puppet.PARTS), at))
            flat.append(texels.reshape(-1))
            at += texels.size
        self._sizes = np.array(sizes, np.int64)
        self._atlas = np.concatenate(flat)

    def render(self, index: int) -> Picture:
        """Frame `index` with its truth."""
        light = self._gathered(index)
        for plane in range(light.shape[0]):
            cv2.GaussianBlur(light[plane], (5, 5), POINT_SPREAD_PX, dst=light[plane])
        np.clip(light[3], 0.0, 1.0, out=light[3])
        plan = self.plan
        random = np.random.default_rng([plan.seed, 41, index])
        starts = random.integers(0, NOISE_SIZE - plan.width_px, (3, plan.height_px))
        rgb = np.empty((3, plan.height_px, plan.width_px), np.uint8)
        gain, read = np.float32(plan.noise_gain), np.float32(plan.noise_read)
        expose(light[:3], self._noise, starts, gain, read, self._curve, rgb)
        return Picture(
            rgb=rgb, alpha=light[3], foreground=light[4:7], screen=np.clip(light[7], 0.0, 1.0)
        )

    def _gathered(self, index: int) -> F32:
        """The exposure before the point spread: (8, h, w) linear light."""
        plan = self.plan
        middle = plan.frame_time_s(index)
        times = [middle + ((sub + 0.5) / SUBFRAMES - 0.5) * plan.shutter_s for sub in range(SUBFRAMES)]
        cameras = [camera_at(plan, t) for t in times]
        places = np.array([camera.position_m for camera in cameras])
        turns = np.stack([camera.rotation for camera in cameras])
        maps, boxes = self._place_sprites(times, places, turns)
        hair, hair_at = self._comb(times, places, turns, boxes)
        near, far = self._shadows(figure_at(plan, middle))
        out = np.empty((8, plan.height_px, plan.width_px), np.float32)
        gather(
            self._lines,
            places.astype(np.float32),
            turns.astype(np.float32),
            maps.astype(np.float32),
            np.array(self._depths, np.float32),
            boxes,
            self._sizes,
            self._atlas,
            hair,
            hair_at,
            near,
            far,
            np.array(SHADOW_BOX_M[:2], np.float32),
            np.array([KEY_LAMP_M, FILL_LAMP_M], np.float32),
            self.room.radiance,
            np.array(self.room.shape, np.float32),
            np.array(SPILL_LINEAR, np.float32),
            out,
        )
        return out

    def _place_sprites(
        self, times: list[float], places: F64, turns: F64
    ) -> tuple[F64, npt.NDArray[np.int64]]:
        """Texel maps (subframes, moments, parts, 6) and picture boxes (parts, 4) x0, y0, x1, y1."""
        plan = self.plan
        parts = len(self._depths)
        maps = np.zeros((SUBFRAMES, MOMENTS, parts, 6))
        low, high = np.full((parts, 2), 1e9), np.full((parts, 2), -1e9)
        step = plan.shutter_s / SUBFRAMES
        for sub, time_s in enumerate(times):
            for moment in range(MOMENTS):
                state = figure_at(plan, time_s + ((moment + 0.5) / MOMENTS - 0.5) * step)
                maps[sub, moment, : len(puppet.PARTS)] = puppet.texel_maps(self.figure, state)
                for part, joint in enumerate(puppet.joints(state)):
                    corners = puppet.part_box(self.figure, part, joint)
                    seen = project(plan.optics, places[sub], turns[sub], corners)
                    low[part] = np.minimum(low[part], seen.min(axis=0))
                    high[part] = np.maximum(high[part], seen.max(axis=0))
            for part, moments in enumerate(self._moments):
                if moments == 1 and part < len(puppet.PARTS):
                    maps[sub, 0, part] = puppet.texel_maps(self.figure, figure_at(plan, time_s))[part]
        if self.plan.cloth_ends:
            self._place_stand(maps, low, high)
        size = np.array([plan.width_px, plan.height_px])
        boxes = np.concatenate([np.clip(low - 6, 0, size), np.clip(high + 6, 0, size)], axis=1)
        return maps, boxes.astype(np.int64)

    def _place_stand(self, maps: F64, low: F64, high: F64) -> None:
        left, top = self._stand_corner
        k = 1.0 / 0.004
        maps[:, :, -1] = (k, 0, -(STAND_AT_M[0] + left) * k - 0.5, 0, -k, top * k - 0.5)
        low[-1], high[-1] = (0, 0), (self.plan.width_px, self.plan.height_px)

    def _comb(
        self, times: list[float], places: F64, turns: F64, boxes: npt.NDArray[np.int64]
    ) -> tuple[F32, npt.NDArray[np.int64]]:
        """The strands drawn for every sub-frame into the hair's box of the picture."""
        plan, hair = self.plan, self.figure
        x0, y0, x1, y1 = boxes[puppet.HAIR].tolist()
        out = np.zeros((SUBFRAMES, max(y1 - y0, 1), max(x1 - x0, 1), CHANNELS), np.float32)
        points = np.empty((SUBFRAMES, *hair.strands.shape))
        for sub, time_s in enumerate(times):
            stage = puppet.strands_on_stage(hair, figure_at(plan, time_s), time_s)
            seen = project(plan.optics, places[sub], turns[sub], stage)
            points[sub] = seen - (x0 + 0.5, y0 + 0.5) - OFFSETS_PX[sub]
        distance = float(np.linalg.norm(places.mean(axis=0) - (0.0, 0.0, 1.6)))
        halves = 0.5 * hair.width_m * plan.optics.f_px / distance
        draw_hair(points, halves, hair.rgb.astype(np.float32), hair.opacity, np.float32(0.13), out)
        return out, np.array([x0, y0], np.int64)

    def _shadows(self, state: FigureState) -> tuple[F32, F32]:
        """The figure's outline seen from the front, softened a little and a lot: rows from the floor
        up."""
        left, bottom, right, top = SHADOW_BOX_M
        columns = round((right - left) / SHADOW_TEXEL_M)
        rows = round((top - bottom) / SHADOW_TEXEL_M)
        outline = np.zeros((rows, columns), np.float32)
        for part, place in enumerate(puppet.texel_maps(self.figure, state)):
            sprite = self.figure.sprites[part]
            if sprite is None:
                continue
            to_texel = place.reshape(2, 3)
            to_stage = np.array(
                [
                    [SHADOW_TEXEL_M, 0, left + SHADOW_TEXEL_M / 2],
                    [0, SHADOW_TEXEL_M, bottom + SHADOW_TEXEL_M / 2],
                    [0, 0, 1],
                ]
            )
            cover = cv2.warpAffine(
                np.ascontiguousarray(sprite.texels[..., 3]),
                to_texel @ to_stage,
                (columns, rows),
                flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            )
            outline = np.maximum(outline, cover).astype(np.float32)
        near = cv2.GaussianBlur(outline, (0, 0), 0.05 / SHADOW_TEXEL_M)
        far = cv2.GaussianBlur(outline, (0, 0), 0.15 / SHADOW_TEXEL_M)
        return np.asarray(near, np.float32), np.asarray(far, np.float32)


def render(plan: DayPlan, frame_index: int) -> Picture:
    """One frame of a plan, its studio built for it alone; hold a `Studio` to render many."""
    return Studio(plan).render(frame_index)

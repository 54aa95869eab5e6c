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
from numba import njit, prange

from openset.sim import figure as puppet
from openset.sim.figure import Figure
from openset.sim.motion import FigureState, camera_at, figure_at
from openset.sim.optics import project, sight_lines
from openset.sim.plan import DayPlan
from openset.sim.room import SPILL_LINEAR, Room, bake_room, lamp_stand, meet_room

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]

SUBFRAMES = 4
MOMENTS = 4
OFFSETS_PX = ((-0.375, -0.125), (0.125, -0.375), (0.375, 0.125), (-0.125, 0.375))
"""A rotated grid, so that each sub-frame sees its own part of the pixel."""
POINT_SPREAD_PX = 0.65
KEY_LAMP_M = (-2.1, -2.5, 3.5)
FILL_LAMP_M = (2.3, -3.2, 1.9)
SHADOW_TEXEL_M = 0.02
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


@njit(cache=True, inline="always")
def _shade(shadow, ox, oz, x, y, z, lx, ly, lz):  # type: ignore[no-untyped-def]
    """How much of a lamp's light the figure takes away at a point behind it: 0..1."""
    if y < np.float32(-0.15):
        return np.float32(0.0)
    share = (np.float32(0.0) - y) / (ly - y)
    u = (x + share * (lx - x) - ox) / np.float32(0.02) - np.float32(0.5)
    v = (z + share * (lz - z) - oz) / np.float32(0.02) - np.float32(0.5)
    iu, iv = int(np.floor(u)), int(np.floor(v))
    if iu < 0 or iv < 0 or iu >= shadow.shape[1] - 1 or iv >= shadow.shape[0] - 1:
        return np.float32(0.0)
    fu, fv = u - np.float32(iu), v - np.float32(iv)
    top = shadow[iv, iu] + fu * (shadow[iv, iu + 1] - shadow[iv, iu])
    low = shadow[iv + 1, iu] + fu * (shadow[iv + 1, iu + 1] - shadow[iv + 1, iu])
    return top + fv * (low - top)


@njit(cache=True, parallel=True, fastmath=True, nogil=True, error_model="numpy")
def _gather(  # type: ignore[no-untyped-def]
    lines,
    places,
    turns,
    maps,
    depths,
    boxes,
    sizes,
    starts,
    atlas,
    hair,
    hair_at,
    hair_part,
    shadow_near,
    shadow_far,
    lamps,
    room,
    room_shape,
    spill,
    out,
):
    """Fills `out` (8, h, w): R, G, B, alpha, clean foreground R, G, B, cloth share."""
    height, width = lines.shape[2], lines.shape[3]
    parts = depths.shape[0]
    subframes = lines.shape[0]
    one, zero = np.float32(1.0), np.float32(0.0)
    share = one / np.float32(subframes)
    wall_y, curve, front_y, texel = room_shape[0], room_shape[1], room_shape[2], room_shape[3]
    half = room.shape[1] * texel * np.float32(0.5)
    shadow_x, shadow_z = room_shape[4], room_shape[5]
    for row in prange(height):
        active = np.empty(parts, np.int64)
        count = 0
        for part in range(parts):
            if boxes[part, 1] <= row < boxes[part, 3]:
                active[count] = part
                count += 1
        for column in range(width):
            r = g = b = alpha = fr = fg = fb = cloth = zero
            for sub in range(subframes):
                xn, yn = lines[sub, 0, row, column], lines[sub, 1, row, column]
                dx = turns[sub, 0, 0] * xn - turns[sub, 0, 1] * yn - turns[sub, 0, 2]
                dy = turns[sub, 1, 0] * xn - turns[sub, 1, 1] * yn - turns[sub, 1, 2]
                dz = turns[sub, 2, 0] * xn - turns[sub, 2, 1] * yn - turns[sub, 2, 2]
                ox, oy, oz = places[sub, 0], places[sub, 1], places[sub, 2]
                left = one
                taken = zero
                ar = ag = ab = aspill = zero
                sr = sg = sb = zero
                for index in range(count):
                    part = active[index]
                    if column < boxes[part, 0] or column >= boxes[part, 2]:
                        continue
                    pr = pg = pb = pa = ps = zero
                    if part == hair_part:
                        hx, hy = column - hair_at[0], row - hair_at[1]
                        pr, pg, pb = hair[sub, hy, hx, 0], hair[sub, hy, hx, 1], hair[sub, hy, hx, 2]
                        pa, ps = hair[sub, hy, hx, 3], hair[sub, hy, hx, 4]
                    else:
                        t = (depths[part] - oy) / dy
                        x, z = ox + t * dx, oz + t * dz
                        columns, rows = sizes[part, 1], sizes[part, 0]
                        moments = sizes[part, 2]
                        for moment in range(moments):
                            m = maps[sub, moment, part]
                            u = m[0] * x + m[1] * z + m[2]
                            v = m[3] * x + m[4] * z + m[5]
                            if u < zero or v < zero or u >= columns - 1 or v >= rows - 1:
                                continue
                            iu, iv = int(u), int(v)
                            fu, fv = u - np.float32(iu), v - np.float32(iv)
                            at = starts[part] + (iv * columns + iu) * 5
                            below = at + columns * 5
                            w00, w01 = (one - fu) * (one - fv), fu * (one - fv)
                            w10, w11 = (one - fu) * fv, fu * fv
                            a = (
                                w00 * atlas[at + 3]
                                + w01 * atlas[at + 8]
                                + w10 * atlas[below + 3]
                                + w11 * atlas[below + 8]
                            )
                            if a <= zero:
                                continue
                            pa += a
                            pr += (
                                w00 * atlas[at]
                                + w01 * atlas[at + 5]
                                + w10 * atlas[below]
                                + w11 * atlas[below + 5]
                            )
                            pg += (
                                w00 * atlas[at + 1]
                                + w01 * atlas[at + 6]
                                + w10 * atlas[below + 1]
                                + w11 * atlas[below + 6]
                            )
                            pb += (
                                w00 * atlas[at + 2]
                                + w01 * atlas[at + 7]
                                + w10 * atlas[below + 2]
                                + w11 * atlas[below + 7]
                            )
                            ps += (
                                w00 * atlas[at + 4]
                                + w01 * atlas[at + 9]
                                + w10 * atlas[below + 4]
                                + w11 * atlas[below + 9]
                            )
                        if moments > 1:
                            weight = one / np.float32(moments)
                            pa, pr, pg, pb, ps = (
                                pa * weight,
                                pr * weight,
                                pg * weight,
                                pb * weight,
                                ps * weight,
                            )
                    if pa <= zero:
                        continue
                    if sizes[part, 3] == 0:
                        taken += left * pa
                        ar += left * pr
                        ag += left * pg
                        ab += left * pb
                        aspill += left * ps
                    else:
                        sr += left * pr
                        sg += left * pg
                        sb += left * pb
                    left *= one - pa
                    if left < np.float32(0.003):
                        left = zero
                        break
                alpha += taken
                fr += ar
                fg += ag
                fb += ab
                r += ar + aspill * spill[0] + sr
                g += ag + aspill * spill[1] + sg
                b += ab + aspill * spill[2] + sb
                if left > zero:
                    x, y, z, s = meet_room(ox, oy, oz, dx, dy, dz, wall_y, curve)
                    u = (x + half) / texel - np.float32(0.5)
                    v = (s - front_y) / texel - np.float32(0.5)
                    u = min(max(u, zero), np.float32(room.shape[1] - 2))
                    v = min(max(v, zero), np.float32(room.shape[0] - 2))
                    iu, iv = int(u), int(v)
                    fu, fv = u - np.float32(iu), v - np.float32(iv)
                    w00, w01 = (one - fu) * (one - fv), fu * (one - fv)
                    w10, w11 = (one - fu) * fv, fu * fv
                    p00, p01 = room[iv, iu], room[iv, iu + 1]
                    p10, p11 = room[iv + 1, iu], room[iv + 1, iu + 1]
                    soft = min(max(y * np.float32(0.45), zero), one)
                    near = _shade(
                        shadow_near, shadow_x, shadow_z, x, y, z, lamps[0], lamps[1], lamps[2]
                    )
                    far = _shade(shadow_far, shadow_x, shadow_z, x, y, z, lamps[0], lamps[1], lamps[2])
                    other = _shade(
                        shadow_far, shadow_x, shadow_z, x, y, z, lamps[3], lamps[4], lamps[5]
                    )
                    light = (
                        one - np.float32(0.44) * (near + soft * (far - near)) - np.float32(0.14) * other
                    )
                    feet = x * x * np.float32(7.0) + y * y * np.float32(16.0) + z * z * np.float32(30.0)
                    if feet < np.float32(9.0):
                        light *= one - np.float32(0.42) * np.exp(-feet)
                    light *= left
                    r += light * (w00 * p00[0] + w01 * p01[0] + w10 * p10[0] + w11 * p11[0])
                    g += light * (w00 * p00[1] + w01 * p01[1] + w10 * p10[1] + w11 * p11[1])
                    b += light * (w00 * p00[2] + w01 * p01[2] + w10 * p10[2] + w11 * p11[2])
                    cloth += left * (w00 * p00[3] + w01 * p01[3] + w10 * p10[3] + w11 * p11[3])
            out[0, row, column], out[1, row, column], out[2, row, column] = (
                r * share,
                g * share,
                b * share,
            )
            out[3, row, column] = alpha * share
            out[4, row, column], out[5, row, column], out[6, row, column] = (
                fr * share,
                fg * share,
                fb * share,
            )
            out[7, row, column] = cloth * share


@njit(cache=True, parallel=True, nogil=True, error_model="numpy")
def _draw_hair(points, halves, colours, opacity, spill, out):  # type: ignore[no-untyped-def]
    """Strands as lines with soft edges into `out` (subframes, h, w, 5), premultiplied, one over the
    other.

    `points` (subframes, n, p, 2) in pixels of `out` counted to pixel centres; a strand tapers to its
    tip.
    """
    subframes, height, width = out.shape[0], out.shape[1], out.shape[2]
    for sub in prange(subframes):
        for strand in range(points.shape[1]):
            last = points.shape[2] - 1
            for piece in range(last):
                ax, ay = points[sub, strand, piece, 0], points[sub, strand, piece, 1]
                bx, by = points[sub, strand, piece + 1, 0], points[sub, strand, piece + 1, 1]
                qx, qy = bx - ax, by - ay
                size = max(qx * qx + qy * qy, 1e-9)
                half = halves[strand] * (1.0 - 0.75 * (piece + 0.5) / last)
                reach = half + 1.0
                x0, x1 = (
                    int(max(0.0, min(ax, bx) - reach)),
                    int(min(width - 1.0, max(ax, bx) + reach + 1)),
                )
                y0, y1 = (
                    int(max(0.0, min(ay, by) - reach)),
                    int(min(height - 1.0, max(ay, by) + reach + 1)),
                )
                for y in range(y0, y1 + 1):
                    for x in range(x0, x1 + 1):
                        h = ((x - ax) * qx + (y - ay) * qy) / size
                        if h < 0.0 or h >= 1.0:
                            continue
                        away = np.hypot(x - ax - h * qx, y - ay - h * qy)
                        cover = min(half + 0.5 - away, 2.0 * half, 1.0)
                        if cover <= 0.0:
                            continue
                        a = np.float32(cover * opacity[strand])
                        keep = np.float32(1.0) - a
                        pixel = out[sub, y, x]
                        pixel[0] = a * colours[strand, 0] + keep * pixel[0]
                        pixel[1] = a * colours[strand, 1] + keep * pixel[1]
                        pixel[2] = a * colours[strand, 2] + keep * pixel[2]
                        pixel[3] = a + keep * pixel[3]
                        pixel[4] = a * spill + keep * pixel[4]


@njit(cache=True, parallel=True, fastmath=True, nogil=True, error_model="numpy")
def _expose(light, noise, starts, gain, read, curve, out):  # type: ignore[no-untyped-def]
    """Sensor noise, clipping and the display curve: linear (3, h, w) to uint8 (3, h, w)."""
    height, width = light.shape[1], light.shape[2]
    for row in prange(height):
        for plane in range(3):
            start = starts[plane, row]
            for column in range(width):
                signal = light[plane, row, column]
                sd = np.sqrt(gain * max(signal, np.float32(0.0)) + read * read)
                signal += sd * noise[start + column]
                signal = min(max(signal, np.float32(0.0)), np.float32(1.0))
                out[plane, row, column] = curve[
                    int(signal * np.float32(curve.shape[0] - 1) + np.float32(0.5))
                ]


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
        empty = np.zeros((2, 2, puppet.CHANNELS), np.float32)
        sprites = [empty if s is None else s.texels for s in self.figure.sprites]
        self._moments = [MOMENTS if "arm" in name else 1 for name in puppet.PARTS]
        self._depths = list(puppet.DEPTHS_M)
        if self.plan.cloth_ends:
            texels, self._stand_corner = lamp_stand()
            blank = np.zeros((*texels.shape[:2], 1), np.float32)
            sprites.append(np.concatenate([texels, blank], axis=-1))
            self._moments.append(1)
            self._depths.append(STAND_AT_M[1])
        sizes, starts, flat, at = [], [], [], 0
        for part, texels in enumerate(sprites):
            sizes.append(
                (texels.shape[0], texels.shape[1], self._moments[part], part >= len(puppet.PARTS))
            )
            starts.append(at)
            flat.append(texels.reshape(-1))
            at += texels.size
        self._sizes = np.array(sizes, np.int64)
        self._starts = np.array(starts, np.int64)
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
        _expose(light[:3], self._noise, starts, gain, read, self._curve, rgb)
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
        wall, curve, front, texel = self.room.shape
        shape = np.array([wall, curve, front, texel, SHADOW_BOX_M[0], SHADOW_BOX_M[1]], np.float32)
        out = np.empty((8, plan.height_px, plan.width_px), np.float32)
        _gather(
            self._lines,
            places.astype(np.float32),
            turns.astype(np.float32),
            maps.astype(np.float32),
            np.array(self._depths, np.float32),
            boxes,
            self._sizes,
            self._starts,
            self._atlas,
            hair,
            hair_at,
            puppet.HAIR,
            near,
            far,
            np.array([*KEY_LAMP_M, *FILL_LAMP_M], np.float32),
            self.room.radiance,
            shape,
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
        out = np.zeros((SUBFRAMES, max(y1 - y0, 1), max(x1 - x0, 1), puppet.CHANNELS), np.float32)
        points = np.empty((SUBFRAMES, *hair.strands.shape))
        for sub, time_s in enumerate(times):
            stage = puppet.strands_on_stage(hair, figure_at(plan, time_s), time_s)
            seen = project(plan.optics, places[sub], turns[sub], stage)
            points[sub] = seen - (x0 + 0.5, y0 + 0.5) - OFFSETS_PX[sub]
        distance = float(np.linalg.norm(places.mean(axis=0) - (0.0, 0.0, 1.6)))
        halves = 0.5 * hair.width_m * plan.optics.f_px / distance
        _draw_hair(points, halves, hair.rgb.astype(np.float32), hair.opacity, np.float32(0.13), out)
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

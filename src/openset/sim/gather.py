"""The loops behind the simulated plate: rays through sprites to the cloth, hairs, and the sensor.

Kernels take and fill plain arrays; picture.py prepares them. A sprite's texel holds CHANNELS numbers:
premultiplied linear R, G, B, coverage, and how strongly the cloth's light spills onto it.
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from openset.sim.room import meet_room

CHANNELS = 5
SHADOW_TEXEL_M = 0.02
KEY_SHARE, FILL_SHARE, FEET_SHARE = np.float32(0.44), np.float32(0.14), np.float32(0.42)
OPAQUE = np.float32(0.003)


@njit(cache=True, inline="always")
def _shade(shadow, corner, x, y, z, lamp):  # type: ignore[no-untyped-def]
    """How much of a lamp's light the figure's outline takes from a point behind it: 0..1.

    `corner` is the outline's left and bottom on the plane y = 0.
    """
    if y < np.float32(-0.15):
        return np.float32(0.0)
    share = -y / (lamp[1] - y)
    u = (x + share * (lamp[0] - x) - corner[0]) / np.float32(SHADOW_TEXEL_M) - np.float32(0.5)
    v = (z + share * (lamp[2] - z) - corner[1]) / np.float32(SHADOW_TEXEL_M) - np.float32(0.5)
    iu, iv = int(np.floor(u)), int(np.floor(v))
    if iu < 0 or iv < 0 or iu >= shadow.shape[1] - 1 or iv >= shadow.shape[0] - 1:
        return np.float32(0.0)
    fu, fv = u - np.float32(iu), v - np.float32(iv)
    top = shadow[iv, iu] + fu * (shadow[iv, iu + 1] - shadow[iv, iu])
    low = shadow[iv + 1, iu] + fu * (shadow[iv + 1, iu + 1] - shadow[iv + 1, iu])
    return top + fv * (low - top)


@njit(cache=True)
def _light_left(near, far, corner, lamps, x, y, z):  # type: ignore[no-untyped-def]
    """What the figure leaves of the light at a point of the room: two soft shadows, one at the feet.

    The key's shadow softens with distance, from the `near` outline to the `far` one.
    """
    soft = min(max(y * np.float32(0.45), np.float32(0.0)), np.float32(1.0))
    close = _shade(near, corner, x, y, z, lamps[0])
    wide = _shade(far, corner, x, y, z, lamps[0])
    fill = _shade(far, corner, x, y, z, lamps[1])
    light = np.float32(1.0) - KEY_SHARE * (close + soft * (wide - close)) - FILL_SHARE * fill
    feet = x * x * np.float32(7.0) + y * y * np.float32(16.0) + z * z * np.float32(30.0)
    if feet < np.float32(9.0):
        light *= np.float32(1.0) - FEET_SHARE * np.exp(-feet)
    return light


@njit(cache=True)
def _sprite_at(atlas, start, rows, columns, moments, maps, part, x, z):  # type: ignore[no-untyped-def]
    """A sprite's five channels at (x, z) of its plane, the mean over `moments` of its movement."""
    zero = np.float32(0.0)
    r = g = b = a = spill = zero
    for moment in range(moments):
        m = maps[moment, part]
        u = m[0] * x + m[1] * z + m[2]
        v = m[3] * x + m[4] * z + m[5]
        if u < zero or v < zero or u >= columns - 1 or v >= rows - 1:
            continue
        iu, iv = int(u), int(v)
        fu, fv = u - np.float32(iu), v - np.float32(iv)
        at = start + (iv * columns + iu) * CHANNELS
        below = at + columns * CHANNELS
        w00, w01 = (np.float32(1.0) - fu) * (np.float32(1.0) - fv), fu * (np.float32(1.0) - fv)
        w10, w11 = (np.float32(1.0) - fu) * fv, fu * fv
        cover = (
            w00 * atlas[at + 3] + w01 * atlas[at + 8] + w10 * atlas[below + 3] + w11 * atlas[below + 8]
        )
        if cover <= zero:
            continue
        a += cover
        r += w00 * atlas[at] + w01 * atlas[at + 5] + w10 * atlas[below] + w11 * atlas[below + 5]
        g += w00 * atlas[at + 1] + w01 * atlas[at + 6] + w10 * atlas[below + 1] + w11 * atlas[below + 6]
        b += w00 * atlas[at + 2] + w01 * atlas[at + 7] + w10 * atlas[below + 2] + w11 * atlas[below + 7]
        spill += (
            w00 * atlas[at + 4] + w01 * atlas[at + 9] + w10 * atlas[below + 4] + w11 * atlas[below + 9]
        )
    share = np.float32(1.0) / np.float32(moments)
    return r * share, g * share, b * share, a * share, spill * share


@njit(cache=True)
def _room_at(room, shape, x, s):  # type: ignore[no-untyped-def]
    """The baked sheet's R, G, B and cloth share at (x, s), held at its edges."""
    one, zero = np.float32(1.0), np.float32(0.0)
    u = x / shape[3] + np.float32(room.shape[1]) * np.float32(0.5) - np.float32(0.5)
    v = (s - shape[2]) / shape[3] - np.float32(0.5)
    u = min(max(u, zero), np.float32(room.shape[1] - 2))
    v = min(max(v, zero), np.float32(room.shape[0] - 2))
    iu, iv = int(u), int(v)
    fu, fv = u - np.float32(iu), v - np.float32(iv)
    w00, w01, w10, w11 = (one - fu) * (one - fv), fu * (one - fv), (one - fu) * fv, fu * fv
    p00, p01, p10, p11 = room[iv, iu], room[iv, iu + 1], room[iv + 1, iu], room[iv + 1, iu + 1]
    return (
        w00 * p00[0] + w01 * p01[0] + w10 * p10[0] + w11 * p11[0],
        w00 * p00[1] + w01 * p01[1] + w10 * p10[1] + w11 * p11[1],
        w00 * p00[2] + w01 * p01[2] + w10 * p10[2] + w11 * p11[2],
        w00 * p00[3] + w01 * p01[3] + w10 * p10[3] + w11 * p11[3],
    )


@njit(cache=True, inline="always")
def _in_rows(boxes, row, active):  # type: ignore[no-untyped-def]
    """The parts whose picture box holds the row, front to back, into `active`; how many."""
    count = 0
    for part in range(boxes.shape[0]):
        if boxes[part, 1] <= row < boxes[part, 3]:
            active[count] = part
            count += 1
    return count


@njit(cache=True, parallel=True, fastmath=True, nogil=True, error_model="numpy")
def gather(  # type: ignore[no-untyped-def]
    lines,
    places,
    turns,
    maps,
    depths,
    boxes,
    sizes,
    atlas,
    hair,
    hair_at,
    near,
    far,
    corner,
    lamps,
    room,
    shape,
    spill,
    out,
):
    """Fills `out` (8, h, w): R, G, B, matte, clean foreground R, G, B, cloth share.

    Per sub-frame: `lines` (s, 2, h, w) sight lines, `places` (s, 3), `turns` (s, 3, 3) of the camera,
    `maps` (s, moments, parts, 6) to texels, `hair` (s, h, w, 5) in the picture from `hair_at` (x, y).
    `sizes` (parts, 5): rows, columns, moments (0 for hair), 1 for what is not figure, start in `atlas`.
    """
    one, zero = np.float32(1.0), np.float32(0.0)
    share = one / np.float32(lines.shape[0])
    for row in prange(lines.shape[2]):
        active = np.empty(depths.shape[0], np.int64)
        count = _in_rows(boxes, row, active)
        for column in range(lines.shape[3]):
            r = g = b = alpha = fr = fg = fb = cloth = zero
            light = -one
            for sub in range(lines.shape[0]):
                xn, yn = lines[sub, 0, row, column], lines[sub, 1, row, column]
                turn = turns[sub]
                dx = turn[0, 0] * xn - turn[0, 1] * yn - turn[0, 2]
                dy = turn[1, 0] * xn - turn[1, 1] * yn - turn[1, 2]
                dz = turn[2, 0] * xn - turn[2, 1] * yn - turn[2, 2]
                ox, oy, oz = places[sub, 0], places[sub, 1], places[sub, 2]
                left = one
                for index in range(count):
                    part = active[index]
                    if column < boxes[part, 0] or column >= boxes[part, 2]:
                        continue
                    size = sizes[part]
                    if size[2] == 0:
                        strand = hair[sub, row - hair_at[1], column - hair_at[0]]
                        pr, pg, pb, pa, ps = strand[0], strand[1], strand[2], strand[3], strand[4]
                    else:
                        t = (depths[part] - oy) / dy
                        pr, pg, pb, pa, ps = _sprite_at(
                            atlas,
                            size[4],
                            size[0],
                            size[1],
                            size[2],
                            maps[sub],
                            part,
                            ox + t * dx,
                            oz + t * dz,
                        )
                    if pa <= zero:
                        continue
                    r += left * (pr + ps * spill[0])
                    g += left * (pg + ps * spill[1])
                    b += left * (pb + ps * spill[2])
                    if size[3] == 0:
                        alpha += left * pa
                        fr += left * pr
                        fg += left * pg
                        fb += left * pb
                    left *= one - pa
                    if left < OPAQUE:
                        left = zero
                        break
                if left > zero:
                    x, y, z, s = meet_room(ox, oy, oz, dx, dy, dz, shape[0], shape[1])
                    if light < zero:
                        light = _light_left(near, far, corner, lamps, x, y, z)
                    br, bg, bb, green = _room_at(room, shape, x, s)
                    r += left * light * br
                    g += left * light * bg
                    b += left * light * bb
                    cloth += left * green
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
def draw_hair(points, halves, colours, opacity, spill, out):  # type: ignore[no-untyped-def]
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
def expose(light, noise, starts, gain, read, curve, out):  # type: ignore[no-untyped-def]
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

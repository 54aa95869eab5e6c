"""The key as one fused pass: numba, planar, parallel over pairs of rows. Means what formula.py says.

Unit-stride planes and float32 constants throughout, so that the inner loops vectorise; a pair of rows
is worked on in buffers that stay in the cache.
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange

_F = np.float32
_PAIRS_AT_ONCE = 8

_ZERO, _HALF, _ONE, _QUARTER, _THREE_QUARTERS = _F(0), _F(0.5), _F(1), _F(0.25), _F(0.75)
_Y_SCALE, _Y_OFFSET = _F(1 / 219), _F(16)
_C_OFFSET = _F(128)
_R_V, _G_U, _G_V, _B_U = _F(1.5748 / 224), _F(0.187324 / 224), _F(0.468124 / 224), _F(1.8556 / 224)
_LUMA_R, _LUMA_G, _LUMA_B = _F(0.2126), _F(0.7152), _F(0.0722)
_U_OUT, _V_OUT = _F(0.25 * 224 / 1.8556), _F(0.25 * 224 / 1.5748)
_Y_OUT, _Y_ROUND, _C_ROUND = _F(219), _F(16.5), _F(128.5)
_CODE, _INV_CODE2, _TOP = _F(255), _F(1 / 255**2), _F(255)
_FAINT_WHITE, _WHITE_MORE = _F(0.8), _F(0.45)


@njit(nogil=True, fastmath=True, cache=True, inline="always")
def _screen_row(low, row, high, f, t, buffer, out, width):  # type: ignore[no-untyped-def]
    """One plane's rows `row` and `high` mixed by t, then stretched f times sideways."""
    cells = low.shape[1]
    for i in range(cells):
        buffer[i + 1] = low[row, i] * (_ONE - t) + low[high, i] * t
    buffer[0] = buffer[1]
    buffer[cells + 1] = buffer[cells]
    whole = width // 4 if f == 4 else 0
    for i in range(whole):  # the usual size, written out so that its stores vectorise
        before, here, after = buffer[i], buffer[i + 1], buffer[i + 2]
        out[4 * i] = here + (before - here) * _F(0.375)
        out[4 * i + 1] = here + (before - here) * _F(0.125)
        out[4 * i + 2] = here + (after - here) * _F(0.125)
        out[4 * i + 3] = here + (after - here) * _F(0.375)
    for x in range(4 * whole, width):
        i = x // f
        offset = (_F(x - i * f) - _HALF * _F(f - 1)) / _F(f)
        here = buffer[i + 1]
        other = buffer[i] if offset < _ZERO else buffer[i + 2]
        out[x] = here + (other - here) * abs(offset)


@njit(nogil=True, fastmath=True, cache=True, inline="always")
def _chroma_row(plane, row, other, buffer, out, width):  # type: ignore[no-untyped-def]
    """Chroma rows 3:1, then doubled sideways from the left siting; 128 taken off."""
    half = width // 2
    for i in range(half):
        buffer[i] = _F(plane[row, i]) * _THREE_QUARTERS + _F(plane[other, i]) * _QUARTER - _C_OFFSET
    buffer[half] = buffer[half - 1]
    for i in range(half):
        out[2 * i] = buffer[i]
        out[2 * i + 1] = _HALF * (buffer[i] + buffer[i + 1])


@njit(nogil=True, fastmath=True, cache=True, inline="always")
def _key_row(y, u, v, s, br, bg, bb, p, blue, out_y, matte, du, dv):  # type: ignore[no-untyped-def]
    """One row: matte, foreground, over, luma out; colour differences left in du, dv."""
    balance, slope, offset, despill = p[0], p[1], p[2], p[3]
    unbalance, half_rest = _ONE - balance, _HALF * (_ONE - despill)
    for x in range(y.shape[0]):
        luma = (_F(y[x]) - _Y_OFFSET) * _Y_SCALE
        r = max(luma + _R_V * v[x], _ZERO)
        g = max(luma - _G_U * u[x] - _G_V * v[x], _ZERO)
        b = max(luma + _B_U * u[x], _ZERO)
        r, g, b = r * r, g * g, b * b
        own = b if blue else g
        other = g if blue else b
        d = own - balance * max(r, other) - unbalance * min(r, other)
        a = min(max(offset - slope * d * s[3, x], _ZERO), _ONE)
        a = max(a, s[6, x])
        rest, limit = _ONE - a, a * (_FAINT_WHITE + _WHITE_MORE * a)
        fr = min(max(r - rest * s[0, x], _ZERO), limit)
        fg = min(max(g - rest * s[1, x], _ZERO), limit)
        fb = min(max(b - rest * s[2, x], _ZERO), limit)
        fown = fb if blue else fg
        fother = fg if blue else fb
        excess = fown - s[5, x] * (despill * max(fr, fother) + half_rest * (fr + fother))
        spill = max(excess, _ZERO) * s[4, x]
        fr = max(fr - spill * s[0, x], _ZERO)
        fg = max(fg - spill * s[1, x], _ZERO)
        fb = max(fb - spill * s[2, x], _ZERO)
        keep = s[7, x]
        a *= keep
        behind = (_ONE - a) * _INV_CODE2
        kr, kg, kb = _F(br[x]), _F(bg[x]), _F(bb[x])
        cr = np.sqrt(fr * keep + behind * kr * kr)
        cg = np.sqrt(fg * keep + behind * kg * kg)
        cb = np.sqrt(fb * keep + behind * kb * kb)
        cy = _LUMA_R * cr + _LUMA_G * cg + _LUMA_B * cb
        du[x] = cb - cy
        dv[x] = cr - cy
        out_y[x] = np.uint8(min(cy * _Y_OUT + _Y_ROUND, _TOP))
        matte[x] = np.uint8(a * _CODE + _HALF)


@njit(nogil=True, fastmath=True, cache=True, inline="always")
def _chroma_out(d0, d1, scale, out):  # type: ignore[no-untyped-def]
    """The mean of each 2x2 as one chroma sample."""
    for i in range(out.shape[0]):
        total = d0[2 * i] + d0[2 * i + 1] + d1[2 * i] + d1[2 * i + 1]
        out[i] = np.uint8(min(max(total * scale + _C_ROUND, _ZERO), _TOP))


@njit(nogil=True, fastmath=True, cache=True)
def _key_pairs(  # type: ignore[no-untyped-def]
    first, last, y, u, v, background, screen, f, p, blue, out_y, out_u, out_v, matte
):
    """Pairs of rows `first` up to `last`, which is not done."""
    height, width = y.shape
    pairs, rows, cells = height // 2, screen.shape[1], screen.shape[2]
    small = np.empty(max(cells + 2, width // 2 + 1), np.float32)
    s = np.empty((8, width), np.float32)
    cu, cv = np.empty((2, width), np.float32), np.empty((2, width), np.float32)
    du, dv = np.empty((2, width), np.float32), np.empty((2, width), np.float32)
    for pair in range(first, last):
        at = (_F(2 * pair) + _HALF - _HALF * _F(f - 1)) / _F(f)
        at = min(max(at, _ZERO), _F(rows - 1))
        row = int(at)
        high = min(row + 1, rows - 1)
        for plane in range(8):
            _screen_row(screen[plane], row, high, f, _F(at - _F(row)), small, s[plane], width)
        for k in range(2):
            other = max(pair - 1, 0) if k == 0 else min(pair + 1, pairs - 1)
            _chroma_row(u, pair, other, small, cu[k], width)
            _chroma_row(v, pair, other, small, cv[k], width)
            at_row = 2 * pair + k
            _key_row(
                y[at_row], cu[k], cv[k], s,
                background[0, at_row], background[1, at_row], background[2, at_row],
                p, blue, out_y[at_row], matte[at_row], du[k], dv[k],
            )  # fmt: skip
        _chroma_out(du[0], du[1], _U_OUT, out_u[pair])
        _chroma_out(dv[0], dv[1], _V_OUT, out_v[pair])


@njit(parallel=True, nogil=True, fastmath=True, cache=True)
def key_frame(  # type: ignore[no-untyped-def]
    y, u, v, background, screen, f, p, blue, out_y, out_u, out_v, matte
):
    """Key one 4:2:0 picture over planar R'G'B' into given planes, on all of numba's threads.

    y (h, w), u, v (h/2, w/2) uint8; background uint8 (3, h, w); screen float32 (8, rows, cells), see
    formula.Screen; f its factor; p float32 (4,): balance, gain/(white-black), (1-black)/(white-black),
    despill; blue: the screen's colour; out_y, out_u, out_v, matte uint8, written.
    """
    pairs = y.shape[0] // 2
    for chunk in prange((pairs + _PAIRS_AT_ONCE - 1) // _PAIRS_AT_ONCE):
        first = chunk * _PAIRS_AT_ONCE
        last = min(first + _PAIRS_AT_ONCE, pairs)
        _key_pairs(
            first, last, y, u, v, background, screen, f, p, blue, out_y, out_u, out_v, matte
        )  # fmt: skip


@njit(nogil=True, fastmath=True, cache=True)
def key_frame_alone(  # type: ignore[no-untyped-def]
    y, u, v, background, screen, f, p, blue, out_y, out_u, out_v, matte
):
    """key_frame on the calling thread: steadier where other work fills the processor."""
    _key_pairs(
        0, y.shape[0] // 2, y, u, v, background, screen, f, p, blue, out_y, out_u, out_v, matte
    )  # fmt: skip

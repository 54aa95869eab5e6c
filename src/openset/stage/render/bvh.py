"""Which triangle a ray meets first: a bounding-volume hierarchy over a set's triangles, in numba.

Built once per set by binned surface-area splits (Wald 2007, "On fast construction of SAH-based bounding
volume hierarchies"); rays against triangles by Möller and Trumbore 1997. Used by the bake, on the cpu.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

F32 = npt.NDArray[np.float32]
I32 = npt.NDArray[np.int32]

_BINS = 16
_LEAF = 4
_DEPTH = 64
_STEEP = 36  # deeper than this, triangles are halved by number, so that no set outgrows the stack
FAR = np.float32(1e30)


class Tree(NamedTuple):
    """The hierarchy: node boxes (n, 6) low and high, `child` (n,) the first child or first triangle,
    `held` (n,) triangles of a leaf or 0, and the triangles in leaf order: corner and two edges
    (m, 9), with `order` (m,) giving each one's number in the set.

    The kernels read only boxes, child, held and corners, from any record that has them.
    """

    boxes: F32
    child: I32
    held: I32
    corners: F32
    order: I32


def build_tree(points: F32, triangles: I32) -> Tree:
    """The tree over triangles (m, 3) of points (n, 3); m may be 0."""
    a, b, c = (points[triangles[:, k]].astype(np.float32) for k in range(3))
    low, high = np.minimum(np.minimum(a, b), c), np.maximum(np.maximum(a, b), c)
    boxes, child, count, order, used = _split(low, high)
    corners = np.concatenate([a, b - a, c - a], axis=1)[order]
    return Tree(boxes[:used], child[:used], count[:used], np.ascontiguousarray(corners), order)


@numba.njit(cache=True, nogil=True)
def _bounds(low, high, order, start, end, out):  # type: ignore[no-untyped-def]
    for axis in range(3):
        out[axis] = np.inf
        out[axis + 3] = -np.inf
    for k in range(start, end):
        for axis in range(3):
            out[axis] = min(out[axis], low[order[k], axis])
            out[axis + 3] = max(out[axis + 3], high[order[k], axis])


@numba.njit(cache=True, nogil=True)
def _area(box):  # type: ignore[no-untyped-def]
    x, y, z = box[3] - box[0], box[4] - box[1], box[5] - box[2]
    return x * y + y * z + z * x


@numba.njit(cache=True, nogil=True)
def _best_split(low, high, order, start, end):  # type: ignore[no-untyped-def]
    """(axis, position) of the cheapest of the binned planes, axis -1 where none separates."""
    best_axis, best_at, best_cost = -1, 0.0, np.inf
    boxes = np.empty((_BINS, 6))
    counts = np.empty(_BINS, np.int64)
    left_cost = np.empty(_BINS)
    side = np.empty(6)
    for axis in range(3):
        least, most = np.inf, -np.inf
        for k in range(start, end):
            middle = 0.5 * (low[order[k], axis] + high[order[k], axis])
            least, most = min(least, middle), max(most, middle)
        if most - least < 1e-7:
            continue
        boxes[:, :3] = np.inf
        boxes[:, 3:] = -np.inf
        counts[:] = 0
        scale = _BINS / (most - least)
        for k in range(start, end):
            t = order[k]
            slot = min(_BINS - 1, int((0.5 * (low[t, axis] + high[t, axis]) - least) * scale))
            counts[slot] += 1
            for d in range(3):
                boxes[slot, d] = min(boxes[slot, d], low[t, d])
                boxes[slot, d + 3] = max(boxes[slot, d + 3], high[t, d])
        side[:3] = np.inf
        side[3:] = -np.inf
        total = 0
        for slot in range(_BINS - 1):
            total += counts[slot]
            for d in range(3):
                side[d] = min(side[d], boxes[slot, d])
                side[d + 3] = max(side[d + 3], boxes[slot, d + 3])
            left_cost[slot] = total * _area(side) if total else np.inf
        side[:3] = np.inf
        side[3:] = -np.inf
        total = 0
        for slot in range(_BINS - 1, 0, -1):
            total += counts[slot]
            for d in range(3):
                side[d] = min(side[d], boxes[slot, d])
                side[d + 3] = max(side[d + 3], boxes[slot, d + 3])
            cost = left_cost[slot - 1] + (total * _area(side) if total else np.inf)
            if cost < best_cost:
                best_axis, best_at, best_cost = axis, least + slot / scale, cost
    return best_axis, best_at


@numba.njit(cache=True, nogil=True)
def _partition(low, high, order, start, end, axis, at):  # type: ignore[no-untyped-def]
    left = start
    for k in range(start, end):
        t = order[k]
        if 0.5 * (low[t, axis] + high[t, axis]) < at:
            order[k] = order[left]
            order[left] = t
            left += 1
    return left


@numba.njit(cache=True, nogil=True)
def _split(low, high):  # type: ignore[no-untyped-def]
    """Nodes and triangle order, from the boxes (m, 3) of all triangles."""
    number = len(low)
    room = max(1, 2 * number)
    boxes = np.zeros((room, 6), np.float32)
    child = np.zeros(room, np.int32)
    count = np.zeros(room, np.int32)
    order = np.arange(number).astype(np.int32)
    spans = np.empty((_DEPTH * 2, 4), np.int64)
    spans[0] = (0, 0, number, 0)
    waiting, used = 1, 1
    bounds = np.empty(6)
    while waiting:
        waiting -= 1
        node, start, end, depth = spans[waiting]
        _bounds(low, high, order, start, end, bounds)
        boxes[node] = bounds
        middle = start
        if end - start > _LEAF:
            axis, at = _best_split(low, high, order, start, end)
            if axis >= 0 and depth < _STEEP:
                middle = _partition(low, high, order, start, end, axis, at)
            if middle in (start, end):
                middle = (start + end) // 2
        if middle == start:
            child[node], count[node] = start, end - start
            continue
        child[node] = used
        spans[waiting] = (used, start, middle, depth + 1)
        spans[waiting + 1] = (used + 1, middle, end, depth + 1)
        waiting, used = waiting + 2, used + 2
    return boxes, child, count, order, used


@numba.njit(cache=True, nogil=True, fastmath=True, inline="always")
def _enter(box, ox, oy, oz, ix, iy, iz, reach):  # type: ignore[no-untyped-def]
    """Where a ray enters a box, or FAR where it misses it or enters beyond `reach`."""
    x0, x1 = (box[0] - ox) * ix, (box[3] - ox) * ix
    y0, y1 = (box[1] - oy) * iy, (box[4] - oy) * iy
    z0, z1 = (box[2] - oz) * iz, (box[5] - oz) * iz
    near = max(max(min(x0, x1), min(y0, y1)), max(min(z0, z1), np.float32(0.0)))
    far = min(min(max(x0, x1), max(y0, y1)), min(max(z0, z1), reach))
    return near if near <= far * np.float32(1.00001) else FAR


@numba.njit(cache=True, nogil=True, fastmath=True, inline="always")
def _meet(t, ox, oy, oz, dx, dy, dz):  # type: ignore[no-untyped-def]
    """(distance, u, v) where a ray meets triangle row `t` (9,), distance FAR where it does not."""
    px, py, pz = dy * t[8] - dz * t[7], dz * t[6] - dx * t[8], dx * t[7] - dy * t[6]
    determinant = t[3] * px + t[4] * py + t[5] * pz
    if abs(determinant) < np.float32(1e-12):
        return FAR, np.float32(0.0), np.float32(0.0)
    inverse = np.float32(1.0) / determinant
    sx, sy, sz = ox - t[0], oy - t[1], oz - t[2]
    u = (sx * px + sy * py + sz * pz) * inverse
    qx, qy, qz = sy * t[5] - sz * t[4], sz * t[3] - sx * t[5], sx * t[4] - sy * t[3]
    v = (dx * qx + dy * qy + dz * qz) * inverse
    if u < np.float32(0.0) or v < np.float32(0.0) or u + v > np.float32(1.0):
        return FAR, u, v
    return (t[6] * qx + t[7] * qy + t[8] * qz) * inverse, u, v


@numba.njit(cache=True, nogil=True, fastmath=True, inline="always")
def _inverse(value):  # type: ignore[no-untyped-def]
    small = np.float32(1e-12)
    if abs(value) < small:
        return np.float32(1e12)
    return np.float32(1.0) / value


@numba.njit(cache=True, nogil=True, fastmath=True)
def nearest(tree, ox, oy, oz, dx, dy, dz, reach):  # type: ignore[no-untyped-def]
    """(row, distance, u, v) of the first triangle along a ray within `reach`; row -1 where none.

    All float32; `row` counts in leaf order: `tree.order[row]` is the set's triangle.
    """
    stack = np.empty(_DEPTH, np.int32)
    entered = np.empty(_DEPTH, np.float32)
    ix, iy, iz = _inverse(dx), _inverse(dy), _inverse(dz)
    found, best_u, best_v = -1, np.float32(0.0), np.float32(0.0)
    stack[0], entered[0] = 0, np.float32(0.0)
    waiting = 1 if len(tree.corners) else 0
    while waiting:
        waiting -= 1
        node = stack[waiting]
        if entered[waiting] > reach:
            continue
        first = tree.child[node]
        if tree.held[node]:
            for row in range(first, first + tree.held[node]):
                t, u, v = _meet(tree.corners[row], ox, oy, oz, dx, dy, dz)
                if np.float32(0.0) < t < reach:
                    reach, found, best_u, best_v = t, row, u, v
            continue
        left = _enter(tree.boxes[first], ox, oy, oz, ix, iy, iz, reach)
        right = _enter(tree.boxes[first + 1], ox, oy, oz, ix, iy, iz, reach)
        near, far, t_near, t_far = first, first + 1, left, right
        if right < left:
            near, far, t_near, t_far = first + 1, first, right, left
        if t_far < FAR:
            stack[waiting], entered[waiting] = far, t_far
            waiting += 1
        if t_near < FAR:
            stack[waiting], entered[waiting] = near, t_near
            waiting += 1
    return found, reach, best_u, best_v


@numba.njit(cache=True, nogil=True, fastmath=True)
def blocked(tree, ox, oy, oz, dx, dy, dz, reach):  # type: ignore[no-untyped-def]
    """Whether anything stands in a ray's way within `reach`."""
    stack = np.empty(_DEPTH, np.int32)
    ix, iy, iz = _inverse(dx), _inverse(dy), _inverse(dz)
    stack[0] = 0
    waiting = 1 if len(tree.corners) else 0
    while waiting:
        waiting -= 1
        node = stack[waiting]
        first = tree.child[node]
        if tree.held[node]:
            for row in range(first, first + tree.held[node]):
                t, _, _ = _meet(tree.corners[row], ox, oy, oz, dx, dy, dz)
                if np.float32(0.0) < t < reach:
                    return True
            continue
        for k in range(2):
            if _enter(tree.boxes[first + k], ox, oy, oz, ix, iy, iz, reach) < FAR:
                stack[waiting] = first + k
                waiting += 1
    return False

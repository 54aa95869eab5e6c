"""From polygons as files hold them to triangles as renderers want them: cut, given normals, welded."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]

_SMOOTH_COS = np.cos(np.radians(45.0))
_MOST_FACES = 64  # around one point; beyond it the mean is of the first of them


def triangulate(counts: I64, corners: F64) -> tuple[I64, I64]:
    """Polygons as triangles: (m, 3) corner numbers and (m,) the polygon of each.

    `counts` (faces,) corners of each face in turn, `corners` (sum of counts, 3) their places. Triangles
    and convex faces are fanned; others have their ears clipped. Faces of fewer than three corners go.
    """
    starts = np.cumsum(counts) - counts
    pieces: list[I64] = [np.zeros((0, 3), np.int64)]
    owners: list[I64] = [np.zeros(0, np.int64)]
    for size in np.unique(counts[counts >= 3]).tolist():
        faces = np.flatnonzero(counts == size)
        around = starts[faces][:, None] + np.arange(size)
        bent = _concave(corners[around]) if size > 3 else np.zeros(len(faces), bool)
        fan = np.stack([np.zeros(size - 2, int), np.arange(1, size - 1), np.arange(2, size)], axis=1)
        pieces.append(around[~bent][:, fan].reshape(-1, 3))
        owners.append(np.repeat(faces[~bent], size - 2))
        for face, ring in zip(faces[bent], around[bent], strict=True):
            cut = ring[_clip_ears(corners[ring])]
            pieces.append(cut)
            owners.append(np.full(len(cut), face))
    return np.concatenate(pieces), np.concatenate(owners)


def _newell(rings: F64) -> F64:
    """Area-weighted normals (..., 3) of closed rings (..., size, 3) (Newell's method)."""
    onward = np.roll(rings, -1, axis=-2)
    return np.asarray(np.cross(rings, onward).sum(axis=-2))


def _concave(rings: F64) -> npt.NDArray[np.bool_]:
    """Which rings (faces, size, 3) turn the wrong way at any corner."""
    normal = _newell(rings)[:, None]
    into, out = rings - np.roll(rings, 1, axis=1), np.roll(rings, -1, axis=1) - rings
    turn = (np.cross(into, out) * normal).sum(axis=-1)
    return np.asarray((turn < -1e-9 * np.abs(turn).max(axis=1, keepdims=True)).any(axis=1))


def _clip_ears(ring: F64) -> I64:
    """One simple ring (size, 3) to (size - 2, 3) corner numbers (Meisters 1975)."""
    normal = _newell(ring)
    axis = int(np.argmax(np.abs(normal)))
    flat = np.delete(ring, axis, axis=1)
    if (normal[axis] < 0) != (axis == 1):  # dropping y mirrors what is left
        flat = flat * [1.0, -1.0]
    left, cut = list(range(len(ring))), []
    while len(left) > 3:
        ear = next((k for k in range(len(left)) if _is_ear(flat, left, k)), 0)
        cut.append([left[ear - 1], left[ear], left[(ear + 1) % len(left)]])
        del left[ear]
    return np.array([*cut, left], np.int64)


def _is_ear(flat: F64, left: list[int], k: int) -> bool:
    a, b, c = flat[left[k - 1]], flat[left[k]], flat[left[(k + 1) % len(left)]]

    def side(p: F64, q: F64, r: F64) -> F64:
        return np.asarray((q[0] - p[0]) * (r[..., 1] - p[1]) - (q[1] - p[1]) * (r[..., 0] - p[0]))

    if side(a, b, c) <= 0:
        return False
    others = flat[[v for v in left if v not in (left[k - 1], left[k], left[(k + 1) % len(left)])]]
    inside = (side(a, b, others) >= 0) & (side(b, c, others) >= 0) & (side(c, a, others) >= 0)
    return not bool(inside.any())


def corner_normals(points: F64, indices: I64) -> F64:
    """Unit normals (m, 3, 3) for triangles (m, 3) of points: smooth, but broken at sharp edges.

    A corner takes the mean, weighted by their angle there, of those faces around its point that lean
    less than 45 degrees from its own.
    """
    ring = points[indices]
    face = np.cross(ring[:, 1] - ring[:, 0], ring[:, 2] - ring[:, 0])
    face /= np.maximum(np.linalg.norm(face, axis=1, keepdims=True), 1e-20)
    ahead = np.roll(ring, -1, axis=1) - ring
    behind = np.roll(ring, 1, axis=1) - ring
    lengths = np.linalg.norm(ahead, axis=2) * np.linalg.norm(behind, axis=2)
    angle = np.arccos(np.clip((ahead * behind).sum(axis=2) / np.maximum(lengths, 1e-20), -1, 1))
    order = np.argsort(indices.ravel(), kind="stable")
    point = indices.ravel()[order]
    normal = np.repeat(face, 3, axis=0)[order]
    weighted = normal * angle.ravel()[order, None]
    mean = weighted.copy()
    for apart in range(1, min(len(point), _MOST_FACES)):
        same = np.flatnonzero(point[:-apart] == point[apart:])
        if not len(same):
            break
        other = same + apart
        gentle = (normal[same] * normal[other]).sum(axis=1) > _SMOOTH_COS
        same, other = same[gentle], other[gentle]
        mean[same] += weighted[other]
        mean[other] += weighted[same]
    mean /= np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), 1e-20)
    out = np.empty_like(mean)
    out[order] = mean
    return np.asarray(out.reshape(-1, 3, 3))


def weld(points: F64, normals: F64, uvs: F64) -> tuple[F64, F64, F64, I64]:
    """Corners (n, 3), (n, 3), (n, 2) without repeats, and (n,) where each corner went."""
    rows = np.ascontiguousarray(np.concatenate([points, normals, uvs], axis=1).astype(np.float32))
    _, first, where = np.unique(
        rows.view([("", np.float32)] * rows.shape[1]).ravel(), return_index=True, return_inverse=True
    )
    return points[first], normals[first], uvs[first], np.asarray(where).reshape(-1)

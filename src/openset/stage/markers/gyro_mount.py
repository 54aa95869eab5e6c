"""How a phone's gyroscope sits against its camera, and its bias, measured from both at once.

Browsers differ in how they name the axes of turning, and a page may lie sideways. While the camera
sees tags its own turning is known, so the rotation that takes the gyroscope's to it is found by Wahba's
problem (Kabsch 1976). Until there has been enough turning, the standard's own axes hold.
"""

from __future__ import annotations

import numpy as np

from openset.primitives.rotation import matrix_from_vector
from openset.primitives.space import F64

LEAST_PAIRS = 40
LEAST_RAD_S = 0.12
"""How much turning about the second-most turned axis is enough, rms."""
FORGET = 0.997
WIDEST_RAD = float(np.radians(25.0))
"""A mount nearer than this to the expected one is the expected one: small angles are the lens's axis
and the solver's noise, not the phone's build."""
MOST_BIAS = 0.1


class GyroMount:
    """`camera_from_phone` (3, 3) and `bias` (3,) of the readings, improved pair by pair."""

    def __init__(self, screen_angle_deg: float = 0.0) -> None:
        self.measured = False
        self.bias = np.zeros(3)
        self._reset(screen_angle_deg)

    def _reset(self, screen_angle_deg: float) -> None:
        self.camera_from_phone = expected(screen_angle_deg)
        self._expected = self.camera_from_phone
        self._angle = screen_angle_deg
        self._sums = np.zeros((3, 3))
        self._means = np.zeros((2, 3))
        self._count = 0.0

    def hold(self, screen_angle_deg: float) -> None:
        """The page turned: begin again from the expected mount, if it did."""
        if screen_angle_deg != self._angle:
            self.measured = False
            self._reset(screen_angle_deg)

    def camera_rates(self, phone_rates: F64) -> F64:
        """Readings (..., 3) along the phone's axes as turning in the camera's."""
        return np.asarray((phone_rates - self.bias) @ self.camera_from_phone.T)

    def pair(self, phone_rate: F64, camera_rate: F64) -> None:
        """The mean reading and the camera's own turning (3,) over the same short time."""
        self._count = FORGET * self._count + 1.0
        self._sums = FORGET * self._sums + np.outer(camera_rate, phone_rate)
        self._means = FORGET * self._means + np.stack([phone_rate, camera_rate])
        if self._count < LEAST_PAIRS:
            return
        mean_phone, mean_camera = self._means / self._count
        spread = self._sums / self._count - np.outer(mean_camera, mean_phone)
        left, sizes, right = np.linalg.svd(spread)
        if sizes[1] > LEAST_RAD_S**2:
            proper = np.diag([1.0, 1.0, float(np.sign(np.linalg.det(left @ right)))])
            found = left @ proper @ right
            self.camera_from_phone = self._expected if self._is_expected(found) else found
            self.measured = True
        bias = mean_phone - self.camera_from_phone.T @ mean_camera
        if np.abs(bias).max() < MOST_BIAS:
            self.bias = bias

    def _is_expected(self, found: F64) -> bool:
        cosine = (float(np.trace(self._expected.T @ found)) - 1.0) / 2.0
        return bool(np.arccos(np.clip(cosine, -1.0, 1.0)) < WIDEST_RAD)


def expected(screen_angle_deg: float) -> F64:
    """The mount (3, 3) by the book: the phone's x right, y up, z out of the glass, the rear camera's
    picture upright on a screen turned by so many degrees (Screen Orientation, W3C)."""
    return np.asarray(matrix_from_vector(np.array([0.0, 0.0, np.radians(screen_angle_deg)])))

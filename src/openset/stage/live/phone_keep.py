"""Pictures of a phone kept for calibrating its lens: a few, sharp, as they came.

They are what the page sends, so a lens file made of them fits what the page sends.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from openset.primitives.image import U8Plane
from openset.store.files import make_folder, write_atomic

MOST = 120
LEAST_SHARP = 12.0
"""Variance of the Laplacian of a half-size picture; a smeared one is under it."""
PATIENCE = 20
"""Pictures looked at before the last is kept although it is smeared."""


class Keeper:
    """Keeps the next sharp picture when asked; nothing without a folder."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self.count = 0
        self._wanted = self._looked = 0

    def ask(self) -> bool:
        """Keep the next sharp picture. False where there is no folder, or enough are kept."""
        if self.folder is None or self.count + self._wanted >= MOST:
            return False
        self._wanted += 1
        return True

    def offer(self, jpeg: bytes, luma: U8Plane) -> Path | None:
        """A picture has come; where it was written, if it was."""
        if not self._wanted or self.folder is None:
            return None
        self._looked += 1
        small = cv2.resize(luma, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        sharp = float(np.var(cv2.Laplacian(small, cv2.CV_64F)))
        if sharp < LEAST_SHARP and self._looked < PATIENCE:
            return None
        self._wanted, self._looked = self._wanted - 1, 0
        make_folder(self.folder)
        while (path := self.folder / f"{self.count + 1:04d}.jpg").exists():
            self.count += 1
        if self.count >= MOST:
            self._wanted = 0
            return None
        write_atomic(path, jpeg)
        self.count += 1
        return path

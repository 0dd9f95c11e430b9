"""What is known of a camera's place before anybody stands there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from kiosk.tryon.colours import DEFAULT_LIGHT, Light
from kiosk.tryon.pixels import Picture

_SAME_SHAPE: Final = 0.01


@dataclass(frozen=True)
class Place:
    """scene: the empty scene (H, W, 3) uint8 RGB where it was taken. light: what to expect until a face was seen."""

    scene: Picture | None = None
    light: Light = DEFAULT_LIGHT

    def scene_for(self, height: int, width: int) -> Picture | None:
        """The scene for frames of height x width pixels; None where it has another shape: that was another camera."""
        if self.scene is None or abs(self.scene.shape[0] * width / (self.scene.shape[1] * height) - 1.0) > _SAME_SHAPE:
            return None
        return np.asarray(cv2.resize(self.scene, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


ANYWHERE: Final = Place()

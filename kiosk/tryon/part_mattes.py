"""What stays from the camera, as the parts network sees it: its chances brought to the frame's pixels and edges."""

from __future__ import annotations

import cv2
import numpy as np

from engines.parts.contract import Part
from engines.parts.finder import PartMaps
from kiosk.tryon.figure import Box
from kiosk.tryon.pixels import Matte

_SEEN = (Part.FACE, Part.HAIR, Part.TOP, Part.LOWER, Part.ARM, Part.HELD)


def raised(maps: PartMaps, box: Box) -> dict[Part, Matte]:
    """The chance of each part of a person on the crop `box`: (h, w) float32 in 0..1, smooth."""
    turn, shift = maps.field_from_frame[:, :2].astype(np.float64), maps.field_from_frame[:, 2]
    offset = turn @ (box.origin.astype(np.float64) + 0.5) + shift - 0.5
    matrix = np.column_stack([turn, offset])
    size = (box.x1 - box.x0, box.y1 - box.y0)
    out: dict[Part, Matte] = {}
    for some in (_SEEN[:3], _SEEN[3:]):
        field = cv2.merge([cv2.convertScaleAbs(maps.chance[part], alpha=255) for part in some])
        wide = cv2.warpAffine(field, matrix, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
        for part, plane in zip(some, cv2.split(wide), strict=True):
            out[part] = np.multiply(plane, np.float32(1 / 255), dtype=np.float32)
    return out

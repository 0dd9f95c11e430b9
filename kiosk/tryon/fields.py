"""A drape's fields brought from their own low resolution to the crop's pixels."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from engines.drape.drape import Drape, Layer, Panel
from engines.garments.garment import ChartFrame
from kiosk.tryon.colours import Light
from kiosk.tryon.figure import Box, box_around
from kiosk.tryon.pixels import Matte, ramp

EDGE = 1.4
"""Width in pixels over which an upsampled alpha falls from 1 to 0."""
INVERSE = cv2.WARP_INVERSE_MAP


class FieldView:
    """One drape as seen in the crop `box` of the frame; patches are boxes in the crop's own pixels."""

    def __init__(self, drape: Drape, box: Box) -> None:
        """Only matrices are made here; fields are brought up when asked for, patch by patch."""
        self.drape = drape
        turn, shift = drape.field_from_frame[:, :2], drape.field_from_frame[:, 2]
        self._turn = turn.astype(np.float64)
        self._shift = self._turn @ (box.origin.astype(np.float64) + 0.5) + shift - 0.5
        self._shape = box.shape
        self.scale = float(np.sqrt(abs(np.linalg.det(self._turn))))
        """Field pixels for each pixel of the frame."""

    def patch(self, layer: Layer) -> Box | None:
        """The crop's part in which a layer's alpha is not 0; None when it is nowhere."""
        x, y, w, h = cv2.boundingRect((self.drape.alpha[layer] > 0.03).view(np.uint8))
        if w == 0 or h == 0:
            return None
        corners = np.array([[x, y], [x + w, y], [x, y + h], [x + w, y + h]], np.float64)
        seen = (corners - self._shift) @ np.linalg.inv(self._turn).T
        low, high = seen.min(0), seen.max(0)
        if high[0] < 2 or high[1] < 2 or low[0] > self._shape[1] - 2 or low[1] > self._shape[0] - 2:
            return None
        return box_around(seen.astype(np.float32), 2.0, self._shape)

    def alpha(self, layer: Layer, patch: Box) -> Matte:
        """A layer's alpha on the patch (h, w), with an edge of about `EDGE` pixels."""
        # Edges are straight slopes three field pixels wide, as in fonts drawn from distances: linear is enough.
        raised = self._raise(self.drape.alpha[layer], patch, 1.0, cv2.INTER_LINEAR, cv2.BORDER_CONSTANT)
        half = float(np.clip(EDGE * self.scale / 6.0, 0.1, 0.5))
        return ramp(raised, 0.5 - half, 0.5 + half)

    def smooth(self, field: NDArray[np.float32], patch: Box) -> NDArray[np.float32]:
        """A coarse field, (72, 64) or (72, 64, c <= 4), brought up smoothly to the patch; continued beyond its rim."""
        return self._raise(field, patch, 4.0, cv2.INTER_LINEAR, cv2.BORDER_REPLICATE)

    def texels(self, panel: Panel, frame: ChartFrame, size: tuple[int, int], patch: Box) -> tuple[Matte, Matte]:
        """Where each pixel of the patch looks in a chart's picture of `size` (height, width): x and y, (h, w) each."""
        u, v = self.drape.uv[panel]
        x = (u - frame.u_min) * np.float32(size[1] / (frame.u_max - frame.u_min)) - np.float32(0.5)
        y = (v - frame.v_min) * np.float32(size[0] / (frame.v_max - frame.v_min)) - np.float32(0.5)
        return self._curved(x, patch), self._curved(y, patch)

    def place(self, panel: Panel, u: float, v: float) -> NDArray[np.float32]:
        """Where a chart point of a panel lies, (2,) pixels of the crop; beyond the panel its rim is continued."""
        field = self.drape.uv[panel]
        du, dv = field[0] - u, field[1] - v
        row, column = (int(k) for k in np.unravel_index(int((du * du + dv * dv).argmin()), du.shape))
        y, x = min(max(row, 1), du.shape[0] - 2), min(max(column, 1), du.shape[1] - 2)
        slope = np.array([[(f[y, x + 1] - f[y, x - 1]) / 2, (f[y + 1, x] - f[y - 1, x]) / 2] for f in (du, dv)])
        step = np.clip(-np.linalg.pinv(slope) @ np.array([du[y, x], dv[y, x]]), -1.5, 1.5)
        at = 4.0 * (np.array([x, y]) + step) + 1.5
        return np.asarray(np.linalg.solve(self._turn, at - self._shift) + 0.5, np.float32)

    def density(self, panel: Panel, layer: Layer, frame: ChartFrame, size: tuple[int, int]) -> float:
        """Texels of a chart's picture for each pixel of the frame, the middle value over the layer."""
        inside = self.drape.alpha[layer][2::4, 2::4][:-1, :-1] > 0.5
        u, v = self.drape.uv[panel]
        ux, vx = (field[:-1, 1:] - field[:-1, :-1] for field in (u, v))
        uy, vy = (field[1:, :-1] - field[:-1, :-1] for field in (u, v))
        area = np.abs(ux * vy - uy * vx)[inside]
        if area.size == 0:
            return 1.0
        area.partition(area.size // 2)
        texels = float(area[area.size // 2]) * size[0] * size[1]
        texels /= (frame.u_max - frame.u_min) * (frame.v_max - frame.v_min)
        return float(np.sqrt(max(texels, 1e-6))) * self.scale / 4.0

    def shade(self, normal: NDArray[np.float32], light: Light, strength: float, patch: Box) -> Matte:
        """Shade (h, w), 1 for a surface facing the viewer, from normals (3, 72, 64) and the light."""
        x, y, z = (float(part) for part in light.direction)
        lit = light.ambient + x * normal[0] + y * normal[1] + z * normal[2]
        coarse = 1.0 + strength * (lit / (light.ambient + z) - 1.0)
        coarse = coarse * (0.86 + 0.14 * np.clip(normal[2], 0.0, 1.0))
        return self.smooth(np.clip(coarse, 0.5, 1.15).astype(np.float32), patch)

    def _curved(self, field: NDArray[np.float32], patch: Box) -> NDArray[np.float32]:
        """A coarse field brought up by cubics to every other pixel of the patch, and straight between them."""
        height, width = patch.shape
        turn = self._turn / 2.0
        shift = (self._shift + self._turn @ (patch.origin.astype(np.float64) + 0.5) + 0.5) / 4.0 - 0.5
        size, flags = ((width + 1) // 2, (height + 1) // 2), cv2.INTER_CUBIC | INVERSE
        half = cv2.warpAffine(field, np.column_stack([turn, shift]), size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
        whole = cv2.resize(half, (2 * size[0], 2 * size[1]), interpolation=cv2.INTER_LINEAR)
        return np.ascontiguousarray(whole[:height, :width], np.float32)

    def _raise(
        self, field: NDArray[np.float32], patch: Box, step: float, interpolation: int, border: int
    ) -> NDArray[np.float32]:
        """Warp a field whose pixels are `step` field pixels wide to the patch."""
        turn = self._turn / step
        shift = (self._shift + self._turn @ patch.origin.astype(np.float64) + 0.5) / step - 0.5
        matrix = np.column_stack([turn, shift])
        height, width = patch.shape
        flags = interpolation | INVERSE
        return np.asarray(cv2.warpAffine(field, matrix, (width, height), flags=flags, borderMode=border), np.float32)

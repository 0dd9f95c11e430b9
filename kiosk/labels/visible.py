"""The label that is seen: a small plate with words at the picture's lower corner, readable on any ground."""

from __future__ import annotations

from functools import cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from kiosk.config import Language
from kiosk.labels.words import Key, say
from kiosk.ui.fonts import faces
from kiosk.ui.words import RIGHT_TO_LEFT, lines

RGB = NDArray[np.uint8]
TEXT_SHARE: Final = 1 / 62
"""Height of the letters' body as a share of the picture's shorter side: read at arm's length on a phone."""
LEAST_TEXT: Final = 11
_INK: Final = (255, 255, 255, 255)
_PLATE: Final = (18, 18, 20, 176)


def with_label(picture: RGB, language: Language, key: Key = "label") -> RGB:
    """A copy of the picture (H, W, 3) uint8 with the label; it stands where reading ends: right, or left for Arabic.

    Raises `OutputError` where the fonts are missing.
    """
    plate = label_plate(language, key, max(LEAST_TEXT, round(min(picture.shape[:2]) * TEXT_SHARE)))
    height, width = picture.shape[:2]
    plate = plate[: height // 2, : width - 2]
    gap = max(1, min(plate.shape[0] // 2, height - plate.shape[0], width - plate.shape[1]))
    top = height - gap - plate.shape[0]
    left = gap if language in RIGHT_TO_LEFT else width - gap - plate.shape[1]
    out: RGB = picture.copy()
    part = out[top : top + plate.shape[0], left : left + plate.shape[1]]
    alpha = plate[..., 3].astype(np.float32) / np.float32(255)
    part[:] = cv2.blendLinear(np.ascontiguousarray(plate[..., :3]), part, alpha, 1 - alpha)
    return out


@cache
def label_plate(language: Language, key: Key, size: int) -> NDArray[np.uint8]:
    """The plate alone (h, w, 4) uint8 RGBA; `size` is the letters' body in pixels."""
    # The text is shaped already: a layout engine that did it once more would turn Arabic around again.
    font = ImageFont.truetype(faces(language).strong, size, layout_engine=ImageFont.Layout.BASIC)
    (text,) = lines(say(language, key), language, float("inf"), font.getlength)
    left, top, right, bottom = (round(side) for side in font.getbbox(text, anchor="ls"))
    pad_x, pad_y = round(0.7 * size), round(0.45 * size)
    ascent = max(-top, round(0.75 * size))
    height, width = ascent + max(bottom, round(0.1 * size)) + 2 * pad_y, right - left + 2 * pad_x
    image = Image.new("RGBA", (width, height), (*_PLATE[:3], 0))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((0, 0, width - 1, height - 1), height // 4, fill=_PLATE)
    draw.text((pad_x - left, pad_y + ascent), text, font=font, fill=_INK, anchor="ls")
    return np.asarray(image, np.uint8)

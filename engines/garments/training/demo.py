"""Draws the demo's product photo: `python -m engines.garments.training.demo --out FILE`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import typer
from numpy.typing import NDArray
from PIL import Image

from engines.garments.garment import Category
from engines.garments.outline import Point
from engines.garments.training.flatlay import FlatLay, flat_lay

SEED, SIZE = 13, 1000
CLOTH = np.array([214.0, 74.0, 58.0], np.float32)
INK = (250.0, 244.0, 232.0)


def dyed(lay: FlatLay, cloth: NDArray[np.float32]) -> NDArray[np.uint8]:
    """The painted cloth (H, W, 3) in the colour `cloth`, sRGB 0..255, its light and shade kept."""
    light = lay.picture[..., :3].astype(np.float32).mean(2)
    middle = float(np.median(light[lay.picture[..., 3] > 250]))
    tinted = cloth * np.clip(light / middle, 0.55, 1.25)[..., None]
    return np.asarray(np.clip(tinted, 0, 255), np.uint8)


def _print(picture: NDArray[np.uint8], lay: FlatLay) -> None:
    """Two overlapping discs and the name, on the chest."""
    left, right = lay.points[Point.ARMPIT_LEFT], lay.points[Point.ARMPIT_RIGHT]
    chest = float(np.linalg.norm(right - left))
    x, y = (left + right) / 2 + np.array([0.0, 0.02 * chest])
    for side in (-1, 1):
        centre = (round(float(x) + side * 0.11 * chest), round(float(y)))
        cv2.circle(picture, centre, round(0.17 * chest), INK, round(0.022 * chest), cv2.LINE_AA)
    scale = chest / 420
    for text, drop in (("TWIN", 0.34), ("MIRROR", 0.48)):
        (width, _), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_DUPLEX, scale, 2)
        corner = (round(float(x) - width / 2), round(float(y) + drop * chest))
        cv2.putText(picture, text, corner, cv2.FONT_HERSHEY_DUPLEX, scale, INK, max(2, round(3 * scale)), cv2.LINE_AA)


def main(out: Annotated[Path, typer.Option(help="The PNG to write.")]) -> None:
    """Draw the demo garment's photo, on transparent ground."""
    lay = flat_lay(np.random.default_rng(SEED), SIZE, Category.TEE, calm=True)
    picture = dyed(lay, CLOTH)
    _print(picture, lay)
    rgba = np.dstack([picture, lay.picture[..., 3]])
    Image.fromarray(rgba).save(out)


if __name__ == "__main__":
    typer.run(main)

"""Draws the product photos of the sample collection: `python -m engines.garments.training.sample --out FOLDER`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, NamedTuple

import numpy as np
import typer
from PIL import Image

from engines.garments.garment import Category
from engines.garments.training.demo import dyed
from engines.garments.training.flatlay import flat_lay

SIZE = 900


class Piece(NamedTuple):
    """One drawn garment: its file's name, what it is, the seed of its cut, and its cloth's sRGB colour."""

    name: str
    category: Category
    seed: int
    cloth: tuple[float, float, float]


PIECES = (
    Piece("striped-tee", Category.TEE, 105, (92.0, 122.0, 152.0)),
    Piece("sand-long-sleeve", Category.LONG_SLEEVE, 104, (206.0, 184.0, 150.0)),
    Piece("ribbed-tank", Category.TANK, 105, (238.0, 232.0, 222.0)),
    Piece("forest-polo", Category.POLO, 105, (58.0, 96.0, 74.0)),
    Piece("plum-hoodie", Category.HOODIE, 100, (112.0, 62.0, 92.0)),
)


def main(out: Annotated[Path, typer.Option(help="The folder to write to.")]) -> None:
    """Draw the photos, on transparent ground."""
    out.mkdir(parents=True, exist_ok=True)
    for piece in PIECES:
        lay = flat_lay(np.random.default_rng(piece.seed), SIZE, piece.category, calm=True)
        rgba = np.dstack([dyed(lay, np.array(piece.cloth, np.float32)), lay.picture[..., 3]])
        Image.fromarray(rgba).quantize(256, method=Image.Quantize.FASTOCTREE).save(out / f"{piece.name}.png")


if __name__ == "__main__":
    typer.run(main)

"""Paints the sample collection and writes its manifest: `python -m engines.garments.training.sample --out FOLDER`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, NamedTuple

import numpy as np
import typer
from numpy.typing import NDArray
from PIL import Image

from engines.garments.garment import Category
from engines.garments.training import prints
from engines.garments.training.bottom_cut import JEANS
from engines.garments.training.easel import Design
from engines.garments.training.product import product_photo

SIZE = 1000
_MOST_BYTES = 60_000
_HEAD = 'id = "sample"\ntitle = "Sample collection"\ncurrency = "EUR"\n'


class Piece(NamedTuple):
    """One garment: its name, title, price in euro and sizes, what it looks like, and its back where that is painted."""

    name: str
    title: str
    price: str
    sizes: str
    design: Design
    back: Design | None = None


_TEE, _LONG, _HOODIE, _POLO, _TANK = (
    Category.TEE, Category.LONG_SLEEVE, Category.HOODIE, Category.POLO, Category.TANK,
)  # fmt: skip
_SUNSET = Design(_TEE, (205, 60, 50), ink=prints.sunset)
_PLUM = Design(_HOODIE, (104, 62, 88), trim=(148, 106, 128), ink=prints.crest)
_BLOSSOM = Design(Category.DRESS, (46, 84, 128), weave=prints.blossoms, weave_colour=(240, 230, 212))
PIECES = (
    Piece("sunset-tee", "Sunset tee", "24.90", "XS S M L XL", _SUNSET,
          replace(_SUNSET, ink=prints.small_sun, back=True)),
    Piece("breton-long-sleeve", "Breton long sleeve", "34.90", "S M L XL",
          Design(_LONG, (238, 233, 222), weave=prints.breton, weave_colour=(38, 52, 84))),
    Piece("plum-hoodie", "Crest hoodie", "59.90", "S M L XL XXL", _PLUM, replace(_PLUM, ink=None, back=True)),
    Piece("forest-polo", "Forest polo", "39.90", "S M L XL", Design(_POLO, (52, 88, 68))),
    Piece("fern-tee", "Fern tee", "24.90", "XS S M L", Design(_TEE, (236, 230, 217), ink=prints.fern)),
    Piece("ribbed-tank", "Ribbed tank", "17.90", "XS S M L",
          Design(_TANK, (222, 208, 184), weave=prints.ribs, weave_colour=(196, 180, 154))),
    Piece("peaks-tee", "Peaks tee", "26.90", "S M L XL", Design(_TEE, (40, 50, 66), ink=prints.peaks)),
    Piece("sand-long-sleeve", "Sand long sleeve", "29.90", "XS S M L XL", Design(_LONG, (202, 178, 142))),
    Piece("grey-hoodie", "Grey hoodie", "54.90", "S M L XL", Design(_HOODIE, (150, 152, 156), trim=(120, 122, 128))),
    Piece("ringer-tee", "Ringer tee", "22.90", "S M L",
          Design(_TEE, (240, 236, 226), trim=(172, 60, 52), ink=prints.badge)),
    Piece("navy-polo", "Navy striped polo", "42.90", "S M L XL",
          Design(_POLO, (36, 48, 82), trim=(230, 226, 216), weave=prints.chest_stripes, weave_colour=(230, 226, 216))),
    Piece("sage-tee", "Sage tee", "19.90", "XS S M L XL XXL", Design(_TEE, (142, 160, 136))),
    Piece("waves-tank", "Waves tank", "19.90", "S M L", Design(_TANK, (44, 96, 112), ink=prints.waves)),
    Piece("check-long-sleeve", "Window check long sleeve", "36.90", "S M L XL",
          Design(_LONG, (118, 44, 48), weave=prints.window_check, weave_colour=(214, 180, 120))),
    Piece("blue-jeans", "Blue jeans", "69.90", "XS S M L XL",
          Design(Category.TROUSERS, (52, 78, 120), trim=(204, 146, 72), weave=prints.denim,
                 weave_colour=(164, 190, 216), legs=JEANS)),
    Piece("sand-chinos", "Sand chinos", "54.90", "S M L XL", Design(Category.TROUSERS, (192, 168, 130))),
    Piece("rust-skirt", "Pleated rust skirt", "49.90", "XS S M L", Design(Category.SKIRT, (168, 76, 42))),
    Piece("blossom-dress", "Blossom summer dress", "64.90", "XS S M L", _BLOSSOM, replace(_BLOSSOM, back=True)),
)  # fmt: skip


def main(out: Annotated[Path, typer.Option(help="The folder to write to.")]) -> None:
    """Paint the photos and write `collection.toml`."""
    out.mkdir(parents=True, exist_ok=True)
    entries = [_entry(piece, seed, out) for seed, piece in enumerate(PIECES, 1)]
    (out / "collection.toml").write_text(_HEAD + "".join(entries), encoding="utf-8")


def _entry(piece: Piece, seed: int, out: Path) -> str:
    """Paint one garment; gives its part of the manifest."""
    sizes = ", ".join(f'"{size}"' for size in piece.sizes.split())
    lines = ["\n[[garment]]", f'name = "{piece.name}"', f'title = "{piece.title}"',
             f'category = "{piece.design.category.value}"',
             f'price = "{piece.price}"', f"sizes = [{sizes}]"]  # fmt: skip
    for key, design, suffix in (("front", piece.design, ""), ("back", piece.back, "-back")):
        if design is not None:
            name = f"{piece.name}{suffix}.jpg"
            _save(product_photo(design, seed, SIZE), out / name)
            lines.append(f'{key} = "{name}"')
    return "\n".join(lines) + "\n"


def _save(picture: NDArray[np.uint8], path: Path) -> None:
    """As good as a file of bounded size allows."""
    for quality in (92, 88, 84, 78, 70):
        Image.fromarray(picture).save(path, "JPEG", quality=quality, optimize=True, progressive=True)
        if path.stat().st_size <= _MOST_BYTES:
            return


if __name__ == "__main__":
    typer.run(main)

"""Sheets: pieces of picture with their alpha, laid on one another to make the composite."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from kiosk.tryon.figure import Box
from kiosk.tryon.pixels import Matte, Picture, blend, shaded, shifted, soft


class Kind(IntEnum):
    """What a sheet shows; the channel of the layers that it is counted in."""

    GARMENT = 0
    REVEALED = 1
    PLATE = 2
    KEPT = 3


@dataclass(frozen=True)
class Sheet:
    """A piece of picture: colour (h, w, 3) uint8 and alpha (h, w) float32 on the crop's part `patch`."""

    patch: Box
    colour: Picture
    alpha: Matte
    kind: Kind

    def faded(self, by: Matte) -> Sheet:
        """The same sheet with its alpha multiplied by a matte of the patch's or the crop's size."""
        factor = by if by.shape == self.alpha.shape else by[self.patch.slices]
        return Sheet(self.patch, self.colour, self.alpha * factor, self.kind)


class Pile:
    """The picture being made, on the crop; counts what each layer shows when asked to."""

    def __init__(self, crop: Picture, count_layers: bool) -> None:
        """Begins with the camera's crop (h, w, 3)."""
        self.picture = crop.copy()
        self.solid: Matte = np.zeros(crop.shape[:2], np.float32)
        """Where body or garment has been laid: only there can shadows fall."""
        self.touched = np.zeros(crop.shape[:2], np.bool_)
        """Where anything at all was laid."""
        self._trunk = self.solid
        self._layers = np.zeros(crop.shape, np.uint8) if count_layers else None

    def lay(self, sheet: Sheet) -> None:
        """Lay a sheet on top."""
        where = sheet.patch.slices
        self.picture[where] = blend(self.picture[where], sheet.colour, sheet.alpha)
        self.touched[where] |= sheet.alpha > 0.0
        if sheet.kind is not Kind.PLATE:
            np.maximum(self.solid[where], sheet.alpha, out=self.solid[where])
        if self._layers is not None:
            mark = np.zeros((*sheet.alpha.shape, 3), np.uint8)
            if sheet.kind is not Kind.KEPT:
                mark[..., sheet.kind] = 255
            self._layers[where] = blend(self._layers[where], mark, sheet.alpha)

    @contextmanager
    def together(self, by: Matte) -> Iterator[None]:
        """What is laid in this block is faded as one by a matte (h, w) of the crop's size.

        Sheets faded one by one would let those beneath them shine through.
        """
        before, layers = self.picture.copy(), None if self._layers is None else self._layers.copy()
        yield
        self.picture = blend(before, self.picture, by)
        if layers is not None and self._layers is not None:
            self._layers = blend(layers, self._layers, by)

    def trunk_done(self) -> None:
        """Note that only arms come from here on: a hand casts no shadow on its own arm."""
        self._trunk = self.solid.copy()

    def cast(self, patch: Box, alpha: Matte, size: float, strength: float, *, on_trunk_only: bool = False) -> None:
        """Let something of this alpha, about to be laid, darken what lies under and just below it."""
        room, height, width = round(3 * size), self.solid.shape[0], self.solid.shape[1]
        wide = Box(
            max(0, patch.x0 - room), max(0, patch.y0 - room), min(width, patch.x1 + room), min(height, patch.y1 + room)
        )
        caster = np.zeros(wide.shape, np.float32)
        caster[patch.y0 - wide.y0 : patch.y1 - wide.y0, patch.x0 - wide.x0 : patch.x1 - wide.x0] = alpha
        where = wide.slices
        under = self._trunk if on_trunk_only else self.solid
        dark = soft(shifted(caster, round(0.6 * size)), size) * under[where]
        self.picture[where] = shaded(self.picture[where], 1.0 - np.float32(strength) * dark)

    @property
    def layers(self) -> NDArray[np.uint8] | None:
        """Visible share of garment, revealed and plate (h, w, 3) uint8; None when not counted."""
        return self._layers

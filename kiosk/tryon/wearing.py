"""One body dressed in one frame: drape each garment, then composite; what stills and live pictures share."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING

from engines.drape.draper import Draper, sits
from engines.drape.long_draper import KINDS, LongDraper
from engines.garments.garment import Category
from engines.parts.finder import PartsFinder
from engines.runtime.choice import Config, open_engine
from engines.runtime.config import AutoEngine
from engines.runtime.engine import MODELS
from kiosk.tryon.compositor import Composite, Compositor
from kiosk.tryon.place import ANYWHERE, Place

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from engines.drape.drape import Drape, Drapes
    from engines.garments.garment import Garment
    from engines.pose.body import Body
    from engines.runtime.engine import Engine
    from kiosk.tryon.compositor import Sight

SKIRTED = frozenset({Category.DRESS, Category.SKIRT})
"""On a lap these fall as no training has shown."""
DRAPE_MODEL, LONG_MODEL, PARTS_MODEL = (MODELS / f"{name}.onnx" for name in ("drape", "drape_long", "parts"))


def drape_threads() -> int:
    """Threads of the draping network: half the cores, as the estimator and the compositor want the others."""
    return max(1, min(4, (os.cpu_count() or 2) // 2))


@dataclass(frozen=True)
class Dressed:
    """A composited frame and what its steps took."""

    composite: Composite
    stage_ms: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Draped:
    """A person's garments, draped, innermost first, and the milliseconds that took."""

    worn: list[tuple[Garment, Drape]]
    milliseconds: float


class Dresser:
    """Garments worn by whoever stands before one camera, from the skin outwards."""

    def __init__(
        self,
        garments: Sequence[Garment],
        height: int,
        width: int,
        engine: Engine | None = None,
        draper: Drapes | None = None,
        backend: Config | None = None,
        place: Place = ANYWHERE,
    ) -> None:
        """For frames of height x width pixels, taken at `place`.

        draper: in the network's place, in comparisons. backend: where the networks run; the best that works else.

        Raises ModelUnavailableError without the network's file.
        """
        self._backend = backend or AutoEngine()
        drape = engine or open_engine(DRAPE_MODEL, drape_threads(), self._backend)
        parts = open_engine(PARTS_MODEL, config=self._backend)
        self.engines: dict[str, Engine] = {"drape": drape, "parts": parts}
        self._garments: list[Garment] = []
        self._draper: Drapes = draper or Draper(drape)
        self._long: Drapes | None = None
        self.compositor = Compositor(height, width, PartsFinder(parts), place)
        self.wear(garments)

    def wear(self, garments: Sequence[Garment]) -> None:
        """Change what is worn, from the next frame that is draped on."""
        self._garments = list(garments)
        self.compositor.wide_below = any(garment.category in SKIRTED for garment in garments)

    def dress(self, frame: NDArray[np.uint8], body: Body, presence: float, *, layers: bool = False) -> Dressed:
        """Dress a body in one frame (H, W, 3) uint8 RGB; see `Compositor.compose`."""
        return self.composite(frame, body, self.drape(body), presence, layers=layers)

    def drape(self, body: Body) -> Draped:
        """The first half of `dress`, which needs no picture; dresses and skirts are left out on who sits."""
        start = perf_counter()
        seated = sits(body)
        worn = [
            (garment, self._draper_of(garment).drape(body, garment))
            for garment in self._garments
            if not (seated and garment.category in SKIRTED)
        ]
        return Draped(worn, (perf_counter() - start) * 1e3)

    def _draper_of(self, garment: Garment) -> Drapes:
        """The draper of tops, or that of dresses, skirts and trousers, loaded with the first of them."""
        if garment.category not in KINDS:
            return self._draper
        if self._long is None:
            self.engines["drape_long"] = open_engine(LONG_MODEL, drape_threads(), self._backend)
            self._long = LongDraper(self.engines["drape_long"])
        return self._long

    def composite(
        self,
        frame: NDArray[np.uint8],
        body: Body,
        draped: Draped,
        presence: float,
        *,
        layers: bool = False,
        sight: Sight | None = None,
    ) -> Dressed:
        """The second half of `dress`; may run on another thread than the first.

        sight: what `Compositor.see` found in this frame, where that has been asked already.
        """
        start = perf_counter()
        composite = self.compositor.compose(frame, body, draped.worn, presence, layers=layers, sight=sight)
        spent = (perf_counter() - start) * 1e3 + (sum(sight.stage_ms.values()) if sight else 0.0)
        stages = {"drape": draped.milliseconds, "composite": spent}
        if "parts" in composite.stage_ms:
            stages["parts"] = composite.stage_ms["parts"]
        return Dressed(composite, stages)

    def forget_drapes(self) -> None:
        """Drop what the first half keeps of a person."""
        self._draper.forget()
        if self._long is not None:
            self._long.forget()

    def forget_pictures(self) -> None:
        """Drop what the second half has learnt about a person; the empty scene is kept."""
        self.compositor.forget()

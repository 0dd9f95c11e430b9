"""One body dressed in one frame: drape each garment, then composite; what stills and live pictures share."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING

from engines.drape.draper import Draper
from engines.runtime.engine import MODELS
from engines.runtime.onnx_engine import OnnxEngine
from kiosk.tryon.compositor import Composite, Compositor

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from engines.drape.drape import Drapes
    from engines.garments.garment import Garment
    from engines.pose.body import Body
    from engines.runtime.engine import Engine

DRAPE_MODEL = MODELS / "drape.onnx"


@dataclass(frozen=True)
class Dressed:
    """A composited frame and what its steps took."""

    composite: Composite
    stage_ms: dict[str, float] = field(default_factory=dict)


class Dresser:
    """Garments worn by whoever stands before one camera, from the skin outwards."""

    def __init__(
        self,
        garments: Sequence[Garment],
        height: int,
        width: int,
        engine: Engine | None = None,
        draper: Drapes | None = None,
    ) -> None:
        """For frames of height x width pixels; `draper` stands in for the network in comparisons.

        Raises ModelUnavailableError without the network's file.
        """
        self.engine = engine or OnnxEngine(DRAPE_MODEL)
        self._garments = list(garments)
        self._draper: Drapes = draper or Draper(self.engine)
        self.compositor = Compositor(height, width)

    def dress(self, frame: NDArray[np.uint8], body: Body, presence: float, *, layers: bool = False) -> Dressed:
        """Dress a body in one frame (H, W, 3) uint8 RGB; see `Compositor.compose`."""
        start = perf_counter()
        worn = [(garment, self._draper.drape(body, garment)) for garment in self._garments]
        draped = perf_counter()
        composite = self.compositor.compose(frame, body, worn, presence, layers=layers)
        stages = {"drape": (draped - start) * 1e3, "composite": (perf_counter() - draped) * 1e3}
        return Dressed(composite, stages)

"""One body dressed in one frame: drape each garment, then composite; what stills and live pictures share."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
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

    from engines.drape.drape import Drape, Drapes
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
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="drape")
        self.compositor = Compositor(height, width)

    def dress(self, frame: NDArray[np.uint8], body: Body, presence: float, *, layers: bool = False) -> Dressed:
        """Dress a body in one frame (H, W, 3) uint8 RGB; see `Compositor.compose`.

        The network drapes on a thread of its own while the compositor looks at the picture: both leave Python's lock
        to others for most of their time.
        """
        if not self._garments or presence <= 0.0:
            return Dressed(self.compositor.compose(frame, body, [], presence, layers=layers))
        start = perf_counter()
        draping = self._thread.submit(self._drape_all, body)
        sight = self.compositor.see(frame, body)
        seen = perf_counter()
        worn, drape_ms = draping.result()
        draped = perf_counter()
        composite = self.compositor.wear(sight, worn, presence, layers=layers)
        composite_ms = (seen - start + perf_counter() - draped) * 1e3
        return Dressed(composite, {"drape": drape_ms, "composite": composite_ms})

    def forget(self) -> None:
        """Drop all that was learnt about a person; the empty scene is kept."""
        self._draper.forget()
        self.compositor.forget()

    def _drape_all(self, body: Body) -> tuple[list[tuple[Garment, Drape]], float]:
        """Every garment draped, and the milliseconds that took."""
        start = perf_counter()
        worn = [(garment, self._draper.drape(body, garment)) for garment in self._garments]
        return worn, (perf_counter() - start) * 1e3

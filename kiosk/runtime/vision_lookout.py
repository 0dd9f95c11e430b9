"""Looks now and then whether more than one person stands there, beside the estimator that follows one.

Looking for a second person in each frame would cost the mirror half its pace; a glance every few seconds costs little.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Final

from engines.errors import EstimatorError, ModelUnavailableError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_log = logging.getLogger(__name__)
_GLANCE_SECONDS: Final = 3.0
_MOST_PEOPLE: Final = 2


class Lookout:
    """Show it frames with `look`; `others` tells how many people besides the first there were at the last glance."""

    def __init__(self, seconds: float = _GLANCE_SECONDS) -> None:
        self._seconds = seconds
        self._ending = threading.Event()
        self._picture: NDArray[np.uint8] | None = None
        self._thread = threading.Thread(target=self._run, name="lookout", daemon=True)
        self.others = 0

    def look(self, picture: NDArray[np.uint8]) -> None:
        """Have this picture (H, W, 3) uint8 RGB at hand for the next glance; the first one begins the thread."""
        self._picture = picture
        if not self._thread.ident:
            self._thread.start()

    def close(self) -> None:
        """End the glances and forget the picture."""
        self._ending.set()
        if self._thread.ident:
            self._thread.join()
        self._picture = None

    def _run(self) -> None:
        from engines.pose.worker import PoseWorker  # noqa: PLC0415 - loaded with the networks, after a first picture

        if self._ending.wait(self._seconds):  # the mirror's own start comes first
            return
        try:
            with PoseWorker(live=False, max_people=_MOST_PEOPLE) as worker:
                while not self._ending.wait(self._seconds):
                    picture, self._picture = self._picture, None
                    if picture is not None:
                        self.others = max(0, len(worker.people(picture)) - 1)
        except (EstimatorError, ModelUnavailableError) as error:
            _log.warning("nobody looks for a second person: %s", error)
            self.others = 0

"""The process that sees the camera: it warms up, serves one shopper, and ends with them.

What any library keeps of the shopper in its memory goes with the process; the supervisor wipes the ring behind it and
starts the next one. Until the networks are loaded the shopper is shown as they are: a mirror comes first.
"""

from __future__ import annotations

import logging
import select
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import islice
from typing import TYPE_CHECKING, Final

import cv2

from engines.errors import TwinMirrorError
from kiosk.camera.config import open_source
from kiosk.camera.handover import Handover
from kiosk.camera.steady import SteadyCamera
from kiosk.catalogue.store import Catalogue
from kiosk.errors import CameraError, EndOfClipError, TwinError
from kiosk.runtime.phase import Hint, Phase
from kiosk.runtime.vision_guidance import SteadyHint, hint_for
from kiosk.runtime.vision_lookout import Lookout
from kiosk.runtime.vision_twins import TwinMirrors, another
from kiosk.runtime.wish import Wish, newest_told

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future

    import numpy as np
    from numpy.typing import NDArray

    from engines.garments.garment import Garment
    from engines.pose.worker import PoseWorker
    from engines.runtime.choice import Config
    from kiosk.camera.source import CameraSource
    from kiosk.config import Settings
    from kiosk.runtime.calibrated import Calibrated
    from kiosk.runtime.pulse import Pulse
    from kiosk.runtime.ring import Ring
    from kiosk.tryon.live import LiveMirror, Seen, Shown

_log = logging.getLogger(__name__)
_LISTEN_SECONDS: Final = 0.1
_KEPT_GARMENTS: Final = 8
_WARMING_PICTURES: Final = 3
"""As many as are under way at a time; the next one is of a frame that did not wait for the networks to warm up."""


class Vision:
    """One life of the process, from warming up to the end of a session."""

    def __init__(self, settings: Settings, ring: Ring, pulse: Pulse, wishes: int) -> None:
        """`wishes` is the reading end of the pipe of wishes."""
        self._settings = settings
        self._ring = ring
        self._pulse = pulse
        self._wishes = wishes
        self._wish = Wish()
        self._generation = ring.generation
        self._changed = threading.Condition()
        self._garments: dict[tuple[str, bool], Garment] = {}
        self._of_twin = False
        self._calibrated: Future[Calibrated]
        self._mirror: LiveMirror | None = None
        self._twins = TwinMirrors(settings)
        self._refused: set[str] = set()
        self._second: LiveMirror | None = None
        self._hint = SteadyHint()
        self._lookout = Lookout()

    def run(self) -> None:
        """Load the networks, wait for a shopper, serve them, wipe. Raises what the try-on raises."""
        self._ring.phase = Phase.STARTING
        threading.Thread(target=self._listen, name="wishes", daemon=True).start()
        with ThreadPoolExecutor(3) as pool:
            self._calibrated = pool.submit(_calibrated)
            loading = pool.submit(_load, pool, self._settings.engine, self._calibrated)
            try:
                self._await_shopper(loading)
                self._serve(SteadyCamera(self._source, self._goes_on), loading)
            finally:
                self._lookout.close()
                loading.result()[1].close()
        self._ring.wipe()

    def _source(self) -> CameraSource:
        """The camera, whose controls are fixed as they were when it was calibrated, each time that it is opened."""
        camera = self._settings.camera
        return open_source(camera, lambda: self._calibrated.result().fix_controls(camera))

    def _await_shopper(self, loading: Future[tuple[LiveMirror, PoseWorker]]) -> None:
        """Wait until a mirror is wanted, or this process is to end."""
        while True:
            self._pulse.beat()
            if loading.done():
                loading.result()
                self._ring.phase = Phase.READY
            with self._changed:
                if self._changed.wait_for(lambda: self._wish.mirror or self._over, timeout=_LISTEN_SECONDS):
                    return

    @property
    def _over(self) -> bool:
        """Whether this process is to end, and its shopper's session with it."""
        return self._wish.ends >= self._generation

    def _serve(self, camera: SteadyCamera, loading: Future[tuple[LiveMirror, PoseWorker]]) -> None:
        """Show the shopper until their session ends."""
        try:
            while not loading.done():
                frame = camera.read()
                self._publish(frame.picture, frame.captured, dressed=False)
            mirror, worker = loading.result()
            self._dress(mirror, worker, camera)
        except EndOfClipError:
            return
        finally:
            camera.disconnect()

    def _dress(self, mirror: LiveMirror, worker: PoseWorker, camera: SteadyCamera) -> None:
        """Show the shopper, or a twin in their place, in what they wear."""
        from kiosk.tryon.live import seen_frames  # noqa: PLC0415

        handover = Handover(camera)
        frames = _without_late(seen_frames(handover, worker), self._settings.times.live_ms / 1e3)
        with closing(mirror.shown(frames)) as pictures, ThreadPoolExecutor(1) as thread:
            warming = thread.submit(self._warm, mirror, pictures)
            while not warming.done():
                frame = handover.look()
                self._publish(frame.picture, frame.captured, dressed=False)
            handover.finish()
        warming.result()
        while self._goes_on(seen=True):
            if not self._show_twin(mirror):
                self._show(mirror, self._of_shopper(frames))

    def _show(self, mirror: LiveMirror, frames: Iterator[Seen]) -> None:
        """Dress frames in one look, or in two side by side, until they end or that changes."""
        from kiosk.runtime.vision_looks import side_by_side  # noqa: PLC0415 - as above

        beside = self._wish.beside is not None
        second = self._beside(mirror) if beside else None
        pictures = side_by_side(second, mirror, frames) if second else mirror.shown(frames)
        with closing(pictures):
            for shown in pictures:
                panes = 2 if second else 1
                self._publish(shown.picture, shown.captured, dressed=shown.dressed, panes=panes)
                if (self._wish.beside is not None) is not beside:
                    return

    def _of_shopper(self, frames: Iterator[Seen]) -> Iterator[Seen]:
        """The camera's frames, with a word to the shopper where something could be better, until a twin is wanted."""
        for seen in frames:
            self._lookout.look(seen.frame.picture)
            metres = self._calibrated.result().metres(seen.people[0]) if seen.people else None
            hint = hint_for(seen.frame.picture, seen.people, self._lookout.others, metres)
            self._ring.hint = self._hint.update(hint, seen.frame.captured)
            yield seen
            if self._twin:
                return

    @property
    def _twin(self) -> str:
        """The twin that is wanted and can be shown, or nothing."""
        return "" if self._wish.twin in self._refused else self._wish.twin

    def _show_twin(self, mirror: LiveMirror) -> bool:
        """Show the twin that is wanted, for as long as it is; False where none is, or may not be shown."""
        slug = self._twin
        if not slug:
            return False

        def wanted() -> bool:
            return self._twin == slug and self._goes_on(seen=True)

        try:
            of_twin = self._twins.mirror(slug, mirror)
            self._ring.hint = Hint.NONE
            with self._changed:
                before, self._mirror, self._second, self._of_twin = self._mirror, of_twin, None, True
                of_twin.wear(self._worn())
            try:
                frames = _without_late(self._twins.frames(slug, wanted), self._settings.times.live_ms / 1e3)
                while wanted():
                    self._show(of_twin, frames)
            finally:
                with self._changed:
                    self._mirror, self._second, self._of_twin = before, None, False
                    mirror.wear(self._worn())
        except (TwinError, CameraError) as error:
            _log.warning("%s is not shown: %s", slug, error)
            self._refused.add(slug)
        return True

    def _beside(self, mirror: LiveMirror) -> LiveMirror:
        """The mirror that shows the second look, beside `mirror`'s."""
        with self._changed:
            self._second = another(mirror, mirror.place)
            self._second.wear(self._garments_of(self._wish.beside or ()))
        return self._second

    def _warm(self, mirror: LiveMirror, pictures: Iterator[Shown]) -> None:
        """Make the first pictures, which nobody sees: they take seconds on a busy machine."""
        with self._changed:
            self._mirror = mirror
            mirror.wear(self._worn())
        for _ in islice(pictures, _WARMING_PICTURES):
            pass

    def _goes_on(self, seen: bool) -> bool:
        """Asked by the camera between frames, and while it has none."""
        self._pulse.beat()
        self._ring.phase = Phase.LIVE if seen else Phase.NO_CAMERA
        return self._wish.mirror and not self._over

    def _publish(self, picture: NDArray[np.uint8], captured: float, *, dressed: bool, panes: int = 1) -> None:
        """Lay a picture (H, W, 3) uint8 RGB into the ring, made smaller where it does not fit."""
        height, width = picture.shape[:2]
        if height * width > self._ring.most_pixels:
            scale = (self._ring.most_pixels / (height * width)) ** 0.5
            picture = cv2.resize(picture, (int(width * scale), int(height * scale)), interpolation=cv2.INTER_AREA)
        self._ring.publish(picture, captured, dressed=dressed, panes=panes)

    def _listen(self) -> None:
        """Follow the wishes, for ever."""
        while True:
            select.select([self._wishes], [], [], _LISTEN_SECONDS)
            wish = newest_told(self._wishes)
            if wish is None:
                continue
            with self._changed:
                last, self._wish = self._wish, wish
                if wish.wear != last.wear and self._mirror is not None:
                    self._mirror.wear(self._worn())
                if wish.beside is not None and wish.beside != last.beside and self._second is not None:
                    self._second.wear(self._garments_of(wish.beside))
                self._changed.notify_all()

    def _worn(self) -> list[Garment]:
        """The garments that are wanted now and can be worn."""
        return self._garments_of(self._wish.wear)

    def _garments_of(self, names: tuple[str, ...]) -> list[Garment]:
        return [garment for name in names if (garment := self._garment(name))]

    def _garment(self, name: str) -> Garment | None:
        """The garment of this name, in the camera's colours unless a twin wears it.

        None, and a line in the log, where it cannot be worn.
        """
        from engines.garments import store  # noqa: PLC0415 - loaded with the networks, not before the first picture

        key = name, self._of_twin
        if key not in self._garments:
            try:
                with closing(Catalogue(self._settings.data)) as catalogue:
                    garment = store.load(catalogue.garment(self._wish.collection, name).folder)
            except TwinMirrorError as error:
                _log.warning("%s cannot be worn: %s", name, error)
                return None
            while len(self._garments) >= _KEPT_GARMENTS:
                self._garments.pop(next(iter(self._garments)))
            self._garments[key] = garment if self._of_twin else self._calibrated.result().garment(garment)
        return self._garments[key]


def _without_late(frames: Iterator[Seen], seconds: float) -> Iterator[Seen]:
    """Frames without those that are too old to be shown before they are draped.

    One that is slow keeps the next ones waiting, and all of these would come too late. Of two frames at least one is
    kept: the one after a late one has not waited.
    """
    for seen in frames:
        late = time.monotonic() - seen.frame.captured > seconds
        kept = next(frames, None) if late else seen
        if kept is None:
            return
        yield kept


def _calibrated() -> Calibrated:
    """What was measured of this mirror."""
    from kiosk.runtime.calibrated import Calibrated  # noqa: PLC0415 - as in `_load`

    return Calibrated.load()


def _load(pool: ThreadPoolExecutor, backend: Config, calibrated: Future[Calibrated]) -> tuple[LiveMirror, PoseWorker]:
    """The networks, the estimator's process starting beside the rest. Raises ModelUnavailableError, EstimatorError."""
    # What they import takes longer than a camera needs for its first picture
    from engines.pose.worker import PoseWorker  # noqa: PLC0415

    starting = pool.submit(PoseWorker, live=True)
    from engines.runtime.choice import open_engine  # noqa: PLC0415
    from kiosk.tryon.live import LiveMirror  # noqa: PLC0415
    from kiosk.tryon.wearing import DRAPE_MODEL, drape_threads  # noqa: PLC0415

    engine = open_engine(DRAPE_MODEL, drape_threads(), backend)
    mirror = LiveMirror([], engine, backend, calibrated.result().place())
    return mirror, starting.result()

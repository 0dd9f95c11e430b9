"""The shipped parts network and the mattes made of it, on real frames whose parts were drawn by hand.

Prints the overlaps (pytest -s); clips and photos are skipped where they are not beside the checkout.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from engines.parts.contract import Part
from engines.parts.finder import PartMaps, PartsFinder
from engines.pose.body import Body
from engines.pose.worker import PoseWorker
from engines.runtime.onnx_engine import OnnxEngine
from kiosk.pose.tracker import BodyTracker
from kiosk.tryon.compositor import Compositor, Sight
from kiosk.tryon.figure import Box
from kiosk.tryon.part_mattes import raised
from kiosk.tryon.wearing import PARTS_MODEL
from tests.parts_reference import CASES, PartsReference, picture, references

RGB = NDArray[np.uint8]
Mask = NDArray[np.bool_]
WARM = 4
"""Frames before a reference that the session has seen."""
FLOORS = {"hands and arms": 0.7, "face and hair": 0.78}
"""Overlaps below which something is broken."""


class _Spy(PartsFinder):
    """The real finder, whose last answer may be looked at."""

    def find(self, frame_rgb: RGB, plate_rgb: RGB | None, known_mask: RGB | None, body: Body) -> PartMaps:
        self.last = super().find(frame_rgb, plate_rgb, known_mask, body)
        return self.last


def _clip_bodies(name: str, count: int) -> Iterator[tuple[RGB, Body | None]]:
    capture, tracker = cv2.VideoCapture(str(CASES / "clips" / f"{name}.mkv")), BodyTracker()
    with PoseWorker(live=True, max_people=1) as worker:
        for index in range(count):
            frame = np.ascontiguousarray(capture.read()[1][..., ::-1])
            yield frame, tracker.update(worker.people(frame, index * 33), index / 30).body


def _photo_body(reference: PartsReference) -> Iterator[tuple[RGB, Body | None]]:
    frame = picture(reference)
    if frame is not None:
        with PoseWorker(live=False, max_people=1) as worker:
            yield frame, worker.people(frame)[0]


def _seen(of_source: dict[int, PartsReference]) -> Iterator[tuple[PartsReference, Sight, PartMaps]]:
    """What the compositor sees on the frames of one source that have a reference."""
    some, last = next(iter(of_source.values())), max(of_source)
    kind, name = some.source.split(":")
    frames = _clip_bodies(name, last + 1) if kind == "clip" else _photo_body(some)
    finder = _Spy(OnnxEngine(PARTS_MODEL))
    compositor = Compositor(*some.size, finder)
    for index, (frame, body) in enumerate(frames):
        if body is None or not any(0 <= wanted - index <= WARM for wanted in of_source):
            continue
        sight = compositor.see(frame, body)
        if index in of_source:
            yield of_source[index], sight, finder.last


def _found(sight: Sight, maps: PartMaps) -> dict[str, Mask]:
    """Masks of the whole frame: by the network alone, and by the mattes that the compositor uses."""
    mattes, size = sight.mattes, sight.frame.shape[:2]
    chance = raised(maps, Box(0, 0, size[1], size[0]))
    kept = np.maximum(np.maximum(mattes.head, mattes.hair), mattes.neck)
    full = {name: np.zeros(size, np.float32) for name in ("arms", "head")}
    full["arms"][sight.box.slices] = np.maximum(mattes.hands, mattes.arms)
    full["head"][sight.box.slices] = kept
    return {
        "network: arm": chance[Part.ARM] > 0.5, "network: face": chance[Part.FACE] > 0.5,
        "network: hair": chance[Part.HAIR] > 0.5, "hands and arms": full["arms"] > 0.5,
        "face and hair": full["head"] > 0.5,
    }  # fmt: skip


def _truth(reference: PartsReference) -> dict[str, Mask]:
    arm, face, hair = (reference.mask(part) for part in ("arm", "face", "hair"))
    return {
        "network: arm": arm, "network: face": face, "network: hair": hair, "hands and arms": arm,
        "face and hair": face | hair,
    }  # fmt: skip


@pytest.mark.skipif(not CASES.is_dir(), reason=f"the real clips are not at {CASES}")
def test_parts_of_real_people_are_found() -> None:
    by_source: dict[str, dict[int, PartsReference]] = defaultdict(dict)
    for reference in references():
        by_source[reference.source][reference.frame] = reference
    hits, totals = defaultdict(int), defaultdict(int)
    for of_source in by_source.values():
        for reference, sight, maps in _seen(of_source):
            scored, found = ~reference.ignored(), _found(sight, maps)
            for name, truth in _truth(reference).items():
                hits[name] += int((found[name] & truth & scored).sum())
                totals[name] += int(((found[name] | truth) & scored).sum())
    overlaps = {name: hits[name] / totals[name] for name in totals}
    print("".join(f"\n{name}: IoU {value:.3f}" for name, value in overlaps.items()))  # noqa: T201 - run to read it
    for name, floor in FLOORS.items():
        assert overlaps[name] > floor

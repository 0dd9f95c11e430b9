"""How still a garment lies on a still person, and how smoothly it follows a moving one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from engines.drape.baseline import GeometricDraper
from engines.drape.drape import Drape, Layer, Panel
from engines.drape.draper import Draper
from engines.errors import TwinMirrorError
from engines.pose.worker import PoseWorker
from kiosk.camera.config import open_source, parse_source
from kiosk.pose.tracker import BodyTracker
from kiosk.tryon.live import MOST_PEOPLE, seen_frames
from kiosk.tryon.wearing import Dresser

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from engines.drape.drape import Drapes
    from engines.garments.garment import Garment
    from engines.pose.body import Body
    from engines.runtime.engine import Engine

RGB = NDArray[np.uint8]
F64 = NDArray[np.float64]
LINES = 720.0
STILL_FRAMES, SETTLE = 45, 15
"""Frames of a still person, of which the first only settle the smoothing."""
_NEWTON_STEPS = 6
_MOST_FRAMES = 100


@dataclass(frozen=True)
class _Tracked:
    picture: RGB
    body: Body
    presence: float


def still_picture(clip: Path) -> RGB:
    """The middle one of the clip's frames that show somebody. Raises TwinMirrorError where none does."""
    with (
        open_source(parse_source(str(clip), paced=False)) as source,
        PoseWorker(live=True, max_people=MOST_PEOPLE) as worker,
    ):
        pictures = [seen.frame.picture for seen in seen_frames(source, worker) if seen.people]
    if not pictures:
        raise TwinMirrorError(f"nobody was found in {clip.name}: give another clip")
    return pictures[len(pictures) // 2]


def _tracked(clip: Path) -> Iterator[_Tracked]:
    """The clip's frames with the person that is followed through it."""
    tracker = BodyTracker()
    with (
        open_source(parse_source(str(clip), paced=False)) as source,
        PoseWorker(live=True, max_people=MOST_PEOPLE) as worker,
    ):
        for seen in seen_frames(source, worker):
            found = tracker.update(seen.people, seen.frame.source_time, seen.frame.picture)
            if found.body is not None:
                yield _Tracked(seen.frame.picture, found.body, found.presence)


def _sampled(field: NDArray[np.float32], points: F64) -> F64:
    """A coarse field (2, 72, 64) at field positions (n, 2), between pixels linearly: (n, 2)."""
    x, y = ((points - 2.0) / 4.0).T.astype(np.float32)
    both = [
        cv2.remap(np.ascontiguousarray(channel), x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        for channel in field
    ]
    return np.stack([values.ravel() for values in both], 1).astype(float)


def located(drape: Drape, wanted: F64, start: F64) -> F64:
    """Where in the field (n, 2) the torso's chart coordinates `wanted` (n, 2) lie, by Newton's way from `start`."""
    field, points = drape.uv[Panel.TORSO], start.copy()
    for _ in range(_NEWTON_STEPS):
        error = _sampled(field, points) - wanted
        right, down = (
            (_sampled(field, points + 2.0 * step) - _sampled(field, points - 2.0 * step)) / 4.0
            for step in (np.array([1.0, 0.0]), np.array([0.0, 1.0]))
        )
        turn = np.stack([right, down], 2)
        turn[abs(np.linalg.det(turn)) < 1e-8] = np.eye(2)
        points -= np.clip(np.linalg.solve(turn, error[..., None])[..., 0], -4.0, 4.0)
    return points


def _marks(drape: Drape) -> F64:
    """Field positions (n, 2) well inside the torso."""
    inside = cv2.erode((drape.alpha[Layer.TORSO] > 0.5).astype(np.uint8), np.ones((17, 17), np.uint8))
    rows, columns = np.nonzero(inside[6::12, 6::12])
    return np.stack([columns * 12 + 6.5, rows * 12 + 6.5], 1)


def _in_frame(drape: Drape, points: F64) -> F64:
    matrix = drape.field_from_frame.astype(float)
    return np.asarray((points - matrix[:, 2]) @ np.linalg.inv(matrix[:, :2]).T)


def _spread(drapes: list[Drape], height: int) -> float:
    """95th percentile of the distance of garment points from their mean place, in pixels at 720 lines."""
    start = _marks(drapes[0])
    if len(start) == 0:
        raise TwinMirrorError("the garment is not to be seen in this clip: give another one")
    wanted, found, points = _sampled(drapes[0].uv[Panel.TORSO], start), [], start
    for drape in drapes:
        points = located(drape, wanted, points)
        found.append(_in_frame(drape, points))
    places = np.stack(found)
    away = np.linalg.norm(places - places.mean(0), axis=2) * LINES / height
    return float(np.percentile(away, 95))


def movement(picture: RGB, garment: Garment, engine: Engine, sigma: float) -> tuple[float, float]:
    """Movement of garment points on a still person, network and geometric warp, in pixels at 720 lines.

    The picture (`still_picture`) is repeated with camera noise of `sigma` levels.
    """
    still, rng = picture.astype(np.float32), np.random.default_rng(7)
    drapers: tuple[Drapes, Drapes] = (Draper(engine), GeometricDraper())
    drapes: tuple[list[Drape], list[Drape]] = ([], [])
    tracker = BodyTracker()
    with PoseWorker(live=True, max_people=MOST_PEOPLE) as worker:
        for number in range(STILL_FRAMES):
            noisy = np.clip(still + rng.normal(0, sigma, still.shape), 0, 255).round().astype(np.uint8)
            found = tracker.update(worker.people(noisy, round(number * 100 / 3)), number / 30, noisy)
            if found.body is None or number < SETTLE:
                continue
            for kept, draper in zip(drapes, drapers, strict=True):
                kept.append(draper.drape(found.body, garment))
    ours, plain = (_spread(kept, still.shape[0]) for kept in drapes)
    return ours, plain


class _Follower:
    """Sums the warping error of one way of dressing."""

    def __init__(self, dresser: Dresser | None) -> None:
        self._dresser, self._last = dresser, None
        self.errors: list[float] = []

    def add(
        self, tracked: _Tracked, grid: NDArray[np.float32] | None, mask: NDArray[np.bool_] | None
    ) -> NDArray[np.bool_]:
        """Take a frame; `grid` says where its pixels were before. Gives where the garment is shown."""
        picture, shown = tracked.picture, mask
        if self._dresser is not None:
            dressed = self._dresser.dress(picture, tracked.body, tracked.presence, layers=True).composite
            picture, shown = dressed.picture, None if dressed.layers is None else dressed.layers.garment > 200
        if shown is None:
            shown = np.zeros(picture.shape[:2], bool)
        if grid is not None and self._last is not None and tracked.presence >= 1.0 and shown.any():
            before = cv2.remap(self._last, grid, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            self.errors.append(float(cv2.absdiff(before, picture)[shown].mean()))
        self._last = picture
        return shown


def _origins(flow: cv2.DISOpticalFlow, now: RGB, before: RGB) -> NDArray[np.float32]:
    """Where each pixel of this frame was in the one before, (H, W, 2) x and y."""
    grey = [cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) for picture in (now, before)]
    y, x = np.mgrid[: now.shape[0], : now.shape[1]].astype(np.float32)
    return np.asarray(flow.calc(grey[0], grey[1], None) + np.dstack([x, y]), np.float32)


def warping_errors(clip: Path, garment: Garment, engine: Engine) -> tuple[float, float, float]:
    """Mean difference in levels between a frame and the one before, carried along by the clip's optical flow.

    Inside the garment: for the network, for the geometric warp, and of the clip itself where the network's garment is.
    """
    flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    followers: list[_Follower] = []
    last: RGB | None = None
    for number, tracked in enumerate(_tracked(clip)):
        if not followers:
            height, width = tracked.picture.shape[:2]
            dressers = (
                Dresser([garment], height, width, engine),
                Dresser([garment], height, width, engine, GeometricDraper()),
            )
            followers = [_Follower(dresser) for dresser in (*dressers, None)]
        grid = None if last is None else _origins(flow, tracked.picture, last)
        last = tracked.picture
        mask = followers[0].add(tracked, grid, None)
        followers[1].add(tracked, grid, None)
        followers[2].add(tracked, grid, mask)
        if number >= _MOST_FRAMES:
            break
    if not followers or not all(follower.errors for follower in followers):
        raise TwinMirrorError(f"nobody was dressed in {clip.name}: give another clip")
    ours, plain, floor = (float(np.mean(follower.errors)) for follower in followers)
    return ours, plain, floor

"""Where a person's parts lie in the crop: the box worked on, head geometry, hands, capsules about limbs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import ceil, floor

import cv2
import numpy as np
from numpy.typing import NDArray

from engines.pose.body import Body, Landmark
from kiosk.tryon.pixels import Matte

Point = NDArray[np.float32]
SIDES = (0, 1)
"""Left and right, the person's own; landmarks of a pair follow each other in `Landmark`."""


@dataclass(frozen=True)
class Box:
    """A rectangle of whole frame pixels, x0 <= x < x1 and y0 <= y < y1."""

    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """The rectangle as an index of an (H, W, ...) array."""
        return slice(self.y0, self.y1), slice(self.x0, self.x1)

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.y1 - self.y0, self.x1 - self.x0

    @property
    def origin(self) -> Point:
        """Frame position of the crop's upper left corner."""
        return np.array([self.x0, self.y0], np.float32)


def box_around(points: NDArray[np.float32], margin: float, shape: tuple[int, int]) -> Box:
    """The smallest box of a frame of `shape` (H, W) around points (n, 2) with a margin; at least 2 pixels a side."""
    x, y = points[:, 0].tolist(), points[:, 1].tolist()
    return _around((min(x), min(y)), (max(x), max(y)), margin, shape)


def _around(low: tuple[float, float], high: tuple[float, float], margin: float, shape: tuple[int, int]) -> Box:
    """The box of a frame of `shape` from one corner to another with a margin; at least 2 pixels a side."""
    height, width = shape
    x0, y0 = min(max(floor(low[0] - margin), 0), width - 2), min(max(floor(low[1] - margin), 0), height - 2)
    x1, y1 = min(max(ceil(high[0] + margin), x0 + 2), width), min(max(ceil(high[1] + margin), y0 + 2), height)
    return Box(x0, y0, x1, y1)


def bounding_box(matte: Matte | NDArray[np.uint8], margin: int) -> Box | None:
    """The box of all that is not 0 in a matte (h, w), grown by a margin inside the picture; None when all is 0."""
    x, y, w, h = cv2.boundingRect((matte > 0).view(np.uint8))
    if w < 2 or h < 2:
        return None
    return _around((x, y), (x + w, y + h), margin, (matte.shape[0], matte.shape[1]))


def person_box(body: Body) -> Box:
    """The box of a person's silhouette, with room about it for a wider garment."""
    height, width = body.silhouette.shape
    x, y, w, h = cv2.boundingRect((body.silhouette > 50).astype(np.uint8))
    if w == 0 or h == 0:
        return box_around(body.landmarks[:25], 0.3 * body.torso_length, (height, width))
    corners = np.array([[x, y], [x + w, y + h]], np.float32)
    return box_around(corners, 0.1 * body.torso_length, (height, width))


@dataclass(frozen=True)
class Figure:
    """A body's landmarks in the crop's pixels, with the measures that every step uses.

    points: (33, 2) float32. visibility: (33,) float32. scale: torso length in pixels.
    """

    points: NDArray[np.float32]
    visibility: NDArray[np.float32]
    scale: float

    @staticmethod
    def of(body: Body, box: Box) -> Figure:
        """The figure of a body as seen in the crop `box`."""
        points = np.asarray(body.landmarks - box.origin, np.float32)
        return Figure(points, body.visibility, body.torso_length)

    def middle(self, first: Landmark, second: Landmark) -> Point:
        """The point halfway between two landmarks."""
        return np.asarray((self.points[first] + self.points[second]) / 2, np.float32)

    @cached_property
    def shoulders(self) -> Point:
        """Middle of the shoulder joints."""
        return self.middle(Landmark.LEFT_SHOULDER, Landmark.RIGHT_SHOULDER)

    @cached_property
    def hips(self) -> Point:
        """Middle of the hip joints."""
        return self.middle(Landmark.LEFT_HIP, Landmark.RIGHT_HIP)

    @cached_property
    def shoulder_width(self) -> float:
        """Distance of the shoulder joints in pixels."""
        return float(np.linalg.norm(self.points[Landmark.LEFT_SHOULDER] - self.points[Landmark.RIGHT_SHOULDER]))

    @cached_property
    def eyes(self) -> Point:
        """Middle of the outer corners of the eyes."""
        return self.middle(Landmark.LEFT_EYE_OUTER, Landmark.RIGHT_EYE_OUTER)

    @cached_property
    def mouth(self) -> Point:
        """Middle of the mouth's corners."""
        return self.middle(Landmark.MOUTH_LEFT, Landmark.MOUTH_RIGHT)

    @cached_property
    def face_down(self) -> Point:
        """Vector from the eyes to the mouth: a face's direction and measure."""
        down = self.mouth - self.eyes
        return down if float(np.linalg.norm(down)) > 1.0 else np.array([0.0, 1.0], np.float32)

    @cached_property
    def face_height(self) -> float:
        """Length of `face_down` in pixels."""
        return float(np.linalg.norm(self.face_down))

    @cached_property
    def face_width(self) -> float:
        """Distance of the ears, kept up when the head is turned."""
        ears = self.points[Landmark.LEFT_EAR] - self.points[Landmark.RIGHT_EAR]
        return max(float(np.linalg.norm(ears)), 1.1 * self.face_height)

    @cached_property
    def face_tilt(self) -> float:
        """Roll of the head in degrees, as `cv2.ellipse` wants it."""
        return -float(np.degrees(np.arctan2(self.face_down[0], self.face_down[1])))

    @cached_property
    def chin(self) -> Point:
        """Tip of the chin, continued from eyes and mouth."""
        return np.asarray(self.mouth + 0.62 * self.face_down, np.float32)

    @cached_property
    def face_seen(self) -> bool:
        """Whether the face looks into the camera well enough to take skin from it."""
        ears = self.points[[Landmark.LEFT_EAR, Landmark.RIGHT_EAR]]
        facing = float(ears[0, 0] - ears[1, 0]) > 0.5 * self.face_height
        return bool(self.visibility[Landmark.NOSE] > 0.5 and self.eyes[1] > 0 and facing)

    def arm(self, side: int) -> tuple[Point, Point, Point]:
        """Shoulder, elbow and wrist of one arm."""
        p = self.points
        return p[Landmark.LEFT_SHOULDER + side], p[Landmark.LEFT_ELBOW + side], p[Landmark.LEFT_WRIST + side]

    def hand(self, side: int) -> tuple[Point, Point]:
        """Wrist and finger tip of one hand; the landmarks name knuckles, so the tip is continued."""
        wrist = self.points[Landmark.LEFT_WRIST + side]
        knuckles = (self.points[Landmark.LEFT_PINKY + side] + self.points[Landmark.LEFT_INDEX + side]) / 2
        reach = knuckles - wrist
        length = float(np.linalg.norm(reach)) + 1e-6
        tip = wrist + reach / length * np.clip(1.75 * length, 0.24 * self.scale, 0.40 * self.scale)
        return wrist, np.asarray(tip, np.float32)


def add_capsule(into: Matte, ends: tuple[Point, Point], radii: tuple[float, float], softness: float) -> None:
    """Paint a tapered capsule into a matte (h, w), in place, by maximum; its rim falls over `softness` pixels."""
    start, end = ends
    box = _clipped(np.stack([start, end]), max(radii) + 1.0, into.shape[:2])
    if box is None:
        return
    value, along = distance_to_bone(box, start, end)
    np.subtract(np.float32(radii[0]), value, out=value)
    if radii[0] != radii[1]:
        value += np.float32(radii[1] - radii[0]) * np.clip(along, 0.0, 1.0)
    value *= np.float32(1.0 / max(softness, 1e-3))
    part = into[box.slices]
    np.maximum(part, np.clip(value, 0.0, 1.0, out=value), out=part)


def distance_to_bone(box: Box, start: Point, end: Point) -> tuple[Matte, Matte]:
    """For each pixel centre of `box`: distance in pixels to the bone start-end, and place along it (0..1 between)."""
    dx, dy = float(end[0] - start[0]), float(end[1] - start[1])
    length = max((dx * dx + dy * dy) ** 0.5, 0.03)
    ux, uy = np.float32(dx / length), np.float32(dy / length)
    x = np.arange(box.x0, box.x1, dtype=np.float32)[None, :] + np.float32(0.5 - start[0])
    y = np.arange(box.y0, box.y1, dtype=np.float32)[:, None] + np.float32(0.5 - start[1])
    along, squared = x * ux + y * uy, x * uy - y * ux
    squared *= squared
    beyond = np.clip(along, 0.0, length)
    np.subtract(along, beyond, out=beyond)
    beyond *= beyond
    squared += beyond
    along *= np.float32(1.0 / length)
    return np.sqrt(squared, out=squared), along


def _clipped(points: NDArray[np.float32], margin: float, shape: tuple[int, ...]) -> Box | None:
    """The box about the points inside a picture of `shape`, or None when nothing of it is inside."""
    low, high = points.min(0) - margin, points.max(0) + margin
    if high[0] < 0 or high[1] < 0 or low[0] > shape[1] - 2 or low[1] > shape[0] - 2:
        return None
    return box_around(points, margin, (shape[0], shape[1]))

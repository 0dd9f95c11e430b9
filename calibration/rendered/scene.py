"""Flat things in space, seen directly or in a mirror."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.board import Board, drawn
from calibration.rendered.optics import F32, F64, SUPERSAMPLES, Lens

INK, PAPER = 0.03, 0.85


@dataclass(frozen=True)
class Sheet:
    """A flat picture: light (h, w) or (h, w, 3) linear, `density` pixels a mm, its frame's origin at pixel `origin`."""

    light: F32
    density: float
    origin: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True)
class Pose:
    """Takes a sheet's frame to the camera's: x -> rotation x + translation, mm."""

    rotation: F64
    translation: F64

    @property
    def columns(self) -> F64:
        """(3, 3) that takes (x, y, 1) of the sheet to the camera's frame."""
        return np.stack([self.rotation[:, 0], self.rotation[:, 1], self.translation], 1)

    def at(self, points: F64) -> F64:
        """(n, 3) in the camera's frame."""
        return points @ self.rotation.T + self.translation


@dataclass(frozen=True)
class Mirror:
    """A round one: its plane is normal . x = distance in the camera's frame; centre on it, radius in mm."""

    normal: F64
    distance: float
    centre: F64
    radius: float

    def reflected(self, pose: Pose) -> Pose:
        """Where a sheet seems to be."""
        turn = np.eye(3) - 2 * np.outer(self.normal, self.normal)
        shift = 2 * self.distance * self.normal
        return Pose(turn @ pose.rotation, turn @ pose.translation + shift)


def rotation(x: float = 0.0, y: float = 0.0, z: float = 0.0) -> F64:
    """About the axes, in degrees: z first, then x, then y."""
    turns = [cv2.Rodrigues(np.radians(a) * np.eye(3)[i])[0] for a, i in ((y, 1), (x, 0), (z, 2))]
    return np.asarray(turns[0] @ turns[1] @ turns[2], np.float64)


def board_sheet(board: Board, pixels: int, margin: int) -> Sheet:
    """The board on its paper, squares of so many pixels and a margin in pixels."""
    picture = drawn(board, pixels, margin).astype(np.float32) / 255
    return Sheet(INK + (PAPER - INK) * picture, pixels / board.square, (margin, margin))


def background(lens: Lens, rng: np.random.Generator) -> F32:
    """Samples of a room that is out of focus."""
    width, height = lens.size
    coarse = rng.uniform(0.05, 0.5, (9, 12)).astype(np.float32)
    size = (width * SUPERSAMPLES, height * SUPERSAMPLES)
    return np.asarray(cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC), np.float32)


def seen(
    lens: Lens, sheet: Sheet, pose: Pose, behind: F32, end: Pose | None = None, mirror: Mirror | None = None
) -> F32:
    """Samples of linear light with the sheet before `behind`.

    end: the pose at which the sheet is when the last row is read (rolling exposure). mirror: the sheet is seen in it
    only (`pose` and `end` are where the sheet is, not its reflection).
    """
    places = _places(lens, mirror.reflected(pose) if mirror else pose)
    if end is not None:
        last = _places(lens, mirror.reflected(end) if mirror else end)
        share = np.linspace(0, 1, len(places), dtype=np.float32)[:, None, None]
        places = places * (1 - share) + last * share
    light = _sampled(sheet, places)
    mask = _inside(sheet, places)
    if mirror is not None:
        mask &= _in_mirror(lens, mirror)
    room = behind if light.ndim == 2 else np.repeat(behind[..., None], 3, 2) if behind.ndim == 2 else behind
    return np.where(mask if light.ndim == 2 else mask[..., None], light, room).astype(np.float32)


def _places(lens: Lens, pose: Pose) -> F32:
    """(rows, columns, 2) mm on the sheet of each sample; far off where it is behind the camera."""
    back = np.linalg.inv(pose.columns).astype(np.float32)
    hits = cv2.transform(lens.rays, back)
    depth = hits[..., 2:]
    return np.where(depth > 1e-7, hits[..., :2] / np.where(depth > 1e-7, depth, 1), -1e6).astype(np.float32)


def _inside(sheet: Sheet, places: F32) -> NDArray[np.bool_]:
    height, width = sheet.light.shape[:2]
    x = places[..., 0] * sheet.density + sheet.origin[0]
    y = places[..., 1] * sheet.density + sheet.origin[1]
    return np.asarray((x > 0) & (x < width) & (y > 0) & (y < height))


def _sampled(sheet: Sheet, places: F32) -> F32:
    """The sheet at `places`, first made as coarse as the samples are, so that nothing flickers."""
    step = _spacing(sheet, places)
    light, density = sheet.light, sheet.density
    shrink = max(1.0, step * density)
    if shrink > 1.2:
        size = tuple(max(8, round(side / shrink)) for side in light.shape[1::-1])
        light = np.asarray(cv2.resize(light, size, interpolation=cv2.INTER_AREA))
    fx, fy = light.shape[1] / sheet.light.shape[1], light.shape[0] / sheet.light.shape[0]
    x = (places[..., 0] * density + sheet.origin[0]) * fx - 0.5
    y = (places[..., 1] * density + sheet.origin[1]) * fy - 0.5
    return np.asarray(cv2.remap(light, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32)


def _spacing(sheet: Sheet, places: F32) -> float:
    """The smaller of the two distances in mm between neighbouring samples on the sheet."""
    inside = _inside(sheet, places)[:-1, :-1]
    if not inside.any():
        return 0.0
    across = np.linalg.norm(np.diff(places, axis=1)[:-1][inside], axis=1)
    down = np.linalg.norm(np.diff(places, axis=0)[:, :-1][inside], axis=1)
    return float(min(np.median(across), np.median(down)))


def _in_mirror(lens: Lens, mirror: Mirror) -> NDArray[np.bool_]:
    scale = mirror.distance / (lens.rays @ mirror.normal.astype(np.float32))
    away = lens.rays * scale[..., None] - mirror.centre.astype(np.float32)
    return np.asarray((scale > 0) & ((away**2).sum(-1) < mirror.radius**2))

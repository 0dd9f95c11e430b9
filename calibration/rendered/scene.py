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
        return np.asarray(points @ self.rotation.T + self.translation)


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
    return Sheet((INK + (PAPER - INK) * picture).astype(np.float32), pixels / board.square, (margin, margin))


def background(lens: Lens, rng: np.random.Generator) -> F32:
    """The light (h, w) of a room that is out of focus."""
    coarse = rng.uniform(0.05, 0.5, (9, 12)).astype(np.float32)
    return np.asarray(cv2.resize(coarse, lens.size, interpolation=cv2.INTER_CUBIC), np.float32)


def seen(
    lens: Lens, sheet: Sheet, pose: Pose, behind: F32, end: Pose | None = None, mirror: Mirror | None = None
) -> F32:
    """Linear light of each pixel, the sheet before `behind`: (h, w), or (h, w, 3) where one of them has colours.

    end: the pose at which the sheet is when the last row is read (rolling exposure). mirror: the sheet is seen in it
    only (`pose` and `end` are where the sheet is, not its reflection).
    """
    start = mirror.reflected(pose) if mirror else pose
    last = (mirror.reflected(end) if mirror else end) if end else start
    light = np.repeat(behind[..., None], 3, 2) if sheet.light.ndim == 3 > behind.ndim else behind.copy()
    rows, columns = _frame(lens, sheet, (start, last), mirror)
    if rows.stop <= rows.start or columns.stop <= columns.start:
        return light
    s = SUPERSAMPLES
    rays = lens.rays[rows.start * s : rows.stop * s, columns.start * s : columns.stop * s]
    places = _places(rays, start)
    if end is not None:
        height = lens.size[1]
        share = np.linspace(rows.start / height, rows.stop / height, len(places), dtype=np.float32)[:, None, None]
        places = places * (1 - share) + _places(rays, last) * share
    mask = _inside(sheet, places) & (_in_mirror(rays, mirror) if mirror else True)
    share = mask.astype(np.float32)
    sampled = _sampled(sheet, places) * (share if sheet.light.ndim == 2 else share[..., None])
    size = (columns.stop - columns.start, rows.stop - rows.start)
    part, cover = (np.asarray(cv2.resize(a, size, interpolation=cv2.INTER_AREA)) for a in (sampled, share))
    light[rows, columns] = light[rows, columns] * (1 - cover if light.ndim == 2 else (1 - cover)[..., None]) + part
    return light


def _frame(lens: Lens, sheet: Sheet, poses: tuple[Pose, Pose], mirror: Mirror | None) -> tuple[slice, slice]:
    """The rows and columns of the picture within which the sheet is seen; all of it where the sheet is very near."""
    height, width = sheet.light.shape[:2]
    rim = np.linspace(0, 1, 9)
    ring = np.concatenate(
        [np.stack(p, 1) for p in ((rim, 0 * rim), (rim, 0 * rim + 1), (0 * rim, rim), (0 * rim + 1, rim))]
    )
    flat = (ring * (width, height) - sheet.origin) / sheet.density
    points = np.concatenate([pose.at(np.column_stack([flat, np.zeros(len(flat))])) for pose in poses])
    if mirror is not None:
        turn = np.linspace(0, 2 * np.pi, 24)[:, None]
        across, down = np.linalg.svd(mirror.normal[None])[2][1:]
        points = mirror.centre + mirror.radius * (np.cos(turn) * across + np.sin(turn) * down)
    if (points[:, 2] < 50).any() or (np.abs(points[:, :2]) > 2.5 * points[:, 2:]).any():
        return slice(0, lens.size[1]), slice(0, lens.size[0])
    none = np.zeros(3)
    pixels = cv2.projectPoints(points, none, none, lens.matrix, lens.distortion)[0][:, 0]
    low = np.clip(np.floor(pixels.min(0)) - 3, 0, lens.size).astype(int)
    high = np.clip(np.ceil(pixels.max(0)) + 4, 0, lens.size).astype(int)
    return slice(int(low[1]), int(high[1])), slice(int(low[0]), int(high[0]))


def _places(rays: F32, pose: Pose) -> F32:
    """(rows, columns, 2) mm on the sheet of each ray; far off where it is behind the camera."""
    hits = cv2.transform(rays, np.linalg.inv(pose.columns).astype(np.float32))
    depth = hits[..., 2:]
    if float(depth.min()) > 1e-7:
        return np.asarray(hits[..., :2] / depth, np.float32)
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
    """The smaller of the two distances in mm between neighbouring samples on the sheet, looked at here and there."""
    here = places[:-1:5, :-1:5]
    inside = _inside(sheet, here)
    if not inside.any():
        return 0.0
    across = np.linalg.norm((places[:-1:5, 1::5] - here)[inside], axis=1)
    down = np.linalg.norm((places[1::5, :-1:5] - here)[inside], axis=1)
    return float(min(np.median(across), np.median(down)))


def _in_mirror(rays: F32, mirror: Mirror) -> NDArray[np.bool_]:
    scale = mirror.distance / (rays @ mirror.normal.astype(np.float32))
    away = rays * scale[..., None] - mirror.centre.astype(np.float32)
    return np.asarray((scale > 0) & ((away**2).sum(-1) < mirror.radius**2))

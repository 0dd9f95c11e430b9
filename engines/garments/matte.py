"""Cuts a garment out of its product photo: transparent or plain ground, soft shadows and hangers left behind."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engines.errors import GarmentPhotoError

U8 = NDArray[np.uint8]
F32 = NDArray[np.float32]
WORKING_SIDE = 2048
"""Larger photos are averaged down: the charts hold no more detail than this."""
_RING = 0.015
_UNEVEN = 14.0
"""Ground that strays more than this (of 255, robust) from a smooth tone is clutter."""


@dataclass(frozen=True)
class Cutout:
    """A garment before nothing.

    picture: (H, W, 4) uint8 RGBA, alpha soft at the outline and 0 outside; opaque: (H, W) bool, its solid part;
    others: share of the garment's area that other things in the photo take; touches: whether it runs off the photo.
    """

    picture: U8
    opaque: NDArray[np.bool_]
    others: float
    touches: bool


def cut_out(photo: U8) -> Cutout:
    """Find the garment in a photo (H, W, 4) uint8.

    Raises `GarmentPhotoError` where the ground is cluttered or there is nothing before it.
    """
    picture = _shrink(photo)
    alpha = picture[..., 3] if _is_transparent(picture) else _from_ground(picture[..., :3])
    solid = (alpha > 200).astype(np.uint8)
    garment, others = _largest(solid)
    garment = _without_hanger(garment)
    touches = _touches_border(garment)
    return Cutout(np.dstack([picture[..., :3], _soft(alpha, garment)]), garment > 0, others, touches)


def _shrink(photo: U8) -> U8:
    scale = WORKING_SIDE / max(photo.shape[:2])
    if scale >= 1:
        return photo
    # Colours are averaged by their cover, or transparent black would darken the rim.
    cover = photo[..., 3:].astype(np.float32) / 255
    size = (max(1, round(photo.shape[1] * scale)), max(1, round(photo.shape[0] * scale)))
    small = cv2.resize(np.dstack([photo[..., :3] * cover, cover]), size, interpolation=cv2.INTER_AREA)
    small[..., :3] /= np.maximum(small[..., 3:], 1e-3)
    small[..., 3] *= 255
    return np.asarray(np.clip(small + 0.5, 0, 255), np.uint8)


def _is_transparent(picture: U8) -> bool:
    """Whether the photo's own alpha is a matte."""
    return float((picture[..., 3] < 128).mean()) > 0.05


def _from_ground(rgb: U8) -> U8:
    """Alpha (H, W) of what stands out from a plain, smoothly lit ground."""
    smooth = cv2.GaussianBlur(rgb, (3, 3), 0).astype(np.float32)
    ground, spread = _ground(smooth)
    if spread > _UNEVEN:
        raise GarmentPhotoError("the ground is cluttered: photograph the garment alone on plain white, or cut it out")
    limit = max(7.0, 4 * spread)
    away = np.abs(smooth - ground).max(axis=2)
    background = _reach_from_border((away < limit) | _shadow(smooth, ground))
    background |= _gaps(away < limit, away, background)
    alpha = cv2.GaussianBlur((~background).astype(np.float32), (0, 0), 0.8)
    if float((~background).mean()) < 0.01:
        raise GarmentPhotoError("no garment stands out: photograph it on a ground of another colour")
    return np.asarray(np.clip(alpha * 1.6 - 0.4, 0, 1) * 255, np.uint8)


def _ground(rgb: F32) -> tuple[F32, float]:
    """The ground's tone everywhere (H, W, 3), a quadratic through the photo's rim, and how far the rim strays."""
    height, width = rgb.shape[:2]
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    x, y = columns / width - 0.5, rows / height - 0.5
    terms = np.stack([np.ones_like(x), x, y, x * x, y * y, x * y], axis=2)
    inset = np.minimum(np.minimum(rows, height - 1 - rows), np.minimum(columns, width - 1 - columns))
    rim = inset < _RING * max(height, width)
    basis, tone = terms[rim][::5], rgb[rim][::5]
    use = np.abs(tone - np.median(tone, 0)).max(1) < 40
    if use.mean() < 0.6:
        return np.broadcast_to(np.median(tone, 0), rgb.shape).astype(np.float32), 255.0
    weights, *_ = np.linalg.lstsq(basis[use], tone[use], rcond=None)
    spread = float(np.percentile(np.abs(basis[use] @ weights - tone[use]).max(1), 80))
    return (terms @ weights).astype(np.float32), spread


def _shadow(rgb: F32, ground: F32) -> NDArray[np.bool_]:
    """Pixels (H, W) that look like the ground in soft shade: darker, of the same hue, without an edge."""
    ratio = rgb / np.maximum(ground, 1)
    level = ratio.mean(axis=2)
    neutral = (ratio.max(axis=2) - ratio.min(axis=2)) < 0.05
    gray = rgb.mean(axis=2)
    step = np.hypot(cv2.Sobel(gray, cv2.CV_32F, 1, 0), cv2.Sobel(gray, cv2.CV_32F, 0, 1)) / 8
    scale = max(rgb.shape[:2]) / 1000
    return np.asarray(neutral & (level > 0.55) & (level < 1.02) & (step * scale < 1.6))


def _reach_from_border(free: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The part of `free` (H, W) that hangs together with the photo's border."""
    _, labels = cv2.connectedComponents(free.astype(np.uint8), connectivity=4)
    rim = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    outside = np.unique(rim[rim > 0])
    return np.isin(labels, outside)


def _gaps(free: NDArray[np.bool_], away: F32, background: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Ground (H, W) seen between sleeve and body: enclosed, large, and too even to be a pale print on cloth."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats((free & ~background).astype(np.uint8), connectivity=4)
    least = 0.002 * float((~background).sum())
    large = [k for k in range(1, count) if stats[k, cv2.CC_STAT_AREA] > least]
    even = [k for k in large if float(np.percentile(away[labels == k], 80)) < 3.5]
    return np.isin(labels, even)


def _largest(mask: U8) -> tuple[U8, float]:
    """The largest piece of a mask, and the next one's area over its."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
    if count < 2:
        raise GarmentPhotoError("no garment in the photo: photograph it alone, whole, on a plain white ground")
    order = np.argsort(-stats[1:, cv2.CC_STAT_AREA]) + 1
    areas = stats[order, cv2.CC_STAT_AREA]
    return (labels == order[0]).astype(np.uint8), float(areas[1] / areas[0]) if len(areas) > 1 else 0.0


def _disc(radius: int) -> U8:
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)), np.uint8)


def _without_hanger(mask: U8) -> U8:
    """Drop what is thin: hanger hooks, tag strings. Corners survive, being near to what is thick."""
    radius = max(2, round(0.012 * cv2.boundingRect(mask)[2]))
    thick = cv2.morphologyEx(mask, cv2.MORPH_OPEN, _disc(radius))
    near = cv2.dilate(thick, _disc(round(radius * 1.5)))
    return _largest(mask & near)[0]


def _touches_border(mask: U8) -> bool:
    """Whether the garment runs along the photo's border for more than 3 % of a side."""
    edges = [mask[:2].max(0), mask[-2:].max(0), mask[:, :2].max(1), mask[:, -2:].max(1)]
    return any(float(edge.mean()) > 0.03 for edge in edges)


def _soft(alpha: U8, garment: U8) -> U8:
    """Alpha kept within two pixels of the solid garment: beyond lie shadows."""
    near = cv2.dilate(garment, _disc(2))
    return np.asarray(np.where(garment > 0, np.maximum(alpha, 255 * (garment & (alpha < 200))), alpha * near), np.uint8)

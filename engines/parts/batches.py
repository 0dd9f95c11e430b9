"""Batches for training the parts network: samples augmented wildly, through the contract that the runtime uses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from engines.drape.batches import MIRRORED, disturb_silhouette
from engines.drape.contract import FieldBody
from engines.drape.drape import COARSE_HEIGHT, COARSE_WIDTH, FIELD_HEIGHT, FIELD_WIDTH, TORSO_PIXELS
from engines.learning.rounds import rounds
from engines.parts.contract import CHANNELS, FieldView, Part, input_maps, inside_frame, last_of
from engines.parts.motion import with_moving_arms
from engines.parts.prints import printed
from engines.parts.shards import Sample, Shards
from engines.parts.weather import cluttered, photographed
from engines.pose.body import Landmark

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]
_BORDERS = ((Part.ARM, Part.TOP), (Part.HAIR, Part.TOP), (Part.HAIR, Part.FACE), (Part.ARM, Part.FACE))
_BORDER_WEIGHT = 3.0
_NO_LAST = 0.4
_DARK, _LONG = 6.0, 0.5
"""Skin tone and hair's end from which on a person is hard to see."""


def mirror(sample: Sample) -> Sample:
    """The sample as a mirror shows it: left and right swapped."""
    body = sample.body
    points, world = body.points[MIRRORED].copy(), body.world[MIRRORED].copy()
    points[:, 0], world[:, 0] = FIELD_WIDTH - points[:, 0], -world[:, 0]
    x0, y0, x1, y1 = body.frame
    return replace(
        sample,
        body=FieldBody(points, world, body.silhouette[:, ::-1], (FIELD_WIDTH - x1, y0, FIELD_WIDTH - x0, y1)),
        picture=np.ascontiguousarray(sample.picture[:, ::-1]),
        plate=np.ascontiguousarray(sample.plate[:, ::-1]),
        label=np.ascontiguousarray(sample.label[:, ::-1]),
    )


def _cut_frame(body: FieldBody, rng: np.random.Generator) -> tuple[float, float, float, float]:
    """The camera's frame, at times ending at the legs, at the head or beside the trunk."""
    x0, y0, x1, y1 = body.frame
    if rng.random() < 0.2:
        y1 = min(y1, rng.uniform(0.5, 1.0) * FIELD_HEIGHT)
    if rng.random() < 0.1:
        y0 = max(y0, float(body.points[Landmark.NOSE, 1]) + rng.uniform(-0.35, 0.2) * TORSO_PIXELS)
    if rng.random() < 0.1:
        side = rng.uniform(0.0, 0.3) * FIELD_WIDTH
        x0, x1 = (max(x0, side), x1) if rng.random() < 0.5 else (x0, min(x1, FIELD_WIDTH - side))
    return x0, y0, x1, y1


def _disturbed(body: FieldBody, rng: np.random.Generator) -> FieldBody:
    """The body as a worse estimator sees it, in a frame that may show less."""
    sigma = rng.choice([0.004, 0.012, 0.03]) * TORSO_PIXELS
    points = body.points + rng.normal(0, sigma, (33, 2)).astype(np.float32)
    world = body.world + rng.normal(0, 0.012, (33, 3)).astype(np.float32)
    frame = _cut_frame(body, rng)
    hidden = ((points < np.array(frame[:2])) | (points > np.array(frame[2:]))).any(1)
    points[hidden] += rng.normal(0, 0.04 * TORSO_PIXELS, (int(hidden.sum()), 2)).astype(np.float32)
    silhouette = disturb_silhouette(np.ascontiguousarray(body.silhouette), rng).copy()
    silhouette[~inside_frame(frame)] = 0
    return FieldBody(points, world, silhouette, frame)


def random_known(label: U8, rng: np.random.Generator) -> U8 | None:
    """Where a plate says something: everywhere, or but for some boxes and where the person has stood."""
    if rng.random() < 0.6:
        return None
    known = np.full(label.shape, 255, np.uint8)
    if rng.random() < 0.6:
        size = int(rng.integers(1, 20)) * 2 + 1
        known[cv2.dilate((label > 0).astype(np.uint8), np.ones((size, size), np.uint8)) > 0] = 0
    for _ in range(int(rng.integers(0, 4))):
        x, y = int(rng.integers(0, FIELD_WIDTH)), int(rng.integers(0, FIELD_HEIGHT))
        known[y : y + int(rng.integers(10, 150)), x : x + int(rng.integers(10, 120))] = 0
    return known


def _shifted(chance: F32, shift: NDArray[np.floating]) -> F32:
    """Channels (n, 72, 64) moved by (x, y) coarse pixels."""
    matrix = np.array([[1, 0, shift[0]], [0, 1, shift[1]]], np.float32)
    size = (COARSE_WIDTH, COARSE_HEIGHT)
    return np.stack([cv2.warpAffine(channel, matrix, size) for channel in chance])


def random_last(label: U8, rng: np.random.Generator) -> F32 | None:
    """The last frame's output, as it may have been: blurred, elsewhere, with holes and mistakes; often none at all."""
    if rng.random() < _NO_LAST:
        return None
    chance = last_of(np.stack([label == part for part in Part]).astype(np.float32))
    chance = _shifted(chance, rng.uniform(-1, 1, 2))
    moving = [Part.ARM, Part.HELD]
    if rng.random() < 0.4:  # the arms were elsewhere
        before = chance[moving]
        chance[moving] = _shifted(before, rng.normal(0, 2.0, 2))
        chance[Part.TOP] += np.maximum(before - chance[moving], 0).sum(0)
    for _ in range(int(rng.integers(0, 5))):
        x, y = int(rng.integers(0, COARSE_WIDTH)), int(rng.integers(0, COARSE_HEIGHT))
        box = (slice(y, y + int(rng.integers(3, 24))), slice(x, x + int(rng.integers(3, 20))))
        if rng.random() < 0.5:
            chance[:, box[0], box[1]] = 0
        else:  # one part taken for another
            one, other = rng.permutation(len(Part))[:2]
            chance[other][box] += chance[one][box]
            chance[one][box] = 0
    if rng.random() < 0.8:
        sigma = float(rng.uniform(0.4, 1.6))
        chance = np.stack([cv2.GaussianBlur(channel, (0, 0), sigma) for channel in chance])
    return np.asarray(chance / np.maximum(chance.sum(0), 1.0), np.float32)


def augment(sample: Sample, rng: np.random.Generator) -> tuple[FieldView, U8]:
    """One sample as a kiosk may see it, and its label: other scenes, cameras, estimators and moments."""
    if rng.random() < 0.5:
        sample = mirror(sample)
    if rng.random() < 0.5:
        sample = printed(sample, rng)
    if rng.random() < 0.45:
        sample = with_moving_arms(sample, rng)
    if rng.random() < 0.5:
        picture, plate = cluttered(sample, rng)
        sample = replace(sample, picture=picture, plate=plate)
    picture, plate = photographed(sample.picture, sample.plate, rng)
    with_plate = rng.random() < 0.5
    body = _disturbed(sample.body, rng)
    seen = np.where(inside_frame(body.frame), sample.label, Part.BACKGROUND).astype(np.uint8)
    view = FieldView(
        body,
        picture,
        plate if with_plate else None,
        random_known(sample.label, rng) if with_plate else None,
        random_last(seen, rng),
    )
    return view, sample.label


@dataclass(frozen=True)
class Batch:
    """Inputs (B, 128, 72, 64) float32; label (B, 288, 256) uint8 of `Part`; weight (B, 288, 256) float32.

    A pixel weighs 0 beyond the camera's frame, and more where parts meet that are kept and repainted.
    """

    inputs: F32
    label: U8
    weight: F32


def border_weight(label: U8, inside: NDArray[np.bool_]) -> F32:
    """Weight of each pixel (288, 256) of a label map."""
    wide = np.ones((5, 5), np.uint8)
    near = {part: cv2.dilate((label == part).astype(np.uint8), wide) for pair in _BORDERS for part in pair}
    weight = np.ones(label.shape, np.float32)
    for one, other in _BORDERS:
        weight[(near[one] & near[other]) > 0] = _BORDER_WEIGHT
    return np.asarray(weight * inside, np.float32)


def assemble(views: Sequence[tuple[FieldView, U8]]) -> Batch:
    """Stack views and their labels into a batch."""
    inputs = np.empty((len(views), CHANNELS, COARSE_HEIGHT, COARSE_WIDTH), np.float32)
    weight = np.empty((len(views), FIELD_HEIGHT, FIELD_WIDTH), np.float32)
    for k, (view, label) in enumerate(views):
        inputs[k] = input_maps(view)
        weight[k] = border_weight(label, inside_frame(view.body.frame))
    return Batch(inputs, np.stack([label for _, label in views]), weight)


def stream(shards: Shards, size: int, seed: int) -> Iterator[Batch]:
    """Endless shuffled, augmented batches; who is hard to see comes twice a round."""
    rng = np.random.default_rng(seed)
    indices = np.repeat(np.arange(len(shards)), np.where(hard_to_see(shards.columns["about"]), 2, 1))
    for chosen in rounds(len(indices), size, rng):
        yield assemble([augment(shards.sample(int(indices[k])), rng) for k in chosen])


def hard_to_see(about: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Of people (n, 3) as in `engines.synthetic.scene.ABOUT`: dark skin, or long hair, where networks err most."""
    return np.asarray((about[:, 0] > _DARK) | (about[:, 1] > _LONG))

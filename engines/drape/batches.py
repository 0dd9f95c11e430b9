"""Batches for training and evaluation: shards in memory, augmented, through the contract that the runtime uses."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engines.drape.contract import FieldBody
from engines.drape.drape import FIELD_HEIGHT, FIELD_WIDTH, TORSO_PIXELS, Layer
from engines.drape.long import Kind, chart_lengths, maps_for
from engines.errors import TwinMirrorError
from engines.learning.rounds import rounds

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

F32 = NDArray[np.float32]
COLUMNS = (
    "points", "world", "frame", "silhouette", "code", "alpha", "uv", "uv_known", "front", "order", "order_known",
    "normal", "skin_normal", "kind",
)  # fmt: skip
TORSO_METRES = 0.50
"""Length of a mean adult's torso: errors are computed in torso lengths and told in metres."""
MIRRORED = np.array([0, 4, 5, 6, 1, 2, 3, 8, 7, 10, 9, *(k + 1 if k % 2 else k - 1 for k in range(11, 33))])
"""Each landmark's counterpart on the other side."""
_SWAPPED_LAYERS = [
    Layer.TORSO, Layer.INSIDE, Layer.SLEEVE_RIGHT, Layer.SLEEVE_LEFT, Layer.ARM_RIGHT, Layer.ARM_LEFT, Layer.TRUNK,
]  # fmt: skip


class Shards:
    """All samples of some shard files in memory, a column a field (`engines.synthetic.dataset`)."""

    def __init__(self, files: Sequence[Path]) -> None:
        if not files:
            msg = "no shards found: make some with `python -m engines.synthetic make`"
            raise TwinMirrorError(msg)
        parts: dict[str, list[NDArray[Any]]] = {name: [] for name in COLUMNS}
        for file in files:
            with np.load(file) as shard:
                for name in COLUMNS:
                    parts[name].append(_column(shard, name))
        self.columns = {name: np.concatenate(arrays) for name, arrays in parts.items()}

    def __len__(self) -> int:
        return len(self.columns["code"])

    def sample(self, index: int) -> dict[str, NDArray[Any]]:
        """One sample's fields."""
        return {name: column[index] for name, column in self.columns.items()}


def _column(shard: Any, name: str) -> NDArray[Any]:
    """A field of a shard; those that older versions made hold tops only and do not say so."""
    if name == "kind" and name not in shard:
        return np.full(len(shard["code"]), Kind.TOP, np.uint8)
    return np.asarray(shard[name])


def mirror(sample: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """The sample as a mirror shows it: left and right swapped."""
    out = dict(sample)
    points, world = sample["points"][MIRRORED].copy(), sample["world"][MIRRORED].copy()
    points[:, 0], world[:, 0] = FIELD_WIDTH - points[:, 0], -world[:, 0]
    x0, y0, x1, y1 = sample["frame"]
    out |= {"points": points, "world": world, "frame": np.array([FIELD_WIDTH - x1, y0, FIELD_WIDTH - x0, y1])}
    for name in ("silhouette", "alpha", "uv", "uv_known", "front", "order", "order_known", "normal", "skin_normal"):
        out[name] = sample[name][..., ::-1]
    bits = np.asarray(out["alpha"], np.uint8)
    out["alpha"] = np.bitwise_or.reduce([((bits >> int(source)) & 1) << k for k, source in enumerate(_SWAPPED_LAYERS)])
    out["uv"] = out["uv"][[0, 1, 4, 5, 2, 3]] * np.array([-1, 1, 1, 1, 1, 1], np.float16)[:, None, None]
    out["uv_known"], out["order_known"] = out["uv_known"][[0, 2, 1]], out["order_known"][[1, 0, 2]]
    out["order"] = np.stack([out["order"][1], out["order"][0], 1 - out["order"][2]])
    for name in ("normal", "skin_normal"):
        out[name] = out[name] * np.array([-1, 1, 1], np.int8)[:, None, None]
    return out


def disturb_silhouette(silhouette: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Errors of the estimator's mask beyond those in the data: too wide, too narrow, eaten or grown in blobs."""
    kind = rng.random()
    if kind < 0.2:
        size = int(rng.integers(1, 3)) * 2 + 1
        operation = cv2.dilate if rng.random() < 0.5 else cv2.erode
        silhouette = operation(silhouette, np.ones((size, size), np.uint8)).astype(np.uint8)
    if kind > 0.75:
        noise = cv2.resize(
            rng.normal(0, 1, (12, 11)).astype(np.float32), (FIELD_WIDTH, FIELD_HEIGHT), interpolation=cv2.INTER_CUBIC
        )
        soft = cv2.blur(silhouette, (9, 9)).astype(np.float32) / 255 - 0.5
        grown = soft + 0.22 * noise
        silhouette = (np.clip(grown * 4 + 0.5, 0, 1) * 255).astype(np.uint8)
    return silhouette


def augment(sample: dict[str, NDArray[Any]], rng: np.random.Generator) -> dict[str, NDArray[Any]]:
    """Mirror, jitter landmarks and garment code, disturb the silhouette, cut the frame."""
    if rng.random() < 0.5:
        sample = mirror(sample)
    out = dict(sample)
    sigma = rng.choice([0.004, 0.012, 0.025]) * TORSO_PIXELS
    out["points"] = sample["points"] + rng.normal(0, sigma, (33, 2)).astype(np.float32)
    out["world"] = sample["world"] + rng.normal(0, 0.012, (33, 3)).astype(np.float32)
    out["code"] = sample["code"] + rng.normal(0, 0.08, len(sample["code"])).astype(np.float32)
    out["silhouette"] = disturb_silhouette(np.ascontiguousarray(sample["silhouette"]), rng)
    if rng.random() < 0.2:
        bottom = rng.uniform(0.55, 1.0) * FIELD_HEIGHT
        out["silhouette"] = out["silhouette"].copy()
        out["silhouette"][int(bottom) :] = 0
        out["frame"] = np.minimum(sample["frame"], np.array([np.inf, np.inf, np.inf, bottom]))
    return out


@dataclass(frozen=True)
class Batch:
    """Inputs (B, 57 or 64, 72, 64) and targets, float32; `weight` (B, 1, 288, 256) counts pixels in the frame more.

    `metres` (B, 6, 1, 1) is the length of a chart unit of each of uv's channels.
    """

    inputs: F32
    alpha: F32
    uv: F32
    uv_known: F32
    front: F32
    order: F32
    order_known: F32
    normals: F32
    weight: F32
    metres: F32


def _weight(frame: NDArray[np.floating]) -> F32:
    weight = np.full((FIELD_HEIGHT, FIELD_WIDTH), 0.15, np.float32)
    x0, y0, x1, y1 = (round(float(v)) for v in frame)
    weight[max(0, y0) : max(0, y1), max(0, x0) : max(0, x1)] = 1.0
    return weight


def assemble(samples: Sequence[dict[str, NDArray[Any]]]) -> Batch:
    """Stack samples into a batch."""
    inputs, metres = [], []
    for s in samples:
        body = FieldBody(s["points"], s["world"], np.ascontiguousarray(s["silhouette"]), tuple(s["frame"]))
        kind = Kind(int(s["kind"]))
        inputs.append(maps_for(kind)(body, s["code"]))
        metres.append(TORSO_METRES * np.maximum(chart_lengths(kind, s["code"]), 0.1))

    def stack(name: str) -> F32:
        return np.stack([s[name] for s in samples]).astype(np.float32)

    bits = np.stack([s["alpha"] for s in samples])
    return Batch(
        inputs=np.stack(inputs),
        alpha=np.stack([(bits >> k) & 1 for k in range(len(Layer))], 1).astype(np.float32),
        uv=stack("uv"),
        uv_known=stack("uv_known"),
        front=stack("front"),
        order=stack("order"),
        order_known=stack("order_known"),
        normals=np.concatenate([stack("normal"), stack("skin_normal")], 1) / np.float32(127),
        weight=np.stack([_weight(s["frame"]) for s in samples])[:, None],
        metres=np.stack(metres)[..., None, None].astype(np.float32),
    )


def stream(shards: Shards, size: int, seed: int) -> Iterator[Batch]:
    """Endless shuffled, augmented batches."""
    rng = np.random.default_rng(seed)
    for chosen in rounds(len(shards), size, rng):
        yield assemble([augment(shards.sample(k), rng) for k in chosen])


def plain(shards: Shards, size: int) -> Iterator[Batch]:
    """All samples once, in order, as the estimator saw them."""
    for start in range(0, len(shards), size):
        yield assemble([shards.sample(k) for k in range(start, min(start + size, len(shards)))])

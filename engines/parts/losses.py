"""What the parts network is trained for."""

from __future__ import annotations

import torch
import torch.nn.functional as fn
from torch import Tensor

from engines.parts.contract import Part

_WEIGHT = {
    Part.BACKGROUND: 0.6, Part.FACE: 1.5, Part.HAIR: 2.0, Part.TOP: 1.0, Part.LOWER: 0.7, Part.ARM: 2.2,
    Part.HELD: 3.5,
}  # fmt: skip
"""What errors cost: hands, hair and held things are kept from the camera, and are small."""
_SMOOTH = 60.0
"""Pixels added to overlaps, so that a class that is hardly there does not rule."""


def parts_loss(logits: Tensor, batch: dict[str, Tensor]) -> tuple[Tensor, dict[str, float]]:
    """The whole loss and its parts: cross entropy, and overlap (dice) class by class.

    logits: (B, 7, 288, 256); `batch` holds the tensors of `engines.parts.batches.Batch`.
    """
    cost = torch.tensor([_WEIGHT[part] for part in Part])
    label, weight = batch["label"].long(), batch["weight"]
    entropy = fn.cross_entropy(logits, label, weight=cost, reduction="none")
    inside = (weight > 0).float()
    chance = torch.softmax(logits, 1) * inside[:, None]
    found = chance.sum((2, 3))
    hit = torch.zeros_like(chance).scatter_(1, label[:, None], inside[:, None])
    overlap = 2 * (chance * hit).sum((2, 3)) + _SMOOTH
    dice = 1 - overlap / (found + hit.sum((2, 3)) + _SMOOTH)
    parts = {
        "entropy": 4 * (entropy * weight).sum() / (inside.sum() + 1),
        "dice": 0.5 * (dice * cost).sum() / (cost.sum() * len(label)),
    }
    return parts["entropy"] + parts["dice"], {name: float(value.detach()) for name, value in parts.items()}

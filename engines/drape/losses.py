"""What the draping network is trained for."""

from __future__ import annotations

import torch
import torch.nn.functional as fn
from torch import Tensor

_LAYER_WEIGHT = torch.tensor([1.6, 0.4, 1.2, 1.2, 0.8, 0.8, 0.5])[None, :, None, None]


def _alpha_loss(logits: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Cross entropy, sharper near edges by the overlap (dice) term, which does not care for the empty ground."""
    entropy = fn.binary_cross_entropy_with_logits(logits, target, reduction="none")
    probability = torch.sigmoid(logits)
    overlap = 2 * (probability * target * weight).sum((2, 3)) + 20
    total = ((probability + target) * weight).sum((2, 3)) + 20
    dice = (1 - overlap / total)[:, :, None, None]
    return (entropy * weight * _LAYER_WEIGHT).mean() * 4 + (dice * _LAYER_WEIGHT).mean() * 0.4


def _uv_loss(uv: Tensor, target: Tensor, known: Tensor, metres: Tensor) -> Tensor:
    """Distance in metres, plus that of neighbours' differences: straight lines shall stay straight."""
    known = known.repeat_interleave(2, 1)
    error = (uv - target) * metres
    total = known.sum() + 1
    distance = (error.abs() * known).sum() / total
    across = (error[..., 1:] - error[..., :-1]).abs() * known[..., 1:] * known[..., :-1]
    down = (error[..., 1:, :] - error[..., :-1, :]).abs() * known[..., 1:, :] * known[..., :-1, :]
    return distance * 10 + (across.sum() + down.sum()) / total * 8


def drape_loss(logits: Tensor, fields: Tensor, batch: dict[str, Tensor]) -> tuple[Tensor, dict[str, float]]:
    """The whole loss and its parts. `batch` holds the tensors of `batches.Batch`."""
    torso = batch["uv_known"][:, :1]
    parts = {
        "alpha": _alpha_loss(logits, batch["alpha"], batch["weight"]),
        "uv": _uv_loss(fields[:, :6], batch["uv"], batch["uv_known"], batch["metres"]),
    }
    front = fn.binary_cross_entropy_with_logits(fields[:, 6], batch["front"], reduction="none")
    parts["front"] = 0.1 * (front * torso[:, 0]).sum() / (torso.sum() + 1)
    order = fn.binary_cross_entropy_with_logits(fields[:, 7:10], batch["order"], reduction="none")
    parts["order"] = 0.1 * (order * batch["order_known"]).sum() / (batch["order_known"].sum() + 1)
    normals = batch["normals"]
    there = (normals.abs().amax(1, keepdim=True) > 0).float()
    parts["normal"] = 0.15 * ((fields[:, 10:16] - normals).abs() * there).sum() / (there.sum() * 6 + 1)
    total = torch.stack(list(parts.values())).sum()
    return total, {name: float(value.detach()) for name, value in parts.items()}

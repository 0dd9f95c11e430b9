"""Training and export of the parts network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import torch
from torch import Tensor, nn

from engines.drape.drape import COARSE_HEIGHT, COARSE_WIDTH
from engines.learning.training import Trainer
from engines.parts.batches import Batch, stream
from engines.parts.contract import CHANNELS
from engines.parts.losses import parts_loss
from engines.parts.network import Chances, PartsNet
from engines.parts.shards import Shards


class PartsTrainer(Trainer):
    """Writes parts.pt and parts.onnx."""

    name = "parts"

    def build(self) -> nn.Module:
        """A `PartsNet`."""
        return PartsNet()

    def loss(self, batch: dict[str, Tensor]) -> tuple[Tensor, dict[str, float]]:
        """`parts_loss` of a `batches.Batch`."""
        return parts_loss(self.network(batch["inputs"]), batch)

    def batches(self, files: list[Path], seed: int) -> Iterator[Batch]:
        """Shuffled and augmented."""
        cv2.setNumThreads(1)  # each process has one core
        return stream(Shards(files), self.plan.batch, seed)

    def exported(self) -> tuple[nn.Module, Tensor, list[str]]:
        """The averaged network with chances in place of logits."""
        example = torch.zeros(1, CHANNELS, COARSE_HEIGHT, COARSE_WIDTH)
        return Chances(self.average.module), example, ["parts"]

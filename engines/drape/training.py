"""Training and export of the draping network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor, nn

from engines.drape.batches import Batch, Shards, stream
from engines.drape.contract import CHANNELS
from engines.drape.drape import COARSE_HEIGHT, COARSE_WIDTH
from engines.drape.long import CHANNELS as LONG_CHANNELS
from engines.drape.losses import drape_loss
from engines.drape.network import DrapeNet
from engines.learning.training import Trainer


class DrapeTrainer(Trainer):
    """Writes drape.pt and drape.onnx."""

    name = "drape"
    channels: ClassVar[int] = CHANNELS

    def build(self) -> nn.Module:
        """A `DrapeNet`."""
        return DrapeNet()

    def loss(self, batch: dict[str, Tensor]) -> tuple[Tensor, dict[str, float]]:
        """`drape_loss` of a `batches.Batch`."""
        logits, fields = self.network(batch["inputs"])
        return drape_loss(logits, fields, batch)

    def batches(self, files: list[Path], seed: int) -> Iterator[Batch]:
        """Shuffled and augmented."""
        return stream(Shards(files), self.plan.batch, seed)

    def exported(self) -> tuple[nn.Module, Tensor, list[str]]:
        """With chances in place of logits."""
        example = torch.zeros(1, self.channels, COARSE_HEIGHT, COARSE_WIDTH)
        return _Exported(self.average.module), example, ["alpha", "fields"]


class LongTrainer(DrapeTrainer):
    """Writes drape_long.pt and drape_long.onnx: the same network, for dresses, skirts and trousers."""

    name = "drape_long"
    channels = LONG_CHANNELS


class _Exported(nn.Module):
    """The averaged network with the activations that the runtime expects."""

    def __init__(self, network: DrapeNet) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        logits, fields = self.network(x)
        chances = torch.sigmoid(fields[:, 6:10])
        return torch.sigmoid(logits), torch.cat([fields[:, :6], chances, fields[:, 10:]], 1)

"""The landmark network: a small U-Net of plain convolutions with static shapes."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from engines.garments.landmark_input import CHANNELS
from engines.garments.outline import POINTS

_WIDTHS = (16, 32, 48, 64, 96)


def _block(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)
    )


class LandmarkNet(nn.Module):
    """(N, 3, 128, 128) to heat maps (N, 19, 64, 64) 0..1."""

    def __init__(self) -> None:
        super().__init__()
        widths = _WIDTHS
        self.stem = _block(CHANNELS, widths[0], 2)
        self.down = nn.ModuleList(nn.Sequential(_block(a, b, 2), _block(b, b)) for a, b in pairwise(widths))
        self.middle = nn.Sequential(_block(widths[-1], widths[-1]), _block(widths[-1], widths[-1]))
        self.up = nn.ModuleList(
            _block(a + b, a) for a, b in zip(reversed(widths[:-1]), reversed(widths[1:]), strict=True)
        )
        self.head = nn.Conv2d(widths[0], POINTS, 3, 1, 1)
        nn.init.constant_(self.head.bias, -4.0)

    def logits(self, picture: Tensor) -> Tensor:
        """Heat maps before the sigmoid."""
        x = self.stem(picture)
        skips = []
        for stage in self.down:
            skips.append(x)
            x = stage(x)
        x = self.middle(x)
        for stage in self.up:
            skip = skips.pop()
            x = nn.functional.interpolate(x, size=skip.shape[2:], mode="nearest")
            x = stage(torch.cat([x, skip], 1))
        heat: Tensor = self.head(x)
        return heat

    def forward(self, picture: Tensor) -> Tensor:
        """Heat maps (N, 19, 64, 64)."""
        return torch.sigmoid(self.logits(picture))

"""The parts network in torch: a small U-Net of plain convolutions with static shapes, and a head at full resolution."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from engines.learning.layers import Residual, conv
from engines.parts.contract import CHANNELS, FINE, Part

WIDTHS = (32, 64, 96, 128)
"""Channels of the four levels: multiples of 16, which CPUs run fastest."""
_FROM_BELOW = 13
"""Channels of context beside the 19 planes of `contract.FINE` at half resolution: 32 together."""
_FINE = 16


class PartsNet(nn.Module):
    """(B, 128, 72, 64) -> logits of `Part` (B, 7, 288, 256)."""

    def __init__(self) -> None:
        super().__init__()
        a, b, c, d = WIDTHS
        self.level1 = nn.Sequential(conv(CHANNELS, a, size=1), conv(a, a))
        self.level2 = nn.Sequential(conv(a, b, 2), Residual(b))
        self.level3 = nn.Sequential(conv(b, c, 2), Residual(c))
        self.level4 = nn.Sequential(conv(c, d, 2), Residual(d), Residual(d))
        self.lateral3, self.lateral2, self.lateral1 = nn.Conv2d(d, c, 1), nn.Conv2d(c, b, 1), nn.Conv2d(b, a, 1)
        self.up3, self.up2, self.up1 = Residual(c), Residual(b), Residual(a)
        # A transposed convolution of stride 2 and size 2 is a pixel shuffle after one of size 1, at half the time.
        self.to_half = nn.Sequential(nn.ConvTranspose2d(a, _FROM_BELOW, 2, 2), nn.ReLU(inplace=True))
        self.split = nn.PixelShuffle(2)
        planes = (FINE.stop - FINE.start) // 4
        self.fine = nn.Sequential(conv(_FROM_BELOW + planes, _FINE), nn.ConvTranspose2d(_FINE, len(Part), 2, 2))
        self.enlarge = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False)

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        one = self.level1(x)
        two = self.level2(one)
        three = self.level3(two)
        four = self.level4(three)
        three = self.up3(three + self.enlarge(self.lateral3(four)))
        two = self.up2(two + self.enlarge(self.lateral2(three)))
        one = self.up1(one + self.enlarge(self.lateral1(two)))
        return self.fine(torch.cat([self.to_half(one), self.split(x[:, FINE])], 1))


class Chances(nn.Module):
    """The network with the activation that the runtime expects: chances of `Part` (B, 7, 288, 256) that add up to 1."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        # Written out: onnxruntime takes ten times as long for a softmax over any axis but the last.
        powers = torch.exp(self.network(x).clamp(-30.0, 30.0))
        return powers / powers.sum(1, keepdim=True)

"""The draping network in torch: a small U-Net of plain convolutions with static shapes."""

from __future__ import annotations

import torch
import torch.nn.functional as fn
from torch import Tensor, nn

from engines.drape.contract import GUESS, SILHOUETTE
from engines.drape.drape import Layer
from engines.learning.layers import Residual, conv

COARSE_OUTPUTS = 16
"""uv of three panels (6), front (1), order (3), garment normal (3), skin normal (3)."""
LAYERS = len(Layer)


INPUTS, OUTPUTS = 64, 8
"""Channels of input and alpha with unused ones added: CPUs run multiples of 16 (and 4 x 8) in half the time."""
WIDTHS = (48, 80, 112, 144)
"""Channels of the U-Net's four levels."""
HALF, FINE = 28, 32
"""Channels of the two steps at half resolution; the silhouette's four join the first."""


class DrapeNet(nn.Module):
    """(B, 57 or 64, 72, 64) -> alpha logits (B, 7, 288, 256) and coarse fields (B, 16, 72, 64).

    The coarse fields are, in this order: uv (the input's geometric guess plus a learned correction), front logit,
    order logits, normals of the garment and of the bare skin (not normalised).
    """

    def __init__(self) -> None:
        super().__init__()
        a, b, c, d = WIDTHS
        self.level1 = nn.Sequential(conv(INPUTS, a), Residual(a))
        self.level2 = nn.Sequential(conv(a, b, 2), Residual(b))
        self.level3 = nn.Sequential(conv(b, c, 2), Residual(c), Residual(c))
        self.level4 = nn.Sequential(conv(c, d, 2), Residual(d), Residual(d))
        self.lateral3, self.lateral2, self.lateral1 = nn.Conv2d(d, c, 1), nn.Conv2d(c, b, 1), nn.Conv2d(b, a, 1)
        self.up3, self.up2 = Residual(c), Residual(b)
        self.up1 = nn.Sequential(Residual(a), Residual(a))
        self.coarse = nn.Sequential(conv(a, 32), nn.Conv2d(32, COARSE_OUTPUTS, 1))
        self.to_half = nn.Sequential(nn.Conv2d(a, 4 * HALF, 1), nn.ReLU(inplace=True), nn.PixelShuffle(2))
        last = nn.Conv2d(FINE, 4 * OUTPUTS, 3, padding=1)
        self.fine = nn.Sequential(conv(HALF + 4, FINE), last, nn.PixelShuffle(2))
        self.split = nn.PixelShuffle(2)
        self.enlarge = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """See the class."""
        one = self.level1(fn.pad(x, (0, 0, 0, 0, 0, INPUTS - x.shape[1])))
        two = self.level2(one)
        three = self.level3(two)
        four = self.level4(three)
        three = self.up3(three + self.enlarge(self.lateral3(four)))
        two = self.up2(two + self.enlarge(self.lateral2(three)))
        one = self.up1(one + self.enlarge(self.lateral1(two)))
        coarse = self.coarse(one)
        fields = torch.cat([x[:, GUESS] + coarse[:, :6], coarse[:, 6:]], 1)
        half = torch.cat([self.to_half(one), self.split(x[:, SILHOUETTE])], 1)
        return self.fine(half)[:, :LAYERS], fields

"""The draping network in torch: a small U-Net of plain convolutions with static shapes."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from engines.drape.contract import CHANNELS, GUESS, SILHOUETTE
from engines.drape.drape import Layer

COARSE_OUTPUTS = 16
"""uv of three panels (6), front (1), order (3), garment normal (3), skin normal (3)."""
LAYERS = len(Layer)


def _conv(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)
    )


class _Residual(nn.Module):  # type: ignore[misc]
    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = _conv(width, width)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.body(x)


class DrapeNet(nn.Module):  # type: ignore[misc]
    """(B, 57, 72, 64) -> alpha logits (B, 7, 288, 256) and coarse fields (B, 16, 72, 64).

    The coarse fields are, in this order: uv (the input's geometric guess plus a learned correction), front logit,
    order logits, normals of the garment and of the bare skin (not normalised).
    """

    def __init__(self, widths: tuple[int, int, int, int] = (40, 72, 112, 144)) -> None:
        super().__init__()
        a, b, c, d = widths
        self.level1 = nn.Sequential(_conv(CHANNELS, a), _Residual(a))
        self.level2 = nn.Sequential(_conv(a, b, 2), _Residual(b))
        self.level3 = nn.Sequential(_conv(b, c, 2), _Residual(c), _Residual(c))
        self.level4 = nn.Sequential(_conv(c, d, 2), _Residual(d), _Residual(d))
        self.lateral3, self.lateral2, self.lateral1 = nn.Conv2d(d, c, 1), nn.Conv2d(c, b, 1), nn.Conv2d(b, a, 1)
        self.up3, self.up2 = _Residual(c), _Residual(b)
        self.up1 = nn.Sequential(_Residual(a), _Residual(a))
        self.coarse = nn.Sequential(_conv(a, 32), nn.Conv2d(32, COARSE_OUTPUTS, 1))
        self.to_half = nn.Sequential(nn.Conv2d(a, 64, 1), nn.ReLU(inplace=True), nn.PixelShuffle(2))
        self.fine = nn.Sequential(_conv(20, 24), nn.Conv2d(24, 4 * LAYERS, 3, padding=1), nn.PixelShuffle(2))
        self.split = nn.PixelShuffle(2)
        self.enlarge = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """See the class."""
        one = self.level1(x)
        two = self.level2(one)
        three = self.level3(two)
        four = self.level4(three)
        three = self.up3(three + self.enlarge(self.lateral3(four)))
        two = self.up2(two + self.enlarge(self.lateral2(three)))
        one = self.up1(one + self.enlarge(self.lateral1(two)))
        coarse = self.coarse(one)
        fields = torch.cat([x[:, GUESS] + coarse[:, :6], coarse[:, 6:]], 1)
        half = torch.cat([self.to_half(one), self.split(x[:, SILHOUETTE])], 1)
        return self.fine(half), fields


def parameter_count(network: nn.Module) -> int:
    """Learned parameters."""
    return sum(parameter.numel() for parameter in network.parameters())

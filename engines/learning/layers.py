"""The plain convolutions that this project's networks are made of."""

from __future__ import annotations

from torch import Tensor, nn


def conv(inputs: int, outputs: int, stride: int = 1, size: int = 3) -> nn.Sequential:
    """Convolution of an odd `size`, batch normalisation and ReLU; keeps height and width at stride 1."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


class Residual(nn.Module):
    """One convolution beside the identity."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = conv(width, width)

    def forward(self, x: Tensor) -> Tensor:
        """(B, width, H, W) to the same."""
        return x + self.body(x)


def parameter_count(network: nn.Module) -> int:
    """Learned parameters."""
    return sum(parameter.numel() for parameter in network.parameters())

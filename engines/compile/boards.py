"""The boards a kiosk may run on, by their published peaks, and what share of them we take for likely."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Precision = Literal["fp32", "fp16", "int8"]
PRECISIONS: Final[tuple[Precision, ...]] = ("fp32", "fp16", "int8")

_MACS_PER_CLOCK: Final[dict[Precision, int]] = {"fp32": 128, "fp16": 1024, "int8": 2048}
"""Multiply-adds a clock of one streaming multiprocessor of an Orin, dense: its 128 CUDA cores, and its tensor cores.
With 16 of them at 1.3 GHz these come to the 5.3 TFLOPS, 85 dense FP16 and 170 sparse INT8 TOPS that NVIDIA publishes
for the GPU of the AGX Orin (Jetson AGX Orin Series Technical Brief v1.2)."""

COMPUTE_EFFICIENCY: Final = 0.25
"""Assumed share of the arithmetic peak: small channels and batch 1 fill tensor cores badly."""
BANDWIDTH_EFFICIENCY: Final = 0.6
"""Assumed share of the memory's peak, which CPU, GPU and display share."""
LAUNCH_SECONDS: Final = 5e-6
"""Assumed cost of starting one kernel within a CUDA graph."""


@dataclass(frozen=True)
class Board:
    """A board's GPU. clock_hz: its highest; bandwidth: bytes a second; source: where the peaks are published."""

    name: str
    multiprocessors: int
    clock_hz: float
    bandwidth: float
    source: str

    def macs_per_second(self, precision: Precision) -> float:
        """The dense arithmetic peak, deep-learning accelerators left out."""
        return self.multiprocessors * self.clock_hz * _MACS_PER_CLOCK[precision]


BOARDS: Final = (
    Board(
        "Orin Nano Super",
        8,
        1.02e9,
        102.0e9,
        "Jetson Orin Nano Super Developer Kit data sheet, 2024-12: 67 sparse TOPS",
    ),
    Board(
        "Orin NX 16 GB", 8, 0.918e9, 102.4e9, "Jetson Orin NX Series data sheet: 100 sparse TOPS, 40 of them the DLAs'"
    ),
    Board(
        "AGX Orin 64 GB", 16, 1.3e9, 204.8e9, "Jetson AGX Orin Series Technical Brief v1.2: 275, 105 of them the DLAs'"
    ),
)

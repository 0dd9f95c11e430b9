"""Colours, and the sizes that follow from the screen; pure numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from kiosk.config import Screen

Colour = tuple[float, float, float, float]
TARGET_MM: Final = 20.0
REACH_MM: Final = (400.0, 1200.0)
"""What a seated person reaches, above the floor."""


def _hex(text: str) -> Colour:
    red, green, blue = (int(text[i : i + 2], 16) / 255 for i in (0, 2, 4))
    return red, green, blue, 1.0


PAPER: Final = _hex("FAF8F4")
CARD: Final = _hex("FFFFFF")
INK: Final = _hex("1D1B19")
QUIET: Final = _hex("5E5953")
LINE: Final = _hex("DED8CF")
ACCENT: Final = _hex("1F4A3C")
ON_ACCENT: Final = _hex("FFFFFF")
SHADE: Final = _hex("ECE7DF")


def contrast(first: Colour, second: Colour) -> float:
    """The ratio of WCAG 2, 1 to 21."""
    light, dark = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: Colour) -> float:
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in colour[:3]]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@dataclass(frozen=True)
class Sizes:
    """All lengths in pixels, for one screen.

    unit: a thousandth and eightieth of the screen's shorter side, so that the design scales. wide: landscape.
    panel: width and height of the controls. raised, lowered: where the controls' lower edge lies.
    """

    unit: float
    target: float
    width: int
    height: int
    wide: bool
    panel: tuple[float, float]
    raised: float
    lowered: float
    reach: tuple[float, float]

    @classmethod
    def of(cls, screen: Screen) -> Sizes:
        """The sizes for a screen; controls end within reach even where the settings would hang them higher."""
        unit = min(screen.width, screen.height) / 1080
        pitch = screen.pixel_pitch_mm
        wide = screen.width > screen.height
        target = max(92 * unit, TARGET_MM / pitch)
        panel = (640 * unit if wide else float(screen.width), 668 * unit + 3 * max(0.0, target - 92 * unit))
        low, high = ((mm - screen.bottom_mm) / pitch for mm in REACH_MM)
        reach = (max(0.0, low), min(float(screen.height), max(high, panel[1])))
        raised = (screen.controls_mm - screen.bottom_mm) / pitch
        return cls(
            unit, target, screen.width, screen.height, wide, panel,
            min(max(raised, reach[0]), reach[1] - panel[1]), min(reach[0], reach[1] - panel[1]), reach,
        )  # fmt: skip

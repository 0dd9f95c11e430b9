"""The lookbook's report: how many pictures, how fast, at what cost, and what a large collection would take."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from kiosk.lookbook.shelf import Finished

LARGE: Final = (1000, 8)
"""Garments and twins of the collection that figures are extrapolated to."""


@dataclass
class Figures:
    """Figures of a run. price: of a core hour, in a currency of one's choice."""

    price: float
    cores: int = 1
    seconds: float = 0.0
    made: list[Finished] = field(default_factory=list)
    kept: int = 0
    failed: dict[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Everything, ready for JSON. Times are of what this run made; nothing is said where it made nothing."""
        told: dict[str, Any] = {
            "made": len(self.made), "kept": self.kept, "failed": self.failed, "seconds": round(self.seconds, 1),
            "cores": self.cores,
        }  # fmt: skip
        stills = [each for each in self.made if not _is_loop(each)]
        loops = [each for each in self.made if _is_loop(each)]
        if stills:
            told["stills"] = self._spent(stills)
            pictures = LARGE[0] * LARGE[1]
            hours = pictures * told["stills"]["core_seconds_each"] / 3600
            told["extrapolated"] = {
                "garments": LARGE[0], "twins": LARGE[1], "stills": pictures, "core_hours": round(hours, 1),
                "cost": round(hours * self.price, 2),
            }  # fmt: skip
        if loops:
            told["loops"] = self._spent(loops)
        return told

    def _spent(self, each: list[Finished]) -> dict[str, Any]:
        cpu = sum(one.cpu_s for one in each) / len(each)
        return {
            "count": len(each),
            "core_seconds_each": round(cpu, 2),
            "clock_seconds_each": round(sum(one.wall_s for one in each) / len(each), 2),
            "an_hour_and_core": round(3600 / cpu, 1) if cpu > 0 else None,
            "cost_each": round(cpu / 3600 * self.price, 5),
            "peak_memory_mb": round(max(one.peak_mb for one in each)),
            "size": f"{each[0].width}x{each[0].height}",
        }


def _is_loop(finished: Finished) -> bool:
    return any(file.endswith(".mp4") for file in finished.files)

"""The report of a try-on run: how many frames, how fast, with which network."""

from __future__ import annotations

import json
import resource
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from kiosk.imaging import staged_output

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from engines.runtime.engine import Engine


@dataclass
class RunReport:
    """Collects a run's figures."""

    frames: int = 0
    dropped: int = 0
    seconds: float = 0.0
    stages: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def add(self, stage_ms: dict[str, float]) -> None:
        """Count one frame and what its stages took, in milliseconds."""
        self.frames += 1
        for stage, milliseconds in stage_ms.items():
            self.stages[stage].append(milliseconds)

    def as_dict(self, engines: Mapping[str, Engine]) -> dict[str, Any]:
        """Everything, ready for JSON; `engines` run the networks of these names, `drape` among them."""
        usage = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        own, children = (kilobytes / 1024 for kilobytes in usage)
        return {
            "frames": self.frames,
            "dropped": self.dropped,
            "fps": round(self.frames / self.seconds, 2) if self.seconds > 0 else 0.0,
            "latency_ms": {stage: _percentiles(values) for stage, values in self.stages.items()},
            "engine": engines["drape"].name,
            "model_sha256": engines["drape"].model_sha256,
            "models": {name: engine.model_sha256 for name, engine in engines.items()},
            "bytes_moved": {name: engine.bytes_moved for name, engine in engines.items()},
            "memory_peak_mb": {"mirror": round(own, 1), "largest_child": round(children, 1)},
        }

    def write(self, path: Path, engines: Mapping[str, Engine]) -> None:
        """Write the report as JSON. Raises OutputError where that cannot be done."""
        with staged_output(path) as stage:
            stage.write_text(json.dumps(self.as_dict(engines), indent=2) + "\n", encoding="utf-8")


def _percentiles(values: list[float]) -> dict[str, float]:
    return {f"p{share}": round(float(np.percentile(values, share)), 2) for share in (50, 95, 99)}

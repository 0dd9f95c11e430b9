"""How good a drape is on held-out people: overlap, uv error, straightness, beside the plain geometric warp."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engines.drape.baseline import geometric_drape
from engines.drape.batches import TORSO_METRES
from engines.drape.contract import FieldBody, garment_raw
from engines.drape.drape import Drape, Layer, Panel
from engines.drape.draper import TOP_HEM, drape_of
from engines.drape.long import Kind, bottom_raw, chart_lengths, maps_for
from engines.drape.long_draper import LONG_HEM

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engines.drape.batches import Shards
    from engines.runtime.engine import Engine

F32 = NDArray[np.float32]
_GARMENT = (Layer.TORSO, Layer.SLEEVE_LEFT, Layer.SLEEVE_RIGHT)
_TO_KNEE = 1.1
"""Length of a skirt or trousers, in torso lengths, that reaches the knee."""
_IDENTITY = np.array([[1, 0, 0], [0, 1, 0]], np.float32)


@dataclass
class Score:
    """Figures of one group of samples, a value a sample."""

    overlap: list[float] = field(default_factory=list)
    uv_cm: list[float] = field(default_factory=list)
    bend: list[float] = field(default_factory=list)

    def add(self, overlap: float, uv_cm: float, bend: float) -> None:
        """Add one sample."""
        self.overlap.append(overlap)
        self.uv_cm.append(uv_cm)
        self.bend.append(bend)

    def row(self) -> tuple[int, float, float, float, float]:
        """Count, mean IoU, 5th percentile of IoU, median uv error in cm, median bend in degrees."""
        return (
            len(self.overlap),
            float(np.mean(self.overlap)),
            float(np.percentile(self.overlap, 5)),
            float(np.median(self.uv_cm)),
            float(np.median(self.bend)),
        )


def _overlap(drape: Drape, bits: NDArray[np.uint8], inside: NDArray[np.bool_]) -> float:
    found = (drape.alpha[list(_GARMENT)].max(0) > 0.5) & inside
    truth = (np.bitwise_and(bits, sum(1 << layer for layer in _GARMENT)) > 0) & inside
    return float((found & truth).sum() / max(1, (found | truth).sum()))


def _uv_error(drape: Drape, sample: dict[str, NDArray[Any]]) -> float:
    unit = chart_lengths(Kind(int(sample["kind"])), sample["code"]) * TORSO_METRES * 100
    error = (drape.uv.reshape(6, *drape.uv.shape[2:]) - sample["uv"]) * unit[:, None, None]
    distance = np.hypot(error[0::2], error[1::2])
    return float(np.median(distance[sample["uv_known"]]))


def _bend(drape: Drape, sample: dict[str, NDArray[Any]]) -> float:
    """Median angle (degrees) between predicted and true direction in which v grows on the torso: does a print lean?

    Of trousers, which have no torso, on the left leg.
    """
    panel = Panel.SLEEVE_LEFT if int(sample["kind"]) == Kind.TROUSERS else Panel.TORSO
    known = sample["uv_known"][panel]
    both = known[1:-1, 1:-1] & known[2:, 1:-1] & known[:-2, 1:-1] & known[1:-1, 2:] & known[1:-1, :-2]
    angles = [
        np.arctan2(v[2:, 1:-1] - v[:-2, 1:-1], v[1:-1, 2:] - v[1:-1, :-2])
        for v in (drape.uv[panel, 1], sample["uv"][2 * panel + 1].astype(np.float32))
    ]
    turn = abs((angles[0] - angles[1] + np.pi) % (2 * np.pi) - np.pi)[both]
    return float(np.degrees(np.median(turn))) if turn.size else 0.0


def _groups(sample: dict[str, NDArray[Any]]) -> Iterable[str]:
    """Names of the groups a sample belongs to: by sleeve, view and fit."""
    code, points, kind = sample["code"], sample["points"], Kind(int(sample["kind"]))
    yield "all"
    if kind != Kind.TOP:
        yield f"garment: {kind.name.lower()}"
    if kind in {Kind.SKIRT, Kind.TROUSERS}:
        yield "length: above the knee" if bottom_raw(code, "length") < _TO_KNEE else "length: below the knee"
    elif garment_raw(code, "sleeveless") > 0.5:
        yield "sleeve: none"
    else:
        yield "sleeve: long" if garment_raw(code, "sleeve_length") > 0.8 else "sleeve: short"
    span = (points[11, 0] - points[12, 0]) / 96.0
    yield "view: front" if span > 0.5 else ("view: back" if span < -0.3 else "view: turned")
    ease = bottom_raw(code, "ease") if kind in {Kind.SKIRT, Kind.TROUSERS} else garment_raw(code, "ease")
    yield "fit: tight" if ease < 0.06 else ("fit: regular" if ease < 0.2 else "fit: loose")
    crossed = (sample["order_known"] & (sample["order"] > 0.5))[:2].sum() > 60
    yield "arms: before the torso" if crossed else "arms: beside"


def evaluate(shards: Shards, engine: Engine) -> dict[str, tuple[Score, Score]]:
    """Scores of network and baseline by group."""
    scores: dict[str, tuple[Score, Score]] = {}
    for index in range(len(shards)):
        sample = shards.sample(index)
        kind = Kind(int(sample["kind"]))
        body = FieldBody(
            sample["points"], sample["world"], np.ascontiguousarray(sample["silhouette"]), tuple(sample["frame"])
        )
        out = engine.infer({"maps": maps_for(kind)(body, sample["code"])[None]})
        drapes = (
            drape_of(_IDENTITY, out["alpha"][0], out["fields"][0], TOP_HEM if kind == Kind.TOP else LONG_HEM),
            geometric_drape(body, sample["code"], _IDENTITY, kind),
        )
        x0, y0, x1, y1 = (max(0, round(float(v))) for v in sample["frame"])
        inside = np.zeros(sample["alpha"].shape, bool)
        inside[y0:y1, x0:x1] = True
        for group in _groups(sample):
            pair = scores.setdefault(group, (Score(), Score()))
            for score, drape in zip(pair, drapes, strict=True):
                score.add(_overlap(drape, sample["alpha"], inside), _uv_error(drape, sample), _bend(drape, sample))
    return scores


def table(scores: dict[str, tuple[Score, Score]]) -> str:
    """The scores as a Markdown table."""
    lines = [
        "| group | samples | IoU | IoU p5 | uv cm | bend ° | baseline IoU | baseline uv cm | baseline bend ° |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for group in sorted(scores):
        count, overlap, low, uv, bend = scores[group][0].row()
        _, base_overlap, _, base_uv, base_bend = scores[group][1].row()
        lines.append(
            f"| {group} | {count} | {overlap:.3f} | {low:.3f} | {uv:.2f} | {bend:.1f} "
            f"| {base_overlap:.3f} | {base_uv:.2f} | {base_bend:.1f} |"
        )
    return "\n".join(lines)

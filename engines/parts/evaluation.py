"""How good found parts are on held-out people, and whether they are equally good for everybody."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engines.drape.drape import TORSO_PIXELS
from engines.parts.contract import FieldView, Part, background_beyond, input_maps, inside_frame, last_of
from engines.parts.shards import Sample, Shards
from engines.pose.body import Landmark
from engines.runtime.engine import Engine

F32 = NDArray[np.float32]
COMMON = [Part.BACKGROUND, Part.FACE, Part.HAIR, Part.TOP, Part.LOWER, Part.ARM]
"""Parts that the mean is taken over: held things are too rare to compare groups by."""


def _counts() -> NDArray[np.int64]:
    return np.zeros((len(Part), len(Part)), np.int64)


@dataclass
class Score:
    """Pixels of one group by true part (rows) and found part (columns), without and with a last output."""

    samples: int = 0
    first: NDArray[np.int64] = field(default_factory=_counts)
    fed: NDArray[np.int64] = field(default_factory=_counts)

    def add(self, first: NDArray[np.int64], fed: NDArray[np.int64]) -> None:
        """Add one sample's counts."""
        self.samples += 1
        self.first += first
        self.fed += fed


def overlaps(counts: NDArray[np.int64]) -> F32:
    """IoU of each `Part` (7,) from counts (7, 7); NaN for parts that nobody of a group has.

    What is found of such a part is missing elsewhere, and counts there.
    """
    hit, there = np.diag(counts), counts.sum(1)
    share = hit / np.maximum(counts.sum(0) + there - hit, 1)
    return np.where(there > 0, share, np.nan).astype(np.float32)


def error(counts: NDArray[np.int64]) -> float:
    """1 less the mean IoU of the `COMMON` parts that there are."""
    return float(1 - np.nanmean(overlaps(counts)[COMMON]))


def groups(sample: Sample) -> Iterator[str]:
    """Names of the groups a sample belongs to: everybody, skin, hair, figure, view."""
    tone, hair, girth = (float(v) for v in sample.about)
    yield "all"
    yield "skin: light" if tone < 3 else ("skin: medium" if tone < 6 else "skin: dark")
    yield "hair: shaved" if hair <= 0 else ("hair: short" if hair < 0.48 else "hair: long")
    yield "figure: slim" if girth < 1.75 else ("figure: medium" if girth < 1.95 else "figure: full")
    points = sample.body.points
    span = (points[Landmark.LEFT_SHOULDER, 0] - points[Landmark.RIGHT_SHOULDER, 0]) / TORSO_PIXELS
    yield "view: front" if span > 0.5 else ("view: back" if span < -0.3 else "view: turned")


def _find(engine: Engine, sample: Sample, plate: bool, last: F32 | None) -> F32:
    view = FieldView(sample.body, sample.picture, sample.plate if plate else None, None, last)
    chance = engine.infer({"maps": input_maps(view)[None]})["parts"][0]
    return background_beyond(chance, inside_frame(sample.body.frame))


def _confusion(chance: F32, sample: Sample) -> NDArray[np.int64]:
    inside = inside_frame(sample.body.frame)
    pairs = sample.label[inside].astype(np.int64) * len(Part) + chance.argmax(0)[inside]
    return np.bincount(pairs, minlength=len(Part) ** 2).reshape(len(Part), len(Part))


def evaluate(shards: Shards, engine: Engine) -> dict[str, Score]:
    """Scores by group; every other sample is found with its plate, the others without."""
    scores: dict[str, Score] = {}
    for index in range(len(shards)):
        sample, plate = shards.sample(index), index % 2 == 0
        first = _find(engine, sample, plate, None)
        fed = _find(engine, sample, plate, last_of(first))
        counts = _confusion(first, sample), _confusion(fed, sample)
        for group in [*groups(sample), "plate: known" if plate else "plate: none"]:
            scores.setdefault(group, Score()).add(*counts)
    return scores


def table(scores: dict[str, Score]) -> str:
    """The scores as a Markdown table: IoU by part without a last output, means without and with it."""
    names = " | ".join(part.name.lower() for part in Part)
    lines = [f"| group | samples | {names} | mean | mean, last fed |", "|" + "---|" * (len(Part) + 4)]
    for group in sorted(scores):
        score = scores[group]
        parts = " | ".join("-" if np.isnan(value) else f"{value:.3f}" for value in overlaps(score.first))
        lines.append(
            f"| {group} | {score.samples} | {parts} | {1 - error(score.first):.3f} | {1 - error(score.fed):.3f} |"
        )
    return "\n".join(lines)


def fairness(scores: dict[str, Score]) -> str:
    """One line a kind of group: its worst group, and by how many percent its error exceeds the groups' mean error."""
    lines = []
    for kind in ("skin", "hair", "figure", "view"):
        errors = {group: error(score.first) for group, score in scores.items() if group.startswith(kind + ":")}
        if errors:
            worst, mean = max(errors, key=errors.__getitem__), sum(errors.values()) / len(errors)
            lines.append(f"{kind}: worst is {worst}, its error {100 * (errors[worst] / max(mean, 1e-9) - 1):+.1f} %")
    return "\n".join(lines)

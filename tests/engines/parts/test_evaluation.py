"""Figures of the parts network: right for networks whose errors are known, for everybody and by group."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engines.parts.contract import Part
from engines.parts.evaluation import COMMON, error, evaluate, fairness, overlaps, table
from engines.parts.shards import Sample


class People:
    """Shards of painted people: light and dark skin by turns."""

    def __init__(self, samples: list[Sample]) -> None:
        self.samples = samples

    def __len__(self) -> int:
        return len(self.samples)

    def sample(self, index: int) -> Sample:
        return self.samples[index]


class Knowing:
    """An engine that knows the label; on every second sample it takes a share of the top for trousers."""

    name, model_sha256 = "knowing", ""

    def __init__(self, label: np.ndarray, wrong: bool = False) -> None:
        self.label, self.wrong, self.calls = label, wrong, 0

    def infer(self, inputs):
        found = self.label.copy()
        if self.wrong and self.calls // 2 % 2 == 1:  # each sample is asked twice
            found[150:][found[150:] == Part.TOP] = Part.LOWER
        self.calls += 1
        return {"parts": np.stack([found == part for part in Part])[None].astype(np.float32)}


@pytest.fixture
def people(painted):
    return People([painted(tone=1.0 if k % 2 == 0 else 8.0) for k in range(4)])


def test_whoever_knows_everything_makes_no_errors(people):
    scores = evaluate(people, Knowing(people.sample(0).label))
    assert scores["all"].samples == 4
    assert overlaps(scores["all"].first) == pytest.approx(np.ones(7))
    assert error(scores["all"].fed) == 0
    assert "skin: worst" in fairness(scores)


def test_an_error_counts_in_its_group_only(people):
    scores = evaluate(people, Knowing(people.sample(0).label, wrong=True))
    assert error(scores["skin: light"].first) == 0
    counts = scores["skin: dark"].first
    top = people.sample(0).label[6:280, 8:246] == Part.TOP
    lost = top[144:].sum()
    assert overlaps(counts)[Part.TOP] == pytest.approx(1 - lost / top.sum())
    assert error(counts) == pytest.approx(1 - overlaps(counts)[COMMON].mean())
    assert "skin: worst is skin: dark, its error +100.0 %" in fairness(scores)


def test_the_table_has_a_row_a_group(people):
    scores = evaluate(people, Knowing(people.sample(0).label))
    lines = table(scores).splitlines()
    assert len(lines) == 2 + len(scores)
    assert len({line.count("|") for line in lines}) == 1
    assert {"all", "skin: light", "skin: dark", "plate: known", "plate: none"} <= set(scores)


def test_hair_that_nobody_has_is_no_error_and_none_that_is_found_is_free(painted):
    sample = painted(hair=0.0)
    bald = np.where(sample.label == Part.HAIR, Part.FACE, sample.label).astype(np.uint8)
    people = People([replace(sample, label=bald)])
    right = evaluate(people, Knowing(bald))["hair: shaved"].first
    assert np.isnan(overlaps(right)[Part.HAIR])
    assert error(right) == 0
    assert "| - |" in table(evaluate(people, Knowing(bald)))
    wrong = evaluate(people, Knowing(sample.label))["hair: shaved"].first
    assert error(wrong) > 0.05

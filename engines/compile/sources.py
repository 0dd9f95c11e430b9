"""Where each network's stored inputs come from: the synthetic generator, through the contract that runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engines.compile.errors import BuildError

F32 = NDArray[np.float32]
Source = Callable[[Path, int, int], dict[str, F32]]
"""Shards' folder, count and seed to inputs by name."""


def _chosen(total: int, count: int, seed: int) -> list[int]:
    if total < count:
        raise BuildError(
            f"only {total} samples there, {count} wanted: make more with `python -m engines.synthetic make`"
        )
    return [int(k) for k in np.random.default_rng(seed).permutation(total)[:count]]


def _drape(data: Path, count: int, seed: int) -> dict[str, F32]:
    from engines.drape.batches import Shards, assemble  # noqa: PLC0415 - each source needs its own network's modules

    shards = Shards(sorted(data.glob("*.npz")))
    return {"maps": assemble([shards.sample(k) for k in _chosen(len(shards), count, seed)]).inputs}


def _parts(data: Path, count: int, seed: int) -> dict[str, F32]:
    from engines.parts.batches import assemble  # noqa: PLC0415
    from engines.parts.contract import FieldView  # noqa: PLC0415
    from engines.parts.shards import Shards  # noqa: PLC0415

    shards = Shards(sorted(data.glob("*.npz")))
    samples = [shards.sample(k) for k in _chosen(len(shards), count, seed)]
    # As it is at work: most frames have a clean plate, the first ones of a session have none
    views = [FieldView(each.body, each.picture, each.plate if k % 4 else None) for k, each in enumerate(samples)]
    return {"maps": assemble([(view, each.label) for view, each in zip(views, samples, strict=True)]).inputs}


def _garment_landmarks(_data: Path, count: int, seed: int) -> dict[str, F32]:
    from engines.garments.landmark_input import frame_around, network_input  # noqa: PLC0415
    from engines.garments.training.flatlay import flat_lay  # noqa: PLC0415

    rng = np.random.default_rng(seed)
    lays = [flat_lay(rng).picture for _ in range(count)]
    return {"picture": np.stack([network_input(picture, frame_around(picture[..., 3])) for picture in lays])}


SOURCES: dict[str, Source] = {
    "drape": _drape,
    "drape_long": _drape,  # of shards made with --long
    "parts": _parts,
    "garment_landmarks": _garment_landmarks,
}

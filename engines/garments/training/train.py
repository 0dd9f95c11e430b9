"""Trains and exports the landmark network: ``python -m engines.garments.training.train --minutes 10 --out FILE.onnx``.

With ``--start engines/models/garment_landmarks.onnx`` it goes on from the shipped weights, at a lower rate.
Flat-lays are painted by worker processes while the network learns; nothing is kept on disk but the weights.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import torch
from torch.utils.data import DataLoader, IterableDataset

from engines.garments.landmark_input import F32, HEAT_SIDE, SIDE, frame_around, network_input, read_heat
from engines.garments.outline import F64, MIRRORED, POINTS
from engines.garments.training.flatlay import FlatLay, flat_lay
from engines.garments.training.network import LandmarkNet
from engines.learning.shipped import restore

_SIGMA = 1.3
"""Radius of a landmark's spot in heat map pixels."""
HELD_OUT_SEED = 900_000
_RATE = 3e-3


def _spoil(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The faults of real mattes: blur, loose rims, bitten edges."""
    out: np.ndarray = picture.copy()
    if rng.random() < 0.4:
        out = cv2.GaussianBlur(out, (0, 0), rng.uniform(0.4, 1.6))
    if rng.random() < 0.3:
        size = int(rng.integers(2, 5))
        change = cv2.dilate if rng.random() < 0.5 else cv2.erode
        out[..., 3] = change(out[..., 3], np.ones((size, size), np.uint8))
    if rng.random() < 0.3:
        noise = rng.normal(0, rng.uniform(2, 14), (*out.shape[:2], 3))
        out[..., :3] = np.clip(out[..., :3] + noise, 0, 255)
    return out


def targets(points: F64, present: np.ndarray) -> F32:
    """Heat maps (19, 64, 64) of points in input pixels."""
    rows, columns = np.mgrid[0:HEAT_SIDE, 0:HEAT_SIDE] + 0.5
    at = points * (HEAT_SIDE / SIDE)
    square = (columns - at[:, 0, None, None]) ** 2 + (rows - at[:, 1, None, None]) ** 2
    heat: F32 = (np.exp(-square / (2 * _SIGMA**2)) * present[:, None, None]).astype(np.float32)
    return heat


def example(lay: FlatLay, rng: np.random.Generator) -> tuple[F32, F32]:
    """Input (3, 128, 128) and heat maps of one flat-lay; a random half is mirrored."""
    picture = _spoil(lay.picture, rng)
    frame = frame_around(picture[..., 3])
    planes, heat = network_input(picture, frame), targets(frame.to_input(lay.points), lay.present)
    if rng.random() < 0.5:
        planes, heat = planes[:, :, ::-1].copy(), heat[list(MIRRORED), :, ::-1].copy()
    return planes, heat


class FlatLays(IterableDataset[tuple[F32, F32]]):
    """Endless flat-lays, another stream in each worker."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def __iter__(self) -> Iterator[tuple[F32, F32]]:
        cv2.setNumThreads(1)
        worker = torch.utils.data.get_worker_info()
        rng = np.random.default_rng([self.seed, 0 if worker is None else worker.id])
        while True:
            lay = flat_lay(rng)
            for _ in range(3):  # painting is dearer than spoiling
                yield example(lay, rng)


def held_out_error(net: LandmarkNet, count: int = 300) -> F64:
    """Distances (count, 19) over the garment's chest width on flat-lays never trained on; NaN where absent."""
    net.eval()
    errors = np.full((count, POINTS), np.nan)
    for k in range(count):
        lay = flat_lay(np.random.default_rng(HELD_OUT_SEED + k))
        frame = frame_around(lay.picture[..., 3])
        with torch.no_grad():
            heat = net(torch.from_numpy(network_input(lay.picture, frame))[None])[0].numpy()
        found = frame.to_photo(read_heat(heat)[0])
        chest = float(np.linalg.norm(lay.points[4] - lay.points[5]))
        errors[k, lay.present] = (np.linalg.norm(found - lay.points, axis=1) / chest)[lay.present]
    net.train()
    return errors


def export(net: LandmarkNet, path: Path) -> None:
    """Write the network as ONNX, opset 17, batch 1."""
    net.eval()
    torch.onnx.export(
        net, (torch.zeros(1, 3, SIDE, SIDE),), str(path), input_names=["picture"], output_names=["heat"],
        opset_version=17, dynamo=False,
    )  # fmt: skip


def train(minutes: float, seed: int, out: Path, start_from: Path | None, batch: int = 24) -> None:
    """Train by the clock, the rate falling with it; print the held-out error; export."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    net = LandmarkNet()
    loader = iter(DataLoader(FlatLays(seed), batch_size=batch, num_workers=1, prefetch_factor=4))
    if start_from is not None:
        restore(net, start_from, torch.cat([next(loader)[0] for _ in range(4)]))
        net.train()
    highest = _RATE if start_from is None else _RATE / 2
    optimiser = torch.optim.AdamW(net.parameters(), lr=highest, weight_decay=1e-4)
    start, step = time.monotonic(), 0
    while (share := (time.monotonic() - start) / (60 * minutes)) < 1:
        for group in optimiser.param_groups:
            group["lr"] = highest * (0.5 + 0.5 * np.cos(np.pi * share)) + 1e-5
        picture, heat = next(loader)
        logits = net.logits(picture)
        cost = torch.nn.functional.binary_cross_entropy_with_logits(logits, heat, reduction="none")
        loss = (cost * (1 + 20 * heat)).mean()  # spots are small: without the weight "nowhere" would win
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        step += 1
        if step % 50 == 0:
            print(f"step {step} {100 * share:.0f} % loss {loss.item():.4f}", flush=True)  # noqa: T201  a command prints
    error = held_out_error(net)
    print("error over chest width: median", np.nanmedian(error), "95 %", np.nanpercentile(error, 95))  # noqa: T201
    print("per point", np.round(np.nanmedian(error, axis=0), 4).tolist())  # noqa: T201
    torch.save(net.state_dict(), out.with_suffix(".pt"))
    export(net, out)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--start", type=Path, help="an .onnx of this network, whose weights to begin with")
    arguments = parser.parse_args()
    train(arguments.minutes, arguments.seed, arguments.out, arguments.start)


if __name__ == "__main__":
    main()

"""Training and export of a small network: bounded in time, resumable, a checkpoint every few minutes.

Several processes of one thread each share the work and average their gradients: on a machine that others use too,
that waits once a step for the slowest core, where threads would wait for it in every layer.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from queue import Queue
from typing import Any, ClassVar

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor, nn

from engines.learning.shipped import restore

CHECKPOINT_SECONDS = 240.0
Report = Callable[[int, dict[str, float]], None]
"""Told the step and the running means of the loss's parts."""


@dataclass(frozen=True)
class Plan:
    """One training run. The learning rate falls by a half cosine over `steps`, whenever they are taken.

    start: path of another run's checkpoint, or of an exported model, whose weights are begun with; "" for none.
    """

    steps: int
    batch: int = 16
    rate: float = 2e-3
    seed: int = 1
    start: str = ""


FINE_TUNING_RATE = 1.5e-3
"""For a run that begins with another's weights."""


def planned(steps: int, batch: int, start: Path | None) -> Plan:
    """The plan of a run that begins anew, or with another run's weights at a gentler rate."""
    if start is None:
        return Plan(steps, batch=batch)
    return Plan(steps, batch=batch, rate=FINE_TUNING_RATE, start=str(start))


def tensors(batch: Any) -> dict[str, Tensor]:
    """A batch's arrays (a dataclass of them) as torch tensors."""
    return {name: torch.from_numpy(np.ascontiguousarray(value)) for name, value in vars(batch).items()}


def _ahead(batches: Iterator[Any]) -> Iterator[dict[str, Tensor]]:
    """Prepare batches on a thread while the network trains."""
    queue: Queue[dict[str, Tensor]] = Queue(3)

    def work() -> None:
        for batch in batches:
            queue.put(tensors(batch))

    threading.Thread(target=work, daemon=True).start()
    while True:
        yield queue.get()


def _average(average: Tensor, value: Tensor, count: Tensor | int) -> Tensor:
    """Exponential average of the weights that forgets the first, poor ones quickly."""
    keep = min(0.998, (1.0 + float(count)) / (10.0 + float(count)))
    return average * keep + value * (1.0 - keep) if value.is_floating_point() else value


class Trainer(ABC):
    """Network, optimiser and average weights, saved and restored as one file; one subclass a network."""

    name: ClassVar[str]
    """What the files in the run's folder are called."""

    def __init__(self, plan: Plan, folder: Path) -> None:
        torch.manual_seed(plan.seed)
        self.plan, self.folder = plan, folder
        self.network = self.build().to(memory_format=torch.channels_last)
        self.average = torch.optim.swa_utils.AveragedModel(self.network, avg_fn=_average, use_buffers=True)
        self.optimiser = torch.optim.AdamW(self.network.parameters(), plan.rate, weight_decay=1e-4)
        self.step = 0
        folder.mkdir(parents=True, exist_ok=True)
        if self.path.exists():
            self._restore()

    @abstractmethod
    def build(self) -> nn.Module:
        """The network, untrained."""

    @abstractmethod
    def loss(self, batch: dict[str, Tensor]) -> tuple[Tensor, dict[str, float]]:
        """The whole loss of one batch, whose `inputs` are channels last, and its parts."""

    @abstractmethod
    def batches(self, files: list[Path], seed: int) -> Iterator[Any]:
        """Endless batches of `plan.batch` samples of these shards, dataclasses of arrays."""

    @abstractmethod
    def exported(self) -> tuple[nn.Module, Tensor, list[str]]:
        """The averaged network as the runtime wants it, an example of its input, and its outputs' names."""

    @property
    def path(self) -> Path:
        """The checkpoint's file."""
        return self.folder / f"{self.name}.pt"

    def _restore(self) -> None:
        state = torch.load(self.path, weights_only=True)
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.step = state["step"]

    def begin_with(self, start: Path, inputs: Tensor) -> None:
        """Take over the averaged weights of a checkpoint, or of an exported model (.onnx) with the help of `inputs`."""
        if start.suffix == ".onnx":
            restore(self.network, start, inputs)
            _share_weights(self.network)  # each process has other inputs
            self.average.module.load_state_dict(self.network.state_dict())
        else:
            self.average.load_state_dict(torch.load(start, weights_only=True)["average"])
            self.network.load_state_dict(self.average.module.state_dict())
        self.average.n_averaged.zero_()

    def save(self) -> None:
        """Write the checkpoint whole or not at all."""
        staged = self.path.with_suffix(".part")
        torch.save(
            {
                "network": self.network.state_dict(),
                "average": self.average.state_dict(),
                "optimiser": self.optimiser.state_dict(),
                "step": self.step,
                "plan": asdict(self.plan),
            },
            staged,
        )
        staged.replace(self.path)

    def export(self) -> Path:
        """Write the averaged network as ONNX (opset 17, static shapes) beside the checkpoint."""
        module, example, outputs = self.exported()
        path = self.folder / f"{self.name}.onnx"
        staged = path.with_suffix(".part")
        torch.onnx.export(
            module.eval(), (example,), str(staged), input_names=["maps"], output_names=outputs, opset_version=17,
            dynamo=False,
        )  # fmt: skip
        staged.replace(path)
        return path

    def _rate(self) -> float:
        warm = min(1.0, (self.step + 1) / 100)
        share = min(1.0, self.step / self.plan.steps)
        return self.plan.rate * warm * (0.5 * (1 + float(np.cos(np.pi * share))) + 0.005)

    def _share_gradients(self) -> None:
        """Average the gradients of all processes."""
        if not dist.is_initialized():
            return
        gradients = [parameter.grad for parameter in self.network.parameters() if parameter.grad is not None]
        flat = torch.cat([gradient.reshape(-1) for gradient in gradients])
        dist.all_reduce(flat)
        flat /= dist.get_world_size()
        start = 0
        for gradient in gradients:
            gradient.copy_(flat[start : start + gradient.numel()].view_as(gradient))
            start += gradient.numel()

    def train_step(self, batch: dict[str, Tensor]) -> dict[str, float]:
        """One step; returns the loss's parts."""
        for group in self.optimiser.param_groups:
            group["lr"] = self._rate()
        inputs = batch["inputs"].contiguous(memory_format=torch.channels_last)
        loss, parts = self.loss({**batch, "inputs": inputs})
        self.optimiser.zero_grad()
        loss.backward()
        self._share_gradients()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
        self.optimiser.step()
        self.average.update_parameters(self.network)
        self.step += 1
        return parts


def _share_weights(network: nn.Module) -> None:
    """Give all processes the first one's weights."""
    if dist.is_initialized():
        for tensor in network.state_dict().values():
            dist.broadcast(tensor, 0)


def _agreed(more: bool) -> bool:
    """Whether every process wants to go on (their clocks differ)."""
    if not dist.is_initialized():
        return more
    vote = torch.tensor([float(more)])
    dist.all_reduce(vote, op=dist.ReduceOp.MIN)
    return bool(vote.item() > 0)


def train(
    kind: type[Trainer], files: list[Path], folder: Path, plan: Plan, seconds: float, report: Report
) -> Trainer:  # fmt: skip
    """Train until the plan's steps or the time are used up, then save; may be called again to go on."""
    rank, world = (dist.get_rank(), dist.get_world_size()) if dist.is_initialized() else (0, 1)
    trainer = kind(plan, folder)
    batches = _ahead(trainer.batches(files[rank::world], plan.seed + 1000 * rank + trainer.step))
    if trainer.step == 0 and plan.start:
        trainer.begin_with(Path(plan.start), next(batches)["inputs"])
    start = saved = time.monotonic()
    trainer.network.train()
    mean: dict[str, float] = {}
    while _agreed(trainer.step < plan.steps and time.monotonic() - start < seconds):
        parts = trainer.train_step(next(batches))
        mean = {name: 0.98 * mean.get(name, value) + 0.02 * value for name, value in parts.items()}
        if rank == 0 and trainer.step % 25 == 0:
            report(trainer.step, mean)
        if rank == 0 and time.monotonic() - saved > CHECKPOINT_SECONDS:
            trainer.save()
            trainer.export()
            saved = time.monotonic()
    if rank == 0:
        trainer.save()
        trainer.export()
    return trainer


def _worker(rank: int, world: int, port: int, job: tuple[Any, ...]) -> None:
    torch.set_num_threads(1)
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    dist.init_process_group("gloo", rank=rank, world_size=world)
    try:
        train(*job)
    finally:
        dist.destroy_process_group()


def _free_port() -> int:
    """A port of this machine that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def train_together(
    kind: type[Trainer], files: list[Path], folder: Path, plan: Plan, seconds: float, report: Report, processes: int
) -> None:
    """`train` in several processes of this machine; each takes its share of the files, `plan.batch` counts for each."""
    job = (kind, files, folder, plan, seconds, report)
    torch.multiprocessing.spawn(_worker, (processes, _free_port(), job), nprocs=processes)

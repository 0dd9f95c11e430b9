"""`make bench`: how fast, how steady and how large the mirror is on this machine, beside its goals."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.steadiness import movement, still_picture, warping_errors
from engines.drape.baseline import geometric_drape
from engines.drape.contract import CHANNELS, FieldBody
from engines.drape.drape import COARSE_HEIGHT, COARSE_WIDTH, FIELD_HEIGHT, FIELD_WIDTH
from engines.drape.draper import code_of
from engines.errors import TwinMirrorError
from engines.parts.contract import CHANNELS as PARTS_CHANNELS
from engines.pose.worker import PoseWorker
from engines.runtime.onnx_engine import OnnxEngine
from kiosk.camera.config import open_source, parse_source
from kiosk.demo import GARMENT, PERSON
from kiosk.garments import wearable
from kiosk.tryon.live import MOST_PEOPLE, LiveMirror, seen_frames
from kiosk.tryon.report import RunReport
from kiosk.tryon.wearing import DRAPE_MODEL, PARTS_MODEL

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engines.garments.garment import Garment
    from engines.runtime.engine import Engine

CASES = Path("../shared/cases")
CLIP = "book.mkv"
WORN = ("tee-white-print-front.png", "longsleeve-red-front.png", "hoodie-grey-front.png")
WARM_UP = 5
"""Frames left out of the figures: the first load caches and learn the scene."""
NETWORK_GOAL, PARTS_GOAL, FPS_GOAL, P50_GOAL, P99_GOAL, MORE_GOAL = 15.0, 12.0, 20.0, 70.0, 140.0, 12.0
MEMORY_GOAL, MOVE_GOAL = 700.0, 0.5
console = Console(width=150)


class Results:
    """The table that is printed at the end."""

    def __init__(self, title: str) -> None:
        self._table = Table("figure", "ours", "goal", "", "beside it", title=title, title_justify="left")

    def add(
        self, figure: str, value: float | None, text: str, goal: str = "", met: bool | None = None, peer: str = ""
    ) -> None:
        """One line; `value` None says that it could not be measured."""
        verdict = "" if met is None or value is None else ("[green]met" if met else "[red]missed")
        self._table.add_row(figure, text if value is not None else "-", goal, verdict, peer)

    def show(self) -> None:
        """Print it."""
        console.print(self._table)


def _clip(chosen: Path | None) -> Path:
    for path in [chosen] if chosen else [CASES / "clips" / CLIP, *sorted((CASES / "clips").glob("*.mkv")), PERSON]:
        if path.is_file():
            return path
    raise TwinMirrorError("no clip to measure on: give one with --clip")


def _garments() -> list[Garment]:
    """Three garments, real ones where they lie beside the checkout, else the demo's."""
    found = [CASES / "garments" / name for name in WORN if (CASES / "garments" / name).is_file()]
    worn = [wearable(path, None) for path in found]
    while len(worn) < len(WORN) and GARMENT.is_file():
        worn.append(wearable(GARMENT, None))
    if not worn:
        raise TwinMirrorError("no garment to measure with: neither real photos nor the demo's are there")
    return worn


def _whole_way(clip: Path, garments: Sequence[Garment], engine: Engine) -> RunReport:
    """The live way over a clip that is read as fast as it is taken."""
    figures, mirror = RunReport(), LiveMirror(garments, engine)
    with (
        PoseWorker(live=True, max_people=MOST_PEOPLE) as worker,
        open_source(parse_source(str(clip), paced=False)) as source,
    ):
        start = perf_counter()
        for number, shown in enumerate(mirror.shown(seen_frames(source, worker))):
            if number == WARM_UP:
                start = perf_counter()
            if number >= WARM_UP:
                figures.add(shown.stage_ms)
        figures.seconds = perf_counter() - start
    return figures


def _speed(results: Results, clip: Path, garments: Sequence[Garment], engine: Engine) -> None:
    worked: list[float] = []
    for count in track(range(1, len(garments) + 1), "the whole way", console=console):
        report = _whole_way(clip, garments[:count], engine).as_dict({"drape": engine})
        latency, name = report["latency_ms"], f"{count} garment{'s' if count > 1 else ''}"
        one = count == 1
        fps, total = report["fps"], latency["total"]
        results.add(
            f"{name}: frames a second",
            fps,
            f"{fps:.1f}",
            f">= {FPS_GOAL:.0f}" if one else "",
            fps >= FPS_GOAL if one else None,
        )
        for share, goal in (("p50", P50_GOAL), ("p95", None), ("p99", P99_GOAL)):
            met = total[share] <= goal if goal and one else None
            results.add(
                f"{name}: latency {share}",
                total[share],
                f"{total[share]:.0f} ms",
                f"<= {goal:.0f} ms" if goal and one else "",
                met,
            )
        for stage in ("pose", "drape", "parts", "composite"):
            values = latency.get(stage)
            text = " / ".join(f"{values[share]:.1f}" for share in ("p50", "p95", "p99")) if values else ""
            results.add(f"{name}: {stage} p50 / p95 / p99", 0.0 if values else None, f"{text} ms")
        if "drape" not in latency:
            raise TwinMirrorError(f"nobody was dressed in {clip.name}: give another clip with --clip")
        worked.append(total["p50"])
        if one:
            memory = report["memory_peak_mb"]
            both = memory["mirror"] + memory["largest_child"]
            detail = f"mirror {memory['mirror']:.0f} + pose {memory['largest_child']:.0f}"
            results.add("memory peak", both, f"{both:.0f} MB", f"<= {MEMORY_GOAL:.0f} MB", both <= MEMORY_GOAL, detail)
        else:
            more = worked[-1] - worked[-2]
            results.add(
                f"{name}: latency p50 more than {count - 1}",
                more,
                f"{more:.1f} ms",
                f"<= {MORE_GOAL:.0f} ms",
                more <= MORE_GOAL,
            )


def _median_ms(repeat: int, work: Callable[[], object]) -> float:
    times = []
    for _ in range(repeat):
        start = perf_counter()
        work()
        times.append((perf_counter() - start) * 1e3)
    return float(np.median(times))


def _network(results: Results, engine: Engine, garment: Garment) -> None:
    rng = np.random.default_rng(0)
    maps = rng.normal(0, 1, (1, CHANNELS, COARSE_HEIGHT, COARSE_WIDTH)).astype(np.float32)
    body = FieldBody(
        rng.uniform(60, 200, (33, 2)).astype(np.float32), rng.normal(0, 0.3, (33, 3)).astype(np.float32),
        np.zeros((FIELD_HEIGHT, FIELD_WIDTH), np.uint8), (0.0, 0.0, 256.0, 288.0),
    )  # fmt: skip
    code, matrix = code_of(garment), np.eye(2, 3, dtype=np.float32)
    ours = _median_ms(60, lambda: engine.infer({"maps": maps}))
    plain = _median_ms(60, lambda: geometric_drape(body, code, matrix))
    peer = f"geometric warp {plain:.1f} ms: {ours / plain:.1f} times its time"
    results.add(
        "draping network, 1 thread", ours, f"{ours:.1f} ms", f"<= {NETWORK_GOAL:.0f} ms", ours <= NETWORK_GOAL, peer
    )
    parts = OnnxEngine(PARTS_MODEL, threads=1)
    seen = rng.normal(0, 1, (1, PARTS_CHANNELS, COARSE_HEIGHT, COARSE_WIDTH)).astype(np.float32)
    theirs = _median_ms(60, lambda: parts.infer({"maps": seen}))
    peer = f"{theirs / ours:.2f} times the draping network's time"
    results.add(
        "parts network, 1 thread", theirs, f"{theirs:.1f} ms", f"<= {PARTS_GOAL:.0f} ms", theirs <= PARTS_GOAL, peer
    )


def _steady(results: Results, clip: Path, garment: Garment, engine: Engine) -> None:
    picture = still_picture(clip)
    for sigma in (2.0, 3.0, 4.0):
        ours, plain = movement(picture, garment, engine, sigma)
        name, goal = f"still person, noise {sigma:.0f}: movement p95", f"< {MOVE_GOAL} px at 720 lines"
        results.add(name, ours, f"{ours:.2f} px", goal, ours < MOVE_GOAL, f"geometric warp {plain:.2f} px")
    ours, plain, floor = warping_errors(clip, garment, engine)
    results.add(
        "warping error between frames", ours, f"{ours:.2f} levels", "below the geometric warp's", ours < plain,
        f"geometric warp {plain:.2f}, the clip itself {floor:.2f}",
    )  # fmt: skip


def _machine() -> str:
    """The processor's name, as far as the system tells it."""
    names = [line.split(":", 1)[1].strip() for line in _cpu_lines() if line.startswith("model name")]
    return (names[0] if names else platform.processor() or platform.machine()) + f", {os.cpu_count()} cores"


def _cpu_lines() -> list[str]:
    try:
        return Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return []


def main(
    model: Annotated[Path, typer.Option(help="The draping network.")] = DRAPE_MODEL,
    clip: Annotated[Path | None, typer.Option(help="The clip to measure on.")] = None,
) -> None:
    """Measure and print one table."""
    try:
        used, engine, garments = _clip(clip), OnnxEngine(model, threads=1), _garments()
        load = os.getloadavg()[0]
        title = f"{used.name} on {_machine()}; {engine.name}, model {engine.model_sha256[:12]}; load before: {load:.1f}"
        results = Results(title)
        _speed(results, used, garments, engine)
        _network(results, engine, garments[0])
        _steady(results, used, garments[0], engine)
    except TwinMirrorError as error:
        typer.echo(f"bench: {error}", err=True)
        raise typer.Exit(1) from None
    results.show()


if __name__ == "__main__":
    typer.run(main)

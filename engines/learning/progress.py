"""How a training run tells where it is."""

from __future__ import annotations

from rich.console import Console


def show(step: int, losses: dict[str, float]) -> None:
    """Print the running means of the loss's parts.

    It lies here, not beside the commands: a process that is started anew cannot find what `__main__` defines.
    """
    Console().print(f"step {step}  " + "  ".join(f"{name} {value:.4f}" for name, value in losses.items()))

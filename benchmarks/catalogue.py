"""`python -m benchmarks.catalogue`: how much slower a catalogue of 100,000 garments is than one of 100.

Only ratios are of use: both are measured on the same machine, turn by turn.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from statistics import median
from time import perf_counter, time

from rich.console import Console
from rich.table import Table

from engines.garments.garment import Category
from kiosk.catalogue import database
from kiosk.catalogue.money import Money
from kiosk.catalogue.records import NewCollection
from kiosk.catalogue.store import Catalogue
from kiosk.collection import Piece, made_of

SMALL, LARGE, PAGE, TURNS = 100, 100_000, 4, 60


def _filled(data: Path, count: int) -> tuple[Catalogue, int, int]:
    """A catalogue of two collections, one of `count` garments and on show."""
    database.prepare(data)
    catalogue = Catalogue(data)
    pieces = (
        Piece(
            f"garment-{i}", made_of(f"{i:020}"), data / f"{i}.jpg", label=f"Garment {i}", stated=Category.TEE, layer=1,
            price=Money(1990, "EUR"), sizes=("S", "M", "L"),
        )
        for i in range(count)
    )  # fmt: skip
    large = catalogue.add(NewCollection("large", "Large", "a", data, pieces), time())
    with catalogue._writing() as db:  # noqa: SLF001 - one by one would take longer than all that is measured
        db.execute("UPDATE garments SET state = 'ready'")
    other = catalogue.add(NewCollection("other", "Other", "b", data, [Piece("one", made_of("x" * 20))]), time())
    catalogue.activate(large, time())
    return catalogue, large, other


def _acts(catalogue: Catalogue, large: int, other: int, count: int) -> dict[str, Callable[[], object]]:
    def switch() -> None:
        catalogue.activate(other, time())
        catalogue.on_show(time())
        catalogue.undo(time())

    return {
        "first page": lambda: catalogue.page(large, -1, PAGE + 1),
        "page in the middle": lambda: catalogue.page(large, count // 2, PAGE + 1),
        "page back from the end": lambda: catalogue.page_before(large, count, PAGE),
        "what is on show": lambda: catalogue.on_show(time()),
        "a garment by name": lambda: catalogue.garment(large, f"garment-{count - 1}"),
        "switch and undo": switch,
    }


def _seconds(act: Callable[[], object]) -> float:
    start = perf_counter()
    act()
    return perf_counter() - start


def main() -> None:
    """Measure both, turn by turn, and print medians and their ratio."""
    table = Table("", f"{SMALL} garments, ms", f"{LARGE} garments, ms", "ratio", box=None)
    with (
        tempfile.TemporaryDirectory() as folder,
        closing((small := _filled(Path(folder) / "small", SMALL))[0]),
        closing((large := _filled(Path(folder) / "large", LARGE))[0]),
    ):
        few, many = _acts(*small, SMALL), _acts(*large, LARGE)
        for name in few:
            pairs = [(_seconds(few[name]), _seconds(many[name])) for _ in range(TURNS)]
            low, high = (1e3 * median(values) for values in zip(*pairs, strict=True))
            table.add_row(name, f"{low:.3f}", f"{high:.3f}", f"{high / low:.2f}")
    Console().print(table)


if __name__ == "__main__":
    main()

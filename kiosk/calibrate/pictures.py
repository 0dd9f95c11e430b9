"""The report's pictures: SVG of the figures, and one small photo of the empty scene."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_Three = tuple[float, float, float]
_CELL = 44


def coverage(cells: Sequence[Sequence[bool]]) -> str:
    """Green where the board was."""
    boxes = [
        _box(column, row, "#3fae6b" if seen else "#e4e7ea", "seen" if seen else "empty")
        for row, line in enumerate(cells)
        for column, seen in enumerate(line)
    ]
    return _svg(len(cells[0]) if cells else 0, len(cells), boxes, "Coverage of the picture")


def heat(values: Sequence[Sequence[float]]) -> str:
    """Lighter is surer; each cell says its figure."""
    most = max((max(line) for line in values), default=1.0) or 1.0
    boxes = []
    for row, line in enumerate(values):
        for column, value in enumerate(line):
            share = value / most
            boxes.append(_box(column, row, f"hsl(28 85% {94 - 44 * share:.0f}%)", f"{value:.3f} px", f"{value:.2f}"))
    return _svg(len(values[0]) if values else 0, len(values), boxes, "Uncertainty of the projection")


def swatches(patches: Sequence[tuple[_Three, _Three, float]]) -> str:
    """Two halves a patch."""
    boxes = []
    for number, (wanted, got, difference) in enumerate(patches):
        row, column = divmod(number, 6)
        x, y = column * 2 * _CELL, row * 2 * _CELL
        ink = "#000" if wanted[1] > 0.45 else "#fff"
        boxes.append(
            f'<rect x="{x}" y="{y}" width="{_CELL}" height="{2 * _CELL}" fill="{_hex(wanted)}"/>'
            f'<rect x="{x + _CELL}" y="{y}" width="{_CELL}" height="{2 * _CELL}" fill="{_hex(got)}"/>'
            f'<text x="{x + _CELL}" y="{y + 2 * _CELL - 8}" fill="{ink}">{difference:.1f}</text>'
        )
    return _svg(12, 8, boxes, "Colour patches")


def delays(values: Sequence[float]) -> str:
    """A histogram of 10 ms each, the goals of 100 and 150 ms drawn in."""
    if not values:
        return ""
    top = max(200.0, float(np.ceil(max(values) / 50) * 50))
    counts, _ = np.histogram(values, bins=int(top / 10), range=(0.0, top))
    width, height = 12 * _CELL, 4 * _CELL
    step, unit = width / len(counts), (height - 24) / max(1, int(counts.max()))
    bars = [
        f'<rect x="{i * step:.1f}" y="{height - 18 - c * unit:.1f}" width="{step * 0.85:.1f}" '
        f'height="{c * unit:.1f}" fill="#3b6fb5"><title>{10 * i} to {10 * i + 10} ms: {c}</title></rect>'
        for i, c in enumerate(counts)
    ]
    for goal in (100, 150):
        x = goal / top * width
        bars.append(f'<path d="M{x:.1f} 0V{height - 18}" stroke="#a3201a"/><text x="{x + 20:.1f}" y="12">{goal}</text>')
    bars += [f'<text x="{t / top * width + 12:.1f}" y="{height - 3}">{t}</text>' for t in range(0, int(top), 50)]
    return _svg(12, 4, bars, "Delays")


def thumbnail(picture: NDArray[np.uint8]) -> str:
    """A JPEG of at most 480 pixels a side, within the page."""
    image = Image.fromarray(picture)
    image.thumbnail((480, 480))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=80)
    data = base64.b64encode(buffer.getvalue()).decode()
    return f'<img alt="The empty scene" width="{image.width}" src="data:image/jpeg;base64,{data}">'


def _box(column: int, row: int, fill: str, title: str, text: str = "") -> str:
    x, y, inner = column * _CELL, row * _CELL, _CELL - 2
    words = f'<text x="{x + _CELL / 2}" y="{y + _CELL / 2 + 4}">{text}</text>' if text else ""
    return f'<rect x="{x}" y="{y}" width="{inner}" height="{inner}" fill="{fill}"><title>{title}</title></rect>{words}'


def _svg(columns: int, rows: int, parts: list[str], name: str) -> str:
    width, height = max(1, columns) * _CELL, max(1, rows) * _CELL
    return (
        f'<svg role="img" aria-label="{name}" viewBox="0 0 {width} {height}" width="{width}" '
        f'font-size="13" text-anchor="middle" font-family="sans-serif">{"".join(parts)}</svg>'
    )


def _hex(colour: _Three) -> str:
    return "#" + "".join(f"{round(255 * min(1.0, max(0.0, channel))):02x}" for channel in colour)

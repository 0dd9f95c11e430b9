"""What the demo shows: a rendered person and a drawn garment, made by `engines.synthetic` and `engines.garments`.

`person.mp4` is the output of `python -m engines.synthetic film`, `tee.png` of
`python -m engines.garments.training.demo`; no real person or product is in them.
"""

from __future__ import annotations

from pathlib import Path

PERSON = Path(__file__).parent / "person.mp4"
GARMENT = Path(__file__).parent / "tee.png"

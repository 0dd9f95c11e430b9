"""What the demo shows: a rendered person and drawn garments, made by `engines.synthetic` and `engines.garments`.

`person.mp4` is the output of `python -m engines.synthetic film`, `tee.png` of
`python -m engines.garments.training.demo`, the folder `collection` of `python -m engines.garments.training.sample`;
no real person or product is in them.
"""

from __future__ import annotations

from pathlib import Path

PERSON = Path(__file__).parent / "person.mp4"
STANDS_FROM = 30
"""The first frame in which the person stands there: before it the scene is empty, then they step in."""
GARMENT = Path(__file__).parent / "tee.png"
COLLECTION = Path(__file__).parent / "collection"

"""A small collection of plain garments, made without a photo, and the rendered person as a camera."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from engines.garments import store
from engines.garments.garment import Category, Chart, Garment, Measures
from kiosk.config import Settings
from kiosk.demo import PERSON
from kiosk.twins.making import About, make_twin
from kiosk.twins.studio import licence

CLOTHS = {
    "ribbed-tank": (Category.TANK, (236, 228, 214)),
    "coral-tee": (Category.TEE, (206, 84, 66)),
    "forest-polo": (Category.POLO, (52, 92, 70)),
    "plum-hoodie": (Category.HOODIE, (108, 62, 92)),
    "sand-long-sleeve": (Category.LONG_SLEEVE, (204, 182, 148)),
}


def plain_garment(name: str, category: Category, cloth: tuple[int, int, int]) -> Garment:
    """A garment whose charts are full of cloth."""
    sleeve = {Category.TANK: 0.0, Category.HOODIE: 2.0, Category.LONG_SLEEVE: 2.0}.get(category, 0.9)
    measures = Measures(2.5, 1.0, 0.85, 0.15, 0.7, 0.36, 0.25, 0.05, sleeve, 0.75 if sleeve else 0.0, 0.6, 0.4)
    chart = np.full((96, 96, 4), (*cloth, 255), np.uint8)
    chart[::12, :, :3] = chart[::12, :, :3] // 2 + 40
    return Garment(name, category, measures, dict.fromkeys(Chart, chart), np.array(cloth, np.uint8) // 2, True)


@pytest.fixture(scope="session")
def collection(tmp_path_factory) -> Path:
    """A folder of added garments."""
    folder = tmp_path_factory.mktemp("collection")
    for name, (category, cloth) in CLOTHS.items():
        store.save(plain_garment(name, category, cloth), folder / name)
    return folder


@pytest.fixture(scope="session")
def settings(collection, tmp_path_factory) -> Settings:
    """The rendered person before the camera; ages are generous, as a busy machine says nothing of the code."""
    return Settings.model_validate(
        {
            "camera": {"type": "file", "path": str(PERSON)},
            "screen": {"width": 1080, "height": 1920, "fullscreen": False},
            "times": {"live_ms": 4000, "lost_s": 6},
            "collection": str(collection),
            "data": str(tmp_path_factory.mktemp("data")),
        }
    )


STANDS_FROM = 40
"""The first frame in which the person stands there: before it the scene is empty, then they step in."""


def loop_of_the_person(path: Path) -> Path:
    """The person as they stand there, forth and back until six seconds are over."""
    capture = cv2.VideoCapture(str(PERSON))
    pictures = []
    while (read := capture.read())[0]:
        pictures.append(read[1])
    there = pictures[STANDS_FROM:]
    whole = there + there[-2::-1]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 25.0, (640, 480))
    for picture in whole:
        writer.write(picture)
    writer.release()
    return path


@pytest.fixture(scope="session")
def loop(tmp_path_factory) -> Path:
    return loop_of_the_person(tmp_path_factory.mktemp("loop") / "loop.mp4")


@pytest.fixture(scope="session")
def about() -> About:
    return About("Robin", "rendered", "neutral", "30-44", "medium", "slim")


@pytest.fixture(scope="session")
def twin(loop, about, pose_bundle, tmp_path_factory):
    return make_twin(loop, about, licence(), tmp_path_factory.mktemp("twins") / "robin")

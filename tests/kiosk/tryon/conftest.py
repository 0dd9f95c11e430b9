"""A real person and a garment that was drawn: what stills and live pictures are tried on."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage.data

from engines.garments.garment import Category, Garment
from engines.garments.ingest import ingest
from engines.garments.training.flatlay import flat_lay
from kiosk.tryon.wearing import DRAPE_MODEL


@pytest.fixture(scope="session")
def weights() -> Path:
    """The shipped draping network."""
    return DRAPE_MODEL


@pytest.fixture(scope="session")
def tee(tmp_path_factory) -> Garment:
    """A painted flat-lay that went the way of every product photo."""
    lay = flat_lay(np.random.default_rng(3), 700, Category.TEE, calm=True)
    alpha = lay.picture[..., 3:] / 255.0
    rgb = np.round(lay.picture[..., :3] * alpha + 255 * (1 - alpha)).astype(np.uint8)
    photo = tmp_path_factory.mktemp("garments") / "tee.png"
    cv2.imwrite(str(photo), cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))
    return ingest(photo, None, Category.TEE, "tee")


@pytest.fixture(scope="session")
def person() -> np.ndarray:
    """A woman from the head to the belly, (512, 512, 3)."""
    return skimage.data.astronaut()


@pytest.fixture
def save(tmp_path):
    """Writes a picture and gives its path."""

    def write(picture: np.ndarray, name: str = "person.png") -> Path:
        path = tmp_path / "in" / name
        path.parent.mkdir(exist_ok=True)
        cv2.imwrite(str(path), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
        return path

    return write


@pytest.fixture
def film(tmp_path):
    """Writes pictures as a clip of 30 frames a second and gives its path."""

    def write(pictures: list[np.ndarray]) -> Path:
        path = tmp_path / "in" / "clip.mp4"
        path.parent.mkdir(exist_ok=True)
        height, width = pictures[0].shape[:2]
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 30.0, (width, height))
        for picture in pictures:
            writer.write(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
        writer.release()
        return path

    return write

"""A cast of the demo's rendered person, and an order for small pictures."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from engines.garments.garment import Category, Chart, Garment, Measures
from engines.pose.worker import PoseWorker
from kiosk.camera.clip import ClipSource
from kiosk.demo import PERSON, STANDS_FROM
from kiosk.lookbook.lookbook import Order
from kiosk.lookbook.setfile import parsed
from kiosk.twins.bodies import Bodies, save_bodies
from kiosk.twins.licence import Licence
from kiosk.twins.record import TwinRecord, hash_of, toml_of

FRAMES, STEP = 12, 5
SMALL_SET = """
title = "Small"
credit = "Test studio"
height = 480
[key]
azimuth = -40.0
elevation = 30.0
softness = 0.4
[backdrop]
colour = "#b4c0d0"
distance = 0.6
[[pose]]
name = "front"
at = 0.0
[[pose]]
name = "hands"
at = 0.5
"""


def licence_of(name: str, **changes) -> Licence:
    base = {
        "name": f"{name.title()} Example", "kind": "studio", "credit": f"Twin {name.title()}: rendered",
        "scope": ["mirror", "lookbook", "web"], "places": ["DE"], "valid_from": "2020-01-01", "valid_to": "2099-01-01",
        "pay": {"amount": 500, "currency": "EUR", "per": "use"}, "consent_sha256": f"{len(name):02x}" * 32,
    }  # fmt: skip
    return Licence.model_validate(base | changes)


def plain_garment(name: str, category: Category, cloth: tuple[int, int, int]) -> Garment:
    """A garment whose charts are full of cloth."""
    sleeve = 2.0 if category == Category.LONG_SLEEVE else 0.9
    measures = Measures(2.5, 1.0, 0.85, 0.15, 0.7, 0.36, 0.25, 0.05, sleeve, 0.75, 0.6, 0.4)
    chart = np.full((96, 96, 4), (*cloth, 255), np.uint8)
    return Garment(name, category, measures, dict.fromkeys(Chart, chart), np.array(cloth, np.uint8) // 2, True)


def make_clip(folder: Path) -> None:
    """A short clip of the demo person and its body data."""
    folder.mkdir(parents=True)
    with ClipSource(PERSON, paced=False) as source:
        pictures = [source.read().picture for _ in range(STANDS_FROM + FRAMES * STEP)][STANDS_FROM::STEP]
    height, width = pictures[0].shape[:2]
    writer = cv2.VideoWriter(str(folder / "clip.mp4"), cv2.VideoWriter.fourcc(*"mp4v"), 12.0, (width, height))
    for picture in pictures:
        writer.write(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    writer.release()
    with PoseWorker(live=False) as worker:
        bodies = [worker.people(picture)[0] for picture in pictures]
    size = np.array([width, height], np.float32)
    small = np.stack([cv2.resize(b.silhouette, (384, 288), interpolation=cv2.INTER_AREA) for b in bodies])
    landmarks = np.stack([b.landmarks for b in bodies]).astype(np.float32) / size
    world, seen = (np.stack([getattr(b, n) for b in bodies]).astype(np.float32) for n in ("world", "visibility"))
    save_bodies(Bodies(landmarks, world, seen, small.astype(np.uint8)), folder / "body.npz")


def make_pack(clip: Path, folder: Path, licence: Licence) -> None:
    """A twin's pack of a clip that `make_clip` made."""
    folder.mkdir(parents=True)
    for name in ("clip.mp4", "body.npz"):
        (folder / name).write_bytes((clip / name).read_bytes())
    record = TwinRecord(
        version=1, name=folder.name.title(), source="rendered",
        sex="woman", age="30-44", height="medium", figure="slim",
        clip="clip.mp4", clip_sha256=hash_of(folder / "clip.mp4"), body_sha256=hash_of(folder / "body.npz"),
        licence=licence,
    )  # fmt: skip
    (folder / "twin.toml").write_text(toml_of(record), encoding="utf-8")


def order_of(collection: Path, cast: Path, folder: Path, text: str = SMALL_SET, **changes) -> Order:
    """An order whose set is `text`."""
    folder.mkdir(parents=True, exist_ok=True)
    set_file = folder / "set.toml"
    set_file.write_text(text)
    made = Order(collection, cast, parsed(text.encode(), "set.toml"), set_file, folder / "out", "en", web=False)
    return replace(made, **changes)

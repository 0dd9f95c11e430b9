"""Garments on disk: a folder of one PNG a chart and `garment.json`, written whole or not at all, read as untrusted."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import cv2
import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from engines.errors import BadImageError, TwinMirrorError
from engines.garments.garment import BOTTOMS, RGBA, BottomMeasures, Category, Chart, Garment, Measures
from engines.imaging import ImageLimits, read_image

_VERSION: Final = 2
"""Version 1 knew tops only; its measures had no `kind`."""
_RECORD: Final = "garment.json"
_MOST_RECORD_BYTES: Final = 64 * 1024
_CHART_LIMITS: Final = ImageLimits(max_bytes=32 * 1024 * 1024, min_side=16, max_side=2048, max_pixels=4_194_304)
_Size = Annotated[float, Field(ge=0.0, le=10.0, allow_inf_nan=False)]
_Length = Annotated[float, Field(gt=0.1, le=10.0, allow_inf_nan=False)]
_Byte = Annotated[int, Field(ge=0, le=255)]


class GarmentStoreError(TwinMirrorError):
    """A garment's folder cannot be written, or what it holds is no garment."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _TopRecord(_Strict):
    kind: Literal["top"] = "top"
    length: _Length
    hem: _Size
    shoulder: _Size
    shoulder_drop: _Size
    armpit: _Size
    neck_width: _Size
    neck_depth_front: _Size
    neck_depth_back: _Size
    sleeve_length: _Size
    sleeve_width: _Size
    cuff_width: _Size
    cap_height: _Size


class _BottomRecord(_Strict):
    kind: Literal["bottom"] = "bottom"
    length: _Length
    waist: _Size
    hem: _Size
    rise: _Size
    leg_width: _Size
    leg_hem: _Size


class _GarmentRecord(_Strict):
    version: Annotated[int, Field(ge=1, le=_VERSION)]
    garment_id: Annotated[str, Field(min_length=1, max_length=200)]
    category: Category
    measures: Annotated[_TopRecord | _BottomRecord, Field(discriminator="kind")]
    inside: tuple[_Byte, _Byte, _Byte]
    back_is_guessed: bool

    @model_validator(mode="before")
    @classmethod
    def _from_version_1(cls, record: Any) -> Any:
        """Give the measures of version 1 their kind."""
        if isinstance(record, dict) and record.get("version") == 1 and isinstance(record.get("measures"), dict):
            return record | {"measures": {"kind": "top"} | record["measures"]}
        return record

    @model_validator(mode="after")
    def _fits(self) -> _GarmentRecord:
        """Refuse a top's measures for a skirt or trousers, and the other way round."""
        if isinstance(self.measures, _BottomRecord) != (self.category in BOTTOMS):
            raise ValueError(f"these are not the measures of a {self.category.value}")
        return self


def save(garment: Garment, folder: Path) -> None:
    """Write a garment to a folder that does not exist yet or holds a garment, which is replaced.

    All files are staged beside the folder and synced to disk before one rename. Raises `GarmentStoreError` where the
    place cannot be written or `folder` holds something else.
    """
    if folder.exists() and not (folder / _RECORD).is_file():
        raise GarmentStoreError(f"{folder} exists and is no garment: choose another folder")
    token = secrets.token_hex(6)
    stage, old = (folder.with_name(f".{folder.name}.{kind}-{token}") for kind in ("new", "old"))
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        stage.mkdir()
        _write_all(garment, stage)
        if folder.exists():
            folder.rename(old)
        stage.rename(folder)
        _sync(folder.parent)
    except OSError as error:
        if old.exists() and not folder.exists():
            old.rename(folder)
        raise GarmentStoreError(f"{folder} cannot be written ({error.strerror}): check space and permissions") from None
    finally:
        shutil.rmtree(stage, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def load(folder: Path) -> Garment:
    """Read a garment that `save` wrote; raises `GarmentStoreError` for anything else, bounded in time and memory."""
    record = _read_record(folder / _RECORD)
    try:
        atlas = {chart: read_image(folder / _name(chart), limits=_CHART_LIMITS) for chart in Chart}
    except BadImageError as error:
        raise GarmentStoreError(f"{folder} is damaged: {error}") from None
    values = record.measures.model_dump(exclude={"kind"})
    measures = BottomMeasures(**values) if isinstance(record.measures, _BottomRecord) else Measures(**values)
    inside = np.array(record.inside, np.uint8)
    return Garment(record.garment_id, record.category, measures, atlas, inside, record.back_is_guessed)


def _read_record(path: Path) -> _GarmentRecord:
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_RECORD_BYTES + 1)
    except OSError as error:
        raise GarmentStoreError(f"{path} cannot be read ({error.strerror}): add the garment again") from None
    if len(data) > _MOST_RECORD_BYTES:
        raise GarmentStoreError(f"{path} is too large for a garment's record: add the garment again")
    try:
        return _GarmentRecord.model_validate_json(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "record"
        raise GarmentStoreError(
            f"{path} is no garment's record ({where}: {first['msg']}): add the garment again"
        ) from None


def _name(chart: Chart) -> str:
    return f"{chart.name.lower()}.png"


def _write_all(garment: Garment, folder: Path) -> None:
    red, green, blue = (int(c) for c in garment.inside)
    kind = _BottomRecord if isinstance(garment.measures, BottomMeasures) else _TopRecord
    record = _GarmentRecord(
        version=_VERSION, garment_id=garment.garment_id, category=garment.category,
        measures=kind(**vars(garment.measures)), inside=(red, green, blue),
        back_is_guessed=garment.back_is_guessed,
    )  # fmt: skip
    for chart in Chart:
        _write(folder / _name(chart), _png(garment.atlas[chart]))
    _write(folder / _RECORD, json.dumps(record.model_dump(mode="json"), indent=1).encode())
    _sync(folder)


def _png(picture: RGBA) -> bytes:
    done, data = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGBA2BGRA))
    if not done:
        raise GarmentStoreError("a chart cannot be encoded: check its size")
    return data.tobytes()


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

"""The engines built on this device: one file a network, which carries what it was built from and for.

File: `MAGIC`, the header's length (4 bytes, little endian), the header (JSON), the plan. It takes its name when it is
whole and verified, so there is always the old engine or the new one.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import struct
import tempfile
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final

from engines.errors import ModelUnavailableError
from engines.pose.bundle import cache_dir
from engines.runtime.device import find_gpu
from engines.runtime.engine import read_model
from engines.runtime.tensorrt_api import flags_for, load_tensorrt, version_of

MAGIC: Final = b"TWINMIRROR-ENGINE-1\n"
_MOST_HEADER: Final = 16 * 1024
_MOST_BYTES: Final = 1024 * 1024 * 1024


@dataclass(frozen=True)
class EngineKey:
    """What an engine was made of and for; it serves nothing else. flags: what the compiler was told, sorted."""

    model_sha256: str
    tensorrt: str
    gpu: str
    compute_capability: str
    precision: str
    flags: tuple[str, ...]


@dataclass(frozen=True)
class BuiltEngine:
    """An engine from its file. figures: how far it was from its network when it was verified."""

    key: EngineKey
    figures: str
    plan: bytes


def engines_folder() -> Path:
    """Where engines lie."""
    return cache_dir() / "engines"


def engine_path(model: Path, folder: Path | None = None) -> Path:
    """The file of a network's engine."""
    return (folder or engines_folder()) / f"{model.stem}.engine"


def activate(built: BuiltEngine, path: Path) -> None:
    """Make this the network's engine, at once and wholly; a cut of power leaves the old one or the new one."""
    header = json.dumps(
        {"key": asdict(built.key), "figures": built.figures, "plan_sha256": hashlib.sha256(built.plan).hexdigest()}
    ).encode()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.stem}-", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(MAGIC + struct.pack("<I", len(header)) + header + built.plan)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    finally:
        with suppress(OSError):
            Path(name).unlink()


def read_engine(path: Path) -> BuiltEngine:
    """An engine's file, its plan unchanged since it was built.

    Raises ModelUnavailableError where there is none, it is damaged, or others than its owner could have written it.
    """
    try:
        with path.open("rb") as file:
            _trusted(path, os.fstat(file.fileno()))
            data = file.read(_MOST_BYTES + 1)
    except FileNotFoundError:
        raise ModelUnavailableError(f"no engine has been built for {path.stem}: kiosk engine build") from None
    except OSError as error:
        raise ModelUnavailableError(f"{path} cannot be read ({error.strerror}): kiosk engine build") from None
    try:
        return _parsed(data)
    except (ValueError, KeyError, TypeError, struct.error, RecursionError):
        raise ModelUnavailableError(f"{path} is damaged: kiosk engine build") from None


def _trusted(path: Path, status: os.stat_result) -> None:
    """TensorRT runs what a plan says: only a file that nobody else could write is taken."""
    writable = status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    if not stat.S_ISREG(status.st_mode) or writable or status.st_uid not in {0, os.geteuid()}:
        raise ModelUnavailableError(f"{path} could have been written by others: delete it, then kiosk engine build")


def _parsed(data: bytes) -> BuiltEngine:
    if not data.startswith(MAGIC) or len(data) > _MOST_BYTES:
        raise ValueError
    start = len(MAGIC) + 4
    (length,) = struct.unpack_from("<I", data, len(MAGIC))
    if length > _MOST_HEADER or len(data) < start + length:
        raise ValueError
    header: dict[str, Any] = json.loads(data[start : start + length])
    plan = data[start + length :]
    if hashlib.sha256(plan).hexdigest() != header["plan_sha256"]:
        raise ValueError
    said = header["key"]
    words = {field.name: said[field.name] for field in fields(EngineKey) if field.name != "flags"}
    if not all(isinstance(word, str) for word in (*words.values(), header["figures"], *said["flags"])):
        raise TypeError
    return BuiltEngine(EngineKey(**words, flags=tuple(said["flags"])), header["figures"], plan)


def fitting_engine(model: Path, folder: Path | None = None) -> BuiltEngine:
    """The engine of a network, where it was built of this very model, by this TensorRT, for this GPU.

    Raises ModelUnavailableError, saying what does not fit.
    """
    built = read_engine(engine_path(model, folder))
    here = asdict(key_here(model, built.key.precision))
    for name, said in asdict(built.key).items():
        if said != here[name]:
            was, now = (str(value)[:40] for value in (said, here[name]))
            raise ModelUnavailableError(
                f"the engine of {model.stem} was built for {name} {was}, here is {now}: kiosk engine build"
            )
    return built


def key_here(model: Path, precision: str) -> EngineKey:
    """What an engine of this network in this precision, built here and now, is for.

    Raises ModelUnavailableError without a GPU, TensorRT or the model.
    """
    trt, gpu = load_tensorrt(), find_gpu()
    _, sha256 = read_model(model)
    return EngineKey(sha256, version_of(trt), gpu.name, gpu.compute_capability, precision, flags_for(trt, precision))

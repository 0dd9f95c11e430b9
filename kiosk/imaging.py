"""Pictures in and out of the product: photos of people in, finished files out, whole or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image

from engines.imaging import read_image
from kiosk.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

_FORMATS: Final = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}


def read_photo(path: Path) -> NDArray[np.uint8]:
    """Read a photo of a person: (H, W, 3) uint8 RGB, upright, laid over white where it is transparent.

    Raises `BadImageError` where it cannot be read (see `engines.imaging.read_image`).
    """
    rgba = read_image(path)
    if (rgba[..., 3] == 255).all():
        return np.ascontiguousarray(rgba[..., :3])
    alpha = rgba[..., 3:].astype(np.float32) / 255.0
    blended = rgba[..., :3] * alpha + 255.0 * (1.0 - alpha)
    return np.asarray(blended + 0.5, dtype=np.uint8)


def write_picture(path: Path, picture: NDArray[np.uint8]) -> None:
    """Write (H, W), (H, W, 3) or (H, W, 4) uint8 as the kind of file that `path` names; atomic.

    Raises `OutputError` where the name's kind is not offered or the place cannot be written.
    """
    kind = _FORMATS.get(path.suffix.lower())
    if kind is None:
        raise OutputError(f"{path} cannot be written: name it {', '.join(_FORMATS)}")
    with staged_output(path) as stage:
        image = Image.fromarray(picture)
        if kind == "JPEG":
            image.convert("RGB").save(stage, kind, quality=95, subsampling=0)
        elif kind == "WEBP":
            image.save(stage, kind, lossless=True)
        else:
            image.save(stage, kind, compress_level=4)


@contextmanager
def staged_output(path: Path) -> Iterator[Path]:
    """Give a path beside `path` to write to; when the block ends well it becomes `path`, else nothing is left.

    The stage keeps the suffix, by which video writers choose their format. It is flushed to disk before it takes its
    name, so a cut of power leaves the old file or the new one.

    Raises `OutputError` where the folder cannot be made or written, also for such errors within the block.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            raise OutputError(f"{path} is a folder: name a file")
        descriptor, name = tempfile.mkstemp(prefix=f".{path.stem}-", suffix=path.suffix, dir=path.parent)
        os.close(descriptor)
    except (OSError, ValueError) as error:
        raise OutputError(_reason(path, error)) from None
    stage = Path(name)
    try:
        yield stage
        _publish(stage, path)
    except OSError as error:
        raise OutputError(_reason(path, error)) from None
    finally:
        with contextlib.suppress(OSError):
            stage.unlink()


def _publish(stage: Path, path: Path) -> None:
    stage.chmod(0o666 & ~_umask())
    with stage.open("rb") as file:
        os.fsync(file.fileno())
    stage.replace(path)


def _umask() -> int:
    """The process's umask, which `mkstemp` ignores; it can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _reason(path: Path, error: Exception) -> str:
    words = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return f"{path} cannot be written ({words}): choose another place or make room"

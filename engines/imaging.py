"""Still pictures from outside: bounded before they are decoded, then brought to one plain form.

A photo that somebody hands in is untrusted. Its kind, bytes and dimensions are checked from the header, so a
decompression bomb is refused before it costs memory.
"""

from __future__ import annotations

import io
import stat
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from engines.errors import BadImageError

T = TypeVar("T")

SUFFIXES: Final = {
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "MPO": (".jpg", ".jpeg", ".mpo"),
    "PNG": (".png",),
    "WEBP": (".webp",),
    "BMP": (".bmp",),
    "TIFF": (".tif", ".tiff"),
}
"""The kinds of file that are read and the file names they may carry (MPO is what phones write as .jpg)."""

_FORMATS: Final = tuple(kind for kind in SUFFIXES if kind != "MPO")
"""Pillow's names of the parsers to try; its JPEG parser finds MPO by itself."""

_ASK: Final = "use a JPEG, PNG, WebP, BMP or TIFF photo"
_BROKEN: Final = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    OverflowError,
    EOFError,
    MemoryError,
)
"""What Pillow's parsers are seen to raise on damaged files, besides its own bomb errors."""
_DEEP_GRAY: Final = ("I", "F")


@dataclass(frozen=True)
class ImageLimits:
    """What a photo may be: bytes of its file, pixels along each side, pixels in all."""

    max_bytes: int = 64 * 1024 * 1024
    min_side: int = 16
    max_side: int = 10_000
    max_pixels: int = 72_000_000


_DEFAULT_LIMITS: Final = ImageLimits()


def read_image(path: Path, *, limits: ImageLimits = _DEFAULT_LIMITS) -> NDArray[np.uint8]:
    """Read a still picture: (H, W, 4) uint8 RGBA, straight alpha, upright by its EXIF rotation, top row first.

    RGB values are kept as they are stored; CMYK is brought to sRGB, by its own ICC profile where it has one; 16 bits
    become 8. Of an animation the first picture is read.

    Raises `BadImageError` where the file is missing, empty, damaged, of another kind than its name says or outside
    `limits`.
    """
    return _bounded(path, limits, _decoded)


def check_image(path: Path, *, limits: ImageLimits = _DEFAULT_LIMITS) -> None:
    """Look at a picture's header only, which is quick; `read_image` may still find its content damaged.

    Raises `BadImageError` where `read_image` would refuse the file unseen.
    """
    _bounded(path, limits, lambda _: None)


def _bounded(path: Path, limits: ImageLimits, use: Callable[[Image.Image], T]) -> T:
    data = _read_bytes(path, limits.max_bytes)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of oddities that Pillow copes with
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=_FORMATS) as opened:
                _check_header(path, opened, limits)
                return use(opened)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise BadImageError(_too_large(path, limits)) from None
    except UnidentifiedImageError:
        raise BadImageError(f"{path} is not a picture: {_ASK}") from None
    except _BROKEN as error:
        raise BadImageError(f"{path} is damaged ({_one_line(error)}): save it anew or take another photo") from None


def _read_bytes(path: Path, max_bytes: int) -> bytes:
    """The file's content, refused where it is no regular file (a pipe would block), empty or too big."""
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            raise BadImageError(f"{path} is not a file: {_ASK}")
        with path.open("rb") as file:
            data = file.read(max_bytes + 1)
    except (OSError, ValueError) as error:
        raise BadImageError(f"{path} cannot be read ({_one_line(error)}): check the path and its permissions") from None
    if not data:
        raise BadImageError(f"{path} is empty: copy it again or take another photo")
    if len(data) > max_bytes:
        raise BadImageError(f"{path} is larger than {max_bytes // 2**20} MiB: export a smaller photo")
    return data


def _decoded(opened: Image.Image) -> NDArray[np.uint8]:
    opened.load()
    return _to_rgba(ImageOps.exif_transpose(opened))


def _check_header(path: Path, image: Image.Image, limits: ImageLimits) -> None:
    kind = image.format or ""
    if path.suffix.lower() not in SUFFIXES[kind]:
        raise BadImageError(
            f"{path} holds a {kind} picture under another kind's name: rename it to {SUFFIXES[kind][0]}"
        )
    width, height = image.size
    if min(width, height) < limits.min_side:
        raise BadImageError(f"{path} is {width}x{height} pixels: the smaller side must have {limits.min_side} or more")
    if max(width, height) > limits.max_side or width * height > limits.max_pixels:
        raise BadImageError(_too_large(path, limits))


def _too_large(path: Path, limits: ImageLimits) -> str:
    megapixels = limits.max_pixels // 1_000_000
    return f"{path} is above {limits.max_side} pixels a side or {megapixels} megapixels: export a smaller photo"


def _to_rgba(image: Image.Image) -> NDArray[np.uint8]:
    if image.mode.startswith(_DEEP_GRAY):
        return _gray_to_rgba(np.asarray(image))
    if image.mode in {"CMYK", "YCbCr", "LAB"}:
        image = _to_srgb(image)
    return np.array(image.convert("RGBA"), dtype=np.uint8)


def _gray_to_rgba(gray: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Grey of 16 bits, or of 0..1 floats, to opaque 8-bit RGBA; Pillow's own conversion would clip it to white."""
    values = np.nan_to_num(gray.astype(np.float32))
    top = 1.0 if np.issubdtype(gray.dtype, np.floating) else 65535.0
    level = (np.clip(values / top, 0.0, 1.0) * 255.0 + 0.5).astype(np.uint8)
    return np.dstack([level, level, level, np.full_like(level, 255)])


def _to_srgb(image: Image.Image) -> Image.Image:
    """Printers' colours to sRGB through the picture's own profile, or by the plain formula without a usable one."""
    profile = image.info.get("icc_profile")
    if profile and image.mode != "YCbCr":
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            return image.convert("RGB")
        if converted is not None:
            return converted
    return image.convert("RGB")


def _one_line(error: BaseException) -> str:
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return " ".join(text.split()) or type(error).__name__

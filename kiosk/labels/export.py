"""The only way out for pictures and clips: labelled, described and signed, or not at all."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from kiosk.config import Language
from kiosk.imaging import staged_output
from kiosk.labels import xmp
from kiosk.labels.credentials import MEDIA, signed
from kiosk.labels.errors import LabelError
from kiosk.labels.keys import SigningKeys
from kiosk.labels.provenance import Provenance
from kiosk.labels.visible import with_label

_SAVED: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    ".jpg": ("JPEG", {"quality": 92, "subsampling": 0, "optimize": True}),
    ".jpeg": ("JPEG", {"quality": 92, "subsampling": 0, "optimize": True}),
    ".png": ("PNG", {"compress_level": 4}),
    ".webp": ("WEBP", {"quality": 84, "method": 4}),
    ".avif": ("AVIF", {"quality": 62, "speed": 7}),
}


def export_picture(
    path: Path, picture: NDArray[np.uint8], provenance: Provenance, keys: SigningKeys, language: Language
) -> None:
    """Write a picture (H, W, 3) uint8 RGB, labelled in `language`, as the kind of file that `path` names; atomic.

    Raises `LabelError` where it cannot be labelled and signed, `OutputError` where it cannot be written.
    """
    suffix = path.suffix.lower()
    if suffix not in _SAVED:
        raise LabelError(f"{path} would carry no credentials: name it {', '.join(_SAVED)}")
    data = _encoded(with_label(picture, language), suffix, xmp.packet(provenance))
    _leave(path, signed(data, MEDIA[suffix], provenance, keys))


def export_clip(path: Path, clip: Path, provenance: Provenance, keys: SigningKeys) -> None:
    """Write the MP4 file `clip`, whose frames carry the visible label already, with XMP and credentials; atomic.

    Raises as `export_picture`.
    """
    if path.suffix.lower() != ".mp4":
        raise LabelError(f"{path} would carry no credentials: name it .mp4")
    try:
        data = clip.read_bytes()
    except OSError as error:
        raise LabelError(f"{clip} cannot be read ({error.strerror}): make it anew") from None
    _leave(path, signed(xmp.with_box(data, xmp.packet(provenance)), MEDIA[".mp4"], provenance, keys))


def _encoded(picture: NDArray[np.uint8], suffix: str, packet: bytes) -> bytes:
    kind, options = _SAVED[suffix]
    out = io.BytesIO()
    if kind == "PNG":
        info = PngInfo()
        info.add_itxt("XML:com.adobe.xmp", packet.decode())
        Image.fromarray(picture).save(out, kind, pnginfo=info, **options)
    else:
        Image.fromarray(picture).save(out, kind, xmp=packet, **options)
    return out.getvalue()


def _leave(path: Path, data: bytes) -> None:
    with staged_output(path) as stage:
        stage.write_bytes(data)

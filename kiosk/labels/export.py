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
    release(path, encoded(with_label(picture, language), path.suffix.lower(), provenance), provenance, keys)


def encoded(labelled: NDArray[np.uint8], suffix: str, provenance: Provenance) -> bytes:
    """A picture that carries its visible label already, encoded with XMP; not signed yet, so not fit to leave.

    Raises `LabelError` where files of this kind would carry no credentials.
    """
    if suffix not in _SAVED:
        raise LabelError(f"a picture named {suffix} would carry no credentials: name it {', '.join(_SAVED)}")
    kind, options = _SAVED[suffix]
    out, packet = io.BytesIO(), xmp.packet(provenance)
    if kind == "PNG":
        info = PngInfo()
        info.add_itxt("XML:com.adobe.xmp", packet.decode())
        Image.fromarray(labelled).save(out, kind, pnginfo=info, **options)
    else:
        Image.fromarray(labelled).save(out, kind, xmp=packet, **options)
    return out.getvalue()


def release(path: Path, data: bytes, provenance: Provenance, keys: SigningKeys) -> None:
    """Sign an encoded picture, or a clip whose frames carry the visible label, and write it; atomic.

    A clip, which is MP4, gets its XMP here. Raises as `export_picture`.
    """
    suffix = path.suffix.lower()
    if suffix not in MEDIA:
        raise LabelError(f"{path} would carry no credentials: name it {', '.join(MEDIA)}")
    if suffix == ".mp4":
        data = xmp.with_box(data, xmp.packet(provenance))
    signed_data = signed(data, MEDIA[suffix], provenance, keys)
    with staged_output(path) as stage:
        stage.write_bytes(signed_data)

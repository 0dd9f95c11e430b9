"""What a third party sees in a file: whether its credentials are valid, whom they name, and what they say."""

from __future__ import annotations

import io
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from PIL import Image, UnidentifiedImageError

from kiosk.labels import xmp
from kiosk.labels.credentials import MEDIA, read
from kiosk.labels.errors import VerifyError
from kiosk.labels.provenance import ORIGIN

State = Literal["trusted", "untrusted", "changed", "unlabelled"]
MOST_BYTES: Final = 512 * 1024 * 1024
WORDS: Final[dict[State, str]] = {
    "trusted": "valid and trusted: unchanged since an authority that you trust signed it",
    "untrusted": "valid, not trusted: unchanged since it was signed, but by nobody that you trust",
    "changed": "changed: it is not what was signed",
    "unlabelled": "without credentials: nothing can be said of where it comes from",
}


@dataclass(frozen=True)
class Verdict:
    """What a file's credentials say. `failures` are C2PA's codes; `xmp_source_type` is what plain photo tools read."""

    state: State
    signer: str = ""
    title: str = ""
    source_type: str = ""
    xmp_source_type: str = ""
    software: str = ""
    models: dict[str, str] = field(default_factory=dict)
    ingredients: list[dict[str, str]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Everything, ready for JSON."""
        return asdict(self)


def verify(path: Path, anchors: str) -> Verdict:
    """Look at a picture or clip; `anchors` are the authorities to trust, certificates in PEM.

    Raises `VerifyError` where it is missing, too large, or of a kind that carries no credentials.
    """
    media = MEDIA.get(path.suffix.lower())
    if media is None:
        raise VerifyError(f"{path} is of a kind that carries no credentials: use {', '.join(MEDIA)}")
    data = _bytes(path)
    source = xmp.source_type(_packet(data, media)) or ""
    found = read(data, media, anchors)
    if found is None:
        return Verdict("unlabelled", xmp_source_type=source)
    manifest, failures = found
    origin = _assertion(manifest, ORIGIN)
    return Verdict(
        state=_state(failures),
        signer=str(manifest.get("signature_info", {}).get("issuer", "")),
        title=str(manifest.get("title", "")),
        source_type=_created(manifest),
        xmp_source_type=source,
        software=str(origin.get("software", "")),
        models=dict(origin.get("models", {})),
        ingredients=list(origin.get("ingredients", [])),
        failures=failures,
    )


def _state(failures: list[str]) -> State:
    """A signer who is unknown or out of date says nothing about the picture itself; all else does."""
    if any(not code.startswith("signingCredential.") for code in failures):
        return "changed"
    return "untrusted" if failures else "trusted"


def _assertion(manifest: dict[str, Any], label: str) -> dict[str, Any]:
    found = [each.get("data") for each in manifest.get("assertions", []) if each.get("label") == label]
    return found[0] if found and isinstance(found[0], dict) else {}


def _created(manifest: dict[str, Any]) -> str:
    actions = _assertion(manifest, "c2pa.actions.v2").get("actions", [])
    return next((str(each["digitalSourceType"]) for each in actions if "digitalSourceType" in each), "")


def _bytes(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise VerifyError(f"{path} is no file: check the path")
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        raise VerifyError(f"{path} cannot be read ({error}): check the path") from None
    if len(data) > MOST_BYTES:
        raise VerifyError(f"{path} is larger than {MOST_BYTES // 2**20} MiB: use a smaller file")
    return data


def _packet(data: bytes, media: str) -> bytes:
    """The XMP packet of a picture or clip; empty where there is none or the file is damaged."""
    if media == "video/mp4":
        return xmp.box_of(data)
    try:
        with Image.open(io.BytesIO(data), formats=["JPEG", "PNG", "WEBP", "AVIF"]) as image:
            found = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp") or b""
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return b""
    return found.encode() if isinstance(found, str) else bytes(found)

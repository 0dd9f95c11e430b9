"""Content Credentials: a C2PA manifest, signed, in the file itself. The one place that knows c2pa; never a network.

Source: C2PA Technical Specification 2.x, sections 10 (ingredients), 18 (actions) and 14 (trust).
"""

from __future__ import annotations

import io
import json
from typing import Any, Final

import c2pa

from kiosk.labels.errors import LabelError
from kiosk.labels.keys import SigningKeys
from kiosk.labels.provenance import ORIGIN, SOURCE_TYPE, Ingredient, Provenance, software_version

MEDIA: Final = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".avif": "image/avif",
    ".mp4": "video/mp4",
}
"""The kinds of file that carry credentials, by their suffix."""
_OFFLINE: Final = {"remote_manifest_fetch": False, "ocsp_fetch": False}
_EMAIL_PROTECTION: Final = "1.3.6.1.5.5.7.3.4"


def signed(data: bytes, media: str, provenance: Provenance, keys: SigningKeys) -> bytes:
    """The file `data` of type `media` with a signed manifest in it, checked once more after signing.

    Raises `LabelError` where it cannot be signed or an ingredient cannot be read.
    """
    settings = {"builder": {"thumbnail": {"enabled": False}}, "verify": {"verify_after_sign": True, **_OFFLINE}}
    out = io.BytesIO()
    try:
        with (
            c2pa.Context(settings=c2pa.Settings.from_dict(settings)) as context,
            c2pa.Builder(_definition(media, provenance), context=context) as builder,
            c2pa.Signer.from_info(c2pa.C2paSignerInfo(b"es256", keys.chain, keys.key, None)) as signer,
        ):
            for ingredient in provenance.ingredients:
                _add(builder, ingredient)
            builder.sign(signer, media, io.BytesIO(data), out)
    except (c2pa.C2paError, OSError, ValueError) as error:
        raise LabelError(f"{provenance.title} cannot be signed and does not leave: {error}") from None
    return out.getvalue()


def read(data: bytes, media: str, anchors: str) -> tuple[dict[str, Any], list[str]] | None:
    """The active manifest of a file and the codes of what failed in its validation; None where it has no manifest.

    anchors: certificates (PEM) to trust. Codes are C2PA's (section 15.3), such as `assertion.dataHash.mismatch`; a
    manifest that cannot be read at all gives an empty one with the code `general.error`.
    """
    settings: dict[str, Any] = {"verify": {"verify_trust": True, **_OFFLINE}}
    if anchors:
        settings["trust"] = {"trust_anchors": anchors, "trust_config": _EMAIL_PROTECTION}
    try:
        with (
            c2pa.Context(settings=c2pa.Settings.from_dict(settings)) as context,
            c2pa.Reader(media, io.BytesIO(data), context=context) as reader,
        ):
            manifest, results = reader.get_active_manifest(), reader.get_validation_results()
    except c2pa.C2paError.ManifestNotFound:
        return None
    except (c2pa.C2paError, ValueError) as error:
        return None if "ManifestNotFound" in str(error) else ({}, ["general.error"])
    failures = ((results or {}).get("activeManifest") or {}).get("failure", [])
    return manifest or {}, [str(failure.get("code")) for failure in failures]


def _definition(media: str, provenance: Provenance) -> dict[str, Any]:
    created = {"action": "c2pa.created", "digitalSourceType": SOURCE_TYPE}
    return {
        "claim_generator_info": [{"name": "TwinMirror", "version": software_version()}],
        "title": provenance.title,
        "format": media,
        "assertions": [
            {"label": "c2pa.actions.v2", "data": {"actions": [created]}},
            {"label": ORIGIN, "data": provenance.origin()},
        ],
    }


def _add(builder: c2pa.Builder, ingredient: Ingredient) -> None:
    words = {"title": ingredient.title, "relationship": ingredient.role, "format": ingredient.kind}
    with ingredient.path.open("rb") as file:
        builder.add_ingredient(json.dumps(words), ingredient.kind, file)

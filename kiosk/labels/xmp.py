"""XMP for pictures and clips: IPTC's digital source type, credit and terms, where photo tools look for them."""

from __future__ import annotations

import re
import struct
from typing import Final
from xml.sax.saxutils import escape

from kiosk.labels.provenance import SOURCE_TYPE, Provenance, software_version

_UUID: Final = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
"""The box of an MP4 file that holds XMP (XMP specification part 3, section 1.2.6)."""
_NAMESPACES: Final = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
}
_SOURCE: Final = re.compile(rb"DigitalSourceType(?:>|=\")\s*([^\s<\"]{1,200})")


def packet(provenance: Provenance) -> bytes:
    """The XMP packet, UTF-8."""
    spaces = " ".join(f'xmlns:{short}="{name}"' for short, name in _NAMESPACES.items())
    title, rights = (
        _alternatives(tag, text) for tag, text in (("title", provenance.title), ("rights", provenance.rights))
    )
    body = (
        f"<Iptc4xmpExt:DigitalSourceType>{SOURCE_TYPE}</Iptc4xmpExt:DigitalSourceType>"
        f"<xmp:CreatorTool>TwinMirror {escape(software_version())}</xmp:CreatorTool>"
        f"<photoshop:Credit>{escape(provenance.credit)}</photoshop:Credit>{title}{rights}"
    )
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        f'<rdf:RDF {spaces}><rdf:Description rdf:about="">{body}</rdf:Description></rdf:RDF></x:xmpmeta>'
        '<?xpacket end="w"?>'
    ).encode()


def source_type(data: bytes) -> str | None:
    """The digital source type that a picture's XMP names; None where there is none. `data` is the packet."""
    found = _SOURCE.search(data)
    return found.group(1).decode("ascii", "replace") if found else None


def with_box(clip: bytes, xmp: bytes) -> bytes:
    """An MP4 file with an XMP box at its end, where offsets into it stay true."""
    content = _UUID + xmp
    return clip + struct.pack(">I4s", 8 + len(content), b"uuid") + content


def box_of(clip: bytes) -> bytes:
    """The XMP packet of an MP4 file; empty where there is none or the boxes are damaged."""
    place = 0
    while place + 24 <= len(clip):
        size, kind = struct.unpack_from(">I4s", clip, place)
        head = 8
        if size == 1:
            (size,) = struct.unpack_from(">Q", clip, place + 8)
            head = 16
        if kind == b"uuid" and clip[place + head : place + head + 16] == _UUID:
            return clip[place + head + 16 : place + size]
        if size < head:
            return b""
        place += size
    return b""


def _alternatives(tag: str, text: str) -> str:
    """A text in Dublin Core's form of language alternatives."""
    return f'<dc:{tag}><rdf:Alt><rdf:li xml:lang="x-default">{escape(text)}</rdf:li></rdf:Alt></dc:{tag}>'

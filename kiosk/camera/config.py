"""What may be said of a camera in the settings, and how a source is made of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from kiosk.camera.clip import ClipSource
from kiosk.camera.live import LiveSource
from kiosk.camera.source import CameraSource
from kiosk.errors import CameraError


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FileCamera(_Strict):
    """A clip: at its own pace, as a camera would give it, or as fast as it is read."""

    type: Literal["file"] = "file"
    path: Path
    paced: bool = True


class WebcamCamera(_Strict):
    """A camera at this machine, by its number."""

    type: Literal["webcam"] = "webcam"
    index: Annotated[int, Field(ge=0, le=63)] = 0
    width: Annotated[int, Field(ge=160, le=7680)] = 1280
    height: Annotated[int, Field(ge=120, le=4320)] = 720


class UrlCamera(_Strict):
    """A network camera or relay: MJPEG over HTTP, or RTSP."""

    type: Literal["url"] = "url"
    url: Annotated[str, Field(pattern=r"^(https?|rtsps?)://\S+$")]


CameraConfig = Annotated[FileCamera | WebcamCamera | UrlCamera, Field(discriminator="type")]

_ADAPTER: TypeAdapter[FileCamera | WebcamCamera | UrlCamera] = TypeAdapter(CameraConfig)


def parse_source(text: str, *, paced: bool = True) -> FileCamera | WebcamCamera | UrlCamera:
    """The camera that a command line means: a number, a URL or a clip's path. Raises `CameraError`."""
    if text.isdecimal() and text.isascii():
        fields: dict[str, object] = {"type": "webcam", "index": int(text[:9])}
    elif "://" in text:
        fields = {"type": "url", "url": text}
    else:
        fields = {"type": "file", "path": text, "paced": paced}
    try:
        return _ADAPTER.validate_python(fields)
    except ValidationError:
        raise CameraError(f"{text!r} is no camera: give a number, an http or rtsp URL, or a clip's file") from None


def open_source(
    config: FileCamera | WebcamCamera | UrlCamera, opened: Callable[[], None] | None = None
) -> CameraSource:
    """A source, not yet connected, for `config`; `opened` is called whenever a webcam was opened (see `LiveSource`)."""
    if isinstance(config, FileCamera):
        return ClipSource(config.path, paced=config.paced)
    if isinstance(config, UrlCamera):
        return LiveSource(config.url, config.url)
    return LiveSource(config.index, f"camera {config.index}", (config.width, config.height), opened)

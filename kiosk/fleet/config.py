"""The section `[fleet]` of a kiosk's settings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

_Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
_Label = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")]
_Seconds = Annotated[float, Field(gt=0, le=7 * 86400, allow_inf_nan=False)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class BrokerConfig(_Strict):
    """The MQTT broker. certificate and key: this kiosk's own; ca: who must have signed the broker's.

    renewal: the service that exchanges a certificate for a new one before it ends.
    """

    host: Annotated[str, Field(min_length=1, max_length=253)]
    port: Annotated[int, Field(ge=1, le=65535)] = 8883
    ca: Path
    certificate: Path
    key: Path
    renewal: Annotated[str, Field(pattern="^https://", max_length=300)] | None = None

    def beside(self, folder: Path) -> BrokerConfig:
        """The same, its files counted from a folder."""
        files = {name: folder / getattr(self, name) for name in ("ca", "certificate", "key")}
        return self.model_copy(update=files)


class FleetConfig(_Strict):
    """How this kiosk belongs to a fleet.

    kiosk: its name, which its certificate bears too. url: of the repository, https: or a folder. root: the first
    trusted root, a file. labels: such as country = "de". poll_s: from one look to the next, on average.
    bytes_per_s: cap of all downloads. quota_bytes: of all releases; reserve_bytes: left free on the disk.
    soak_s: how long a release must run well before it counts; patience_s: how long it may take to become well.
    restart: the command that restarts the mirror after software, networks or twins have changed.
    ca: who must have signed the repository's certificate, where it is not one of the system's.
    metrics_port: Prometheus, on the loopback only.
    """

    kiosk: _Name
    url: Annotated[str, Field(min_length=1, max_length=1000)]
    root: Path
    labels: dict[_Label, _Label] = Field(default_factory=dict, max_length=8)
    poll_s: _Seconds = 900.0
    bytes_per_s: Annotated[float, Field(ge=1024, allow_inf_nan=False)] | None = None
    quota_bytes: Annotated[int, Field(ge=1024)] = 16 * 1024**3
    reserve_bytes: Annotated[int, Field(ge=0)] = 512 * 1024**2
    soak_s: Annotated[float, Field(ge=0, le=86400, allow_inf_nan=False)] = 120.0
    patience_s: _Seconds = 300.0
    restart: tuple[str, ...] = ()
    ca: Path | None = None
    broker: BrokerConfig | None = None
    metrics_port: Annotated[int, Field(ge=1024, le=65535)] | None = None

    def beside(self, folder: Path) -> FleetConfig:
        """The same, its files counted from a folder; so is a URL that is a plain path."""
        files = {
            "root": folder / self.root,
            "ca": None if self.ca is None else folder / self.ca,
            "broker": None if self.broker is None else self.broker.beside(folder),
            "url": self.url if "://" in self.url else str(folder / self.url),
        }
        return self.model_copy(update=files)

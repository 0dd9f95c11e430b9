"""Where a kiosk's twins lie: its own folder of them, and each pack that the fleet has installed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kiosk.errors import LicenceError, TwinError
from kiosk.rights.revocations import NAME, Revocations, read_revocations
from kiosk.twins.record import MOST_TWINS, Twin, read_twin
from kiosk.twins.shown import packs_of, readable

if TYPE_CHECKING:
    from kiosk.config import Settings

_INSTALLED: Final = "twin-"
"""How the fleet's places of twins begin (`kiosk.fleet.manifest.Manifest.slot`)."""


@dataclass(frozen=True)
class Places:
    """own: a folder of packs. installed: where the fleet's agent points to what is active, `twin-NAME` for a twin.

    A pack of the fleet goes before one of the same name in the own folder.
    """

    own: Path
    installed: Path

    @staticmethod
    def of(settings: Settings) -> Places:
        """The places of a kiosk with these settings."""
        return Places(settings.twins, settings.data / "fleet" / "current")

    def twins(self) -> list[Twin]:
        """All twins that can be read, their licences as in force. Raises `LicenceError`, as `revocations`."""
        found = readable([*packs_of(self.own), *self._packs()], self.revocations())
        return list({twin.slug: twin for twin in found}.values())

    def twin(self, slug: str) -> Twin:
        """The twin of this name, its licence as its pack says it. Raises `TwinError`."""
        if slug != slug.strip(". /\\") or "/" in slug or "\\" in slug:
            raise TwinError(f"{slug!r} is no twin's name: choose one that `kiosk twin list` shows")
        installed = self.installed / slug
        return read_twin(installed if installed in self._packs() else self.own / slug)

    def revocations(self) -> Revocations:
        """What any of the places' lists has ended, for the twins of all. Raises `LicenceError` where one is damaged."""
        whole = Revocations()
        for folder in (self.own, *self._packs()):
            for consent, revocation in read_revocations(folder / NAME).by_consent.items():
                whole = whole.with_revoked(consent, revocation)
        return whole

    def _packs(self) -> list[Path]:
        """Raises `LicenceError` where the folder cannot be read: its revocations would go unseen."""
        try:
            found = sorted(path for path in self.installed.iterdir() if path.name.startswith(_INSTALLED))
            return [path for path in found[:MOST_TWINS] if path.is_dir()]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise LicenceError(f"{self.installed} cannot be read ({error.strerror}): check its owner") from None

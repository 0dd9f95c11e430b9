"""Signing keys of the repository: Ed25519 in PEM files, offline ones under a passphrase where one is given."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from securesystemslib.signer import CryptoSigner, SSlibKey

from kiosk.fleet.disk import make_folder, sync_folder
from kiosk.fleet.errors import FleetKeyError

KEYS_OF_ROLE: Final = 3
THRESHOLD: Final = 2
ONLINE: Final = "online"
"""The key of timestamp and snapshot."""
ROLLOUT: Final = "rollout"
"""The key of the groups' assignments."""
OFFLINE: Final = tuple(f"{role}-{number}" for role in ("root", "images") for number in range(1, KEYS_OF_ROLE + 1))
_NAME: Final = "x-twinmirror-name"
_MOST_BYTES: Final = 16 * 1024


def make_key(path: Path, passphrase: str = "") -> CryptoSigner:
    """A new key, called as its file is. Raises `FleetKeyError` where the file is there or cannot be written."""
    key = Ed25519PrivateKey.generate()
    hidden = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
    data = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, hidden)
    try:
        make_folder(path.parent)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        sync_folder(path.parent)
    except OSError as error:
        raise FleetKeyError(f"{path} cannot be written ({error.strerror}): choose an empty folder") from None
    return _named(key, path.stem)


def load_key(path: Path, passphrase: str = "") -> CryptoSigner:
    """A key from its file. Raises `FleetKeyError`."""
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES)
    except OSError as error:
        raise FleetKeyError(f"{path} cannot be read ({error.strerror}): bring the key here") from None
    try:
        key = load_pem_private_key(data, passphrase.encode() or None)
    except (ValueError, TypeError):
        raise FleetKeyError(f"{path} cannot be opened: the passphrase is wrong, or it is no key") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise FleetKeyError(f"{path} is no Ed25519 key: take one that the key ceremony made")
    return _named(key, path.stem)


def name_of(key: SSlibKey) -> str:
    """What a key is called, for people; empty where it has no name."""
    return str(key.unrecognized_fields.get(_NAME, ""))


def public_of(signers: Sequence[CryptoSigner]) -> list[SSlibKey]:
    """The keys' public halves."""
    return [signer.public_key for signer in signers]


def _named(key: Ed25519PrivateKey, name: str) -> CryptoSigner:
    signer = CryptoSigner(key)
    signer.public_key.unrecognized_fields[_NAME] = name
    return signer

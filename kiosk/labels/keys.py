"""The keys that sign pictures: an authority that the brand makes once, and a signer under it that is replaced often.

They lie in a folder of their own, readable by its owner alone, and never in a source tree. The authority's key is
wanted for rotation only and may be kept elsewhere; its certificate is what others trust.
"""

from __future__ import annotations

import datetime as dt
import os
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from kiosk.labels.errors import SigningKeysError

AUTHORITY_DAYS: Final = 20 * 365
SIGNER_DAYS: Final = 3 * 365
"""Without a time-stamping authority a picture is trusted for as long as its signer's certificate is valid."""
ROTATE_DAYS: Final = 365
"""Age at which a signer should be replaced; the pictures that it signed stay trusted for two more years."""
_MOST_BYTES: Final = 64 * 1024
_SKEW: Final = dt.timedelta(hours=1)


@dataclass(frozen=True)
class SigningKeys:
    """A signer, ready to use: its certificate with the authority's after it, and its private key, both PEM."""

    chain: bytes
    key: bytes
    name: str
    not_after: dt.datetime

    @property
    def due(self) -> bool:
        """Whether the signer should be replaced."""
        left = self.not_after - dt.datetime.now(dt.timezone.utc)
        return left < dt.timedelta(days=SIGNER_DAYS - ROTATE_DAYS)


def keys_folder() -> Path:
    """Where the keys lie: $TWINMIRROR_KEYS, or `twinmirror/signing` in the user's configuration."""
    named = os.environ.get("TWINMIRROR_KEYS")
    if named:
        return Path(named)
    base = os.environ.get("XDG_CONFIG_HOME")
    return (Path(base) if base else Path.home() / ".config") / "twinmirror" / "signing"


def set_up(folder: Path, organisation: str) -> None:
    """Make an authority and a first signer.

    Raises `SigningKeysError` where there are keys already, where the folder lies in a source tree, or where it cannot
    be written.
    """
    _refuse_source_tree(folder)
    if (folder / "authority.pem").exists():
        raise SigningKeysError(f"{folder} holds keys already: use `kiosk labels rotate` to replace the signer")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        _make_authority(folder, organisation)
        _make_signer(folder)
    except OSError as error:
        raise SigningKeysError(f"{folder} cannot be written ({error.strerror}): choose another place") from None


def rotate(folder: Path, *, authority: bool = False) -> None:
    """Replace the signer; with `authority` the authority too, whose certificate stays among the trusted ones.

    Raises `SigningKeysError` where the authority's key is not there, or the folder cannot be written.
    """
    try:
        if authority:
            old = _certificate(folder / "authority.pem")
            trusted = folder / "trusted"
            trusted.mkdir(exist_ok=True)
            _write(trusted / f"{old.serial_number:x}.pem", _pem(old), 0o644)
            _make_authority(folder, _organisation(old))
        _make_signer(folder)
    except OSError as error:
        raise SigningKeysError(f"{folder} cannot be written ({error.strerror}): choose another place") from None


def load(folder: Path) -> SigningKeys:
    """The signer. Raises `SigningKeysError` where it is missing, damaged, expired or readable by others."""
    key_path, chain_path = folder / "signer.key", folder / "signer.pem"
    key, chain = _read(key_path), _read(chain_path)
    if stat.S_IMODE(key_path.stat().st_mode) & 0o077:
        raise SigningKeysError(f"{key_path} can be read by others: run `chmod 600 {key_path}`, then rotate")
    certificate = _certificate(chain_path)
    if _public(_private(key_path)) != _public_of(certificate):
        raise SigningKeysError(f"{key_path} and {chain_path} do not belong together: run `kiosk labels rotate`")
    not_after = certificate.not_valid_after_utc
    if not_after <= dt.datetime.now(dt.timezone.utc):
        raise SigningKeysError(f"the signer in {folder} expired on {not_after:%Y-%m-%d}: run `kiosk labels rotate`")
    return SigningKeys(chain, key, _organisation(certificate), not_after)


def trusted_authorities(folder: Path) -> str:
    """Certificates (PEM) of the authority in use and of those before it; empty where there are none."""
    paths = [folder / "authority.pem", *sorted((folder / "trusted").glob("*.pem"))]
    return "".join(path.read_text(encoding="ascii") for path in paths if path.is_file())


def _refuse_source_tree(folder: Path) -> None:
    place = folder.absolute()
    for parent in (place, *place.parents):
        if (parent / ".git").exists():
            raise SigningKeysError(f"{folder} lies in the source tree {parent}: keep keys outside of it")


def _make_authority(folder: Path, organisation: str) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(organisation, f"{organisation} picture authority {secrets.token_hex(3)}")
    builder = _certificate_for(key.public_key(), name, name, key.public_key(), AUTHORITY_DAYS)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage(signs_certificates=True), critical=True)
    _write(folder / "authority.key", _key_pem(key), 0o600)
    _write(folder / "authority.pem", _pem(builder.sign(key, hashes.SHA256())), 0o644)


def _make_signer(folder: Path) -> None:
    authority = _certificate(folder / "authority.pem")
    issuer = _private(folder / "authority.key")
    if _public(issuer) != _public_of(authority):
        raise SigningKeysError(f"{folder}/authority.key is not the key of authority.pem: bring the right one")
    organisation = _organisation(authority)
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(organisation, f"{organisation} pictures {secrets.token_hex(3)}")
    builder = _certificate_for(key.public_key(), name, authority.subject, issuer.public_key(), SIGNER_DAYS)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage(signs_certificates=False), critical=True)
    # C2PA 2.x, section 14.5.1: a claim signer needs one of the extended key usages that validators accept
    usages = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
    certificate = builder.add_extension(usages, critical=False).sign(issuer, hashes.SHA256())
    _write(folder / "signer.key", _key_pem(key), 0o600)
    _write(folder / "signer.pem", _pem(certificate) + _pem(authority), 0o644)


def _certificate_for(
    key: ec.EllipticCurvePublicKey, name: x509.Name, issuer: x509.Name, issuer_key: ec.EllipticCurvePublicKey, days: int
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.timezone.utc)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(issuer).public_key(key)
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - _SKEW).not_valid_after(now + dt.timedelta(days=days))
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key)
    return builder.add_extension(identifier, critical=False)


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, key_cert_sign=signs_certificates, crl_sign=signs_certificates,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _name(organisation: str, common: str) -> x509.Name:
    parts = [(NameOID.ORGANIZATION_NAME, organisation[:64]), (NameOID.COMMON_NAME, common[:64])]
    return x509.Name([x509.NameAttribute(oid, text) for oid, text in parts])


def _organisation(certificate: x509.Certificate) -> str:
    found = certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    return str(found[0].value) if found else "unnamed"


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_MOST_BYTES)
    except FileNotFoundError:
        raise SigningKeysError(f"{path} is missing: run `kiosk labels set-up`, or bring the keys here") from None
    except OSError as error:
        raise SigningKeysError(f"{path} cannot be read ({error.strerror}): check its owner") from None


def _certificate(path: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificates(_read(path))[0]
    except ValueError:
        raise SigningKeysError(f"{path} is no certificate: bring it back from a copy, or set up anew") from None


def _private(path: Path) -> ec.EllipticCurvePrivateKey:
    try:
        key = serialization.load_pem_private_key(_read(path), password=None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise SigningKeysError(f"{path} is no private key of this kind: bring it back from a copy, or set up anew")
    return key


def _public(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def _public_of(certificate: x509.Certificate) -> bytes:
    encoding, form = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    return certificate.public_key().public_bytes(encoding, form)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    plain = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)


def _write(path: Path, data: bytes, mode: int) -> None:
    """Write a file that is never open to others, not even for a moment, nor ever half there."""
    stage = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
    handle = os.open(stage, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        stage.replace(path)
    finally:
        stage.unlink(missing_ok=True)

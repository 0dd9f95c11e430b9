"""Certificates of the fleet's messages: one authority, the broker's server certificate, one for each kiosk by its name.

A kiosk makes its key on the device; only its request leaves it (RFC 2986). Revoked ones stand in a list (RFC 5280).
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pydantic import TypeAdapter, ValidationError

from kiosk.fleet.disk import make_folder, write_whole
from kiosk.fleet.errors import FleetKeyError
from kiosk.fleet.manifest import Name

AUTHORITY_DAYS: Final = 3650
KIOSK_DAYS: Final = 365
RENEW_DAYS: Final = 60
"""How long before its end a certificate is renewed."""
_REVOKED_DAYS: Final = 3650
"""The list is renewed with each revocation; a broker with an expired list would turn everybody away."""
_MOST_BYTES: Final = 64 * 1024


@dataclass(frozen=True)
class Authority:
    """The fleet's own certificate authority in a folder: `ca.pem`, `ca.key`, `revoked.pem`."""

    folder: Path

    @classmethod
    def create(cls, folder: Path, organisation: str) -> Authority:
        """A new authority. Raises `FleetKeyError` where one is there."""
        if (folder / "ca.key").exists():
            raise FleetKeyError(f"{folder} holds an authority already: choose another folder")
        key, authority = ec.generate_private_key(ec.SECP256R1()), cls(folder)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{organisation} fleet")])
        usage = x509.KeyUsage(
            digital_signature=False,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            key_cert_sign=True,
            crl_sign=True,
            encipher_only=False,
            decipher_only=False,
        )
        builder = _builder(name, name, key.public_key(), AUTHORITY_DAYS)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        certificate = builder.add_extension(usage, critical=True).sign(key, hashes.SHA256())
        _write(folder / "ca.key", private_pem(key), 0o600)
        _write(folder / "ca.pem", certificate.public_bytes(serialization.Encoding.PEM), 0o644)
        authority.revoke(())
        return authority

    def certificate(self) -> x509.Certificate:
        """The authority's own."""
        return read_certificate(self.folder / "ca.pem")

    def sign_kiosk(self, request: bytes, kiosk: str, days: int = KIOSK_DAYS) -> bytes:
        """The PEM certificate for a kiosk's request; the name is the authority's word, not the request's.

        Raises `FleetKeyError` where the request is none.
        """
        try:
            asked = x509.load_pem_x509_csr(request[:_MOST_BYTES])
            fits = asked.is_signature_valid and isinstance(asked.public_key(), ec.EllipticCurvePublicKey)
        except (ValueError, TypeError):
            fits = False
        if not fits:
            raise FleetKeyError("the certificate request is damaged: make a new one at the kiosk")
        public = asked.public_key()
        if not isinstance(public, ec.EllipticCurvePublicKey):
            raise FleetKeyError("the certificate request has a key of another kind: make a new one at the kiosk")
        return self._sign(named(kiosk), public, days, ExtendedKeyUsageOID.CLIENT_AUTH, ())

    def make_server(self, folder: Path, hosts: Sequence[str], days: int = KIOSK_DAYS) -> None:
        """A key and certificate for the broker or the web server: `server.pem` and `server.key` in `folder`."""
        key = ec.generate_private_key(ec.SECP256R1())
        data = self._sign(hosts[0], key.public_key(), days, ExtendedKeyUsageOID.SERVER_AUTH, hosts)
        _write(folder / "server.key", private_pem(key), 0o600)
        _write(folder / "server.pem", data, 0o644)

    def revoke(self, certificates: Sequence[x509.Certificate]) -> None:
        """Add certificates to the list of those that the broker turns away."""
        now, path = datetime.now(timezone.utc), self.folder / "revoked.pem"
        builder = x509.CertificateRevocationListBuilder().issuer_name(self.certificate().subject)
        builder = builder.last_update(now).next_update(now + timedelta(days=_REVOKED_DAYS))
        before = list(x509.load_pem_x509_crl(path.read_bytes())) if path.exists() else []
        for entry in before:
            builder = builder.add_revoked_certificate(entry)
        for certificate in certificates:
            entry = x509.RevokedCertificateBuilder(certificate.serial_number, now).build()
            builder = builder.add_revoked_certificate(entry)
        signed = builder.sign(self._key(), hashes.SHA256())
        _write(path, signed.public_bytes(serialization.Encoding.PEM), 0o644)

    def _sign(
        self,
        name: str,
        public: ec.EllipticCurvePublicKey,
        days: int,
        usage: x509.ObjectIdentifier,
        hosts: Sequence[str],
    ) -> bytes:
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = _builder(subject, self.certificate().subject, public, days)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        if hosts:
            builder = builder.add_extension(
                x509.SubjectAlternativeName([_host(host) for host in hosts]), critical=False
            )
        return builder.sign(self._key(), hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    def _key(self) -> ec.EllipticCurvePrivateKey:
        return read_private(self.folder / "ca.key")


def make_request(key_path: Path, kiosk: str) -> bytes:
    """The PEM request of a kiosk, whose key is made at `key_path` unless it is there; the key stays."""
    if not key_path.exists():
        _write(key_path, private_pem(ec.generate_private_key(ec.SECP256R1())), 0o600)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, named(kiosk))])
    request = x509.CertificateSigningRequestBuilder().subject_name(subject)
    return request.sign(read_private(key_path), hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def name_in(certificate: x509.Certificate) -> str:
    """The common name; empty where there is none."""
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else ""


def read_certificate(path: Path) -> x509.Certificate:
    """A PEM certificate. Raises `FleetKeyError`."""
    try:
        return x509.load_pem_x509_certificate(path.read_bytes()[:_MOST_BYTES])
    except OSError as error:
        raise FleetKeyError(f"{path} cannot be read ({error.strerror}): bring it here") from None
    except ValueError:
        raise FleetKeyError(f"{path} is no certificate: bring the right file") from None


def read_private(path: Path) -> ec.EllipticCurvePrivateKey:
    """A PEM private key. Raises `FleetKeyError`."""
    try:
        key = serialization.load_pem_private_key(path.read_bytes()[:_MOST_BYTES], None)
    except OSError as error:
        raise FleetKeyError(f"{path} cannot be read ({error.strerror}): bring it here") from None
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise FleetKeyError(f"{path} is no private key of this kind: bring the right file")
    return key


def private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The key in PEM, not hidden."""
    plain = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)


def _builder(
    subject: x509.Name, issuer: x509.Name, public: ec.EllipticCurvePublicKey, days: int
) -> x509.CertificateBuilder:
    now = datetime.now(timezone.utc)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(public)
    builder = builder.serial_number(x509.random_serial_number())
    # an hour back, for kiosks whose clock is a little behind
    return builder.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(days=days))


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def named(kiosk: str) -> str:
    """The name again, where it can be part of a topic. Raises `FleetKeyError`."""
    try:
        return TypeAdapter(Name).validate_python(kiosk)
    except ValidationError:
        raise FleetKeyError(f"{kiosk!r} is no kiosk's name: use small letters, digits and -") from None


def _write(path: Path, data: bytes, mode: int) -> None:
    try:
        make_folder(path.parent)
        write_whole(path, data, mode)
    except OSError as error:
        raise FleetKeyError(f"{path} cannot be written ({os.strerror(error.errno or 0)}): check the folder") from None

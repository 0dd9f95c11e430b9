"""How a kiosk gets its certificate: a one-time code against a request, and later its old certificate against a new one.

The service speaks HTTPS with the authority's own certificate, which a kiosk is given together with its first root. The
key is made on the kiosk and never leaves it.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import urllib3
from pydantic import BaseModel, Field, ValidationError

from kiosk.fleet.disk import write_whole
from kiosk.fleet.errors import FleetError, FleetKeyError, UnreachableError
from kiosk.fleet.manifest import Name, Strict, parse
from kiosk.fleet.pki import RENEW_DAYS, Authority, make_request, named, read_certificate

_MOST_BYTES: Final = 16 * 1024
_TIMEOUT_S: Final = 20.0
_VALID_S: Final = 7 * 86400.0


class Asked(Strict):
    """What a kiosk sends: its request, and its code at the first time."""

    request: str = Field(max_length=8192)
    code: str = Field(default="", max_length=200)


class Invitation(Strict):
    """Whom a code is for, and until when it holds, in seconds since 1970."""

    kiosk: Name
    until: float


class Invitations(BaseModel):
    """The codes that were given out, by their SHA-256: who reads the file cannot use them."""

    open: dict[str, Invitation] = Field(default_factory=dict, max_length=20_000)


@dataclass
class Desk:
    """The authority's side: gives out codes and takes them once."""

    authority: Authority
    now: Callable[[], float] = time.time
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def invite(self, kiosk: str, valid_s: float = _VALID_S) -> str:
        """A one-time code for a kiosk. Raises `FleetKeyError`."""
        code = base64.b32encode(secrets.token_bytes(20)).decode().lower()
        with self._lock:
            known = self._read()
            kept = {digest: one for digest, one in known.open.items() if one.until > self.now()}
            kept[_digest(code)] = Invitation(kiosk=named(kiosk), until=self.now() + valid_s)
            self._write(Invitations(open=kept))
        return code

    def enrol(self, asked: Asked) -> bytes:
        """The certificate for a code, which is used up before it is made. Raises `FleetKeyError`."""
        with self._lock:
            known = self._read()
            invitation = known.open.pop(_digest(asked.code), None)
            if invitation is None or invitation.until <= self.now():
                raise FleetKeyError("the code is unknown, used or too old: ask for a new one")
            self._write(known)
        return self.authority.sign_kiosk(asked.request.encode(), invitation.kiosk)

    def renew(self, asked: Asked, kiosk: str) -> bytes:
        """A new certificate for a kiosk that has just shown its old one. Raises `FleetKeyError`."""
        return self.authority.sign_kiosk(asked.request.encode(), kiosk)

    def _read(self) -> Invitations:
        path = self.authority.folder / "invitations.json"
        try:
            return Invitations.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            return Invitations()
        except (OSError, ValidationError):
            raise FleetKeyError(f"{path} cannot be read: remove it, and give new codes") from None

    def _write(self, invitations: Invitations) -> None:
        path = self.authority.folder / "invitations.json"
        try:
            write_whole(path, invitations.model_dump_json().encode(), 0o600)
        except OSError as error:
            raise FleetKeyError(f"{path} cannot be written ({error.strerror}): check the folder") from None


class EnrolmentServer(ThreadingHTTPServer):
    """HTTPS at (host, port), with `server.pem` and `server.key` in `certificates`; old certificates are checked."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], desk: Desk, certificates: Path) -> None:
        self.desk = desk
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificates / "server.pem", certificates / "server.key")
        self._context.load_verify_locations(desk.authority.folder / "ca.pem")
        self._context.load_verify_locations(desk.authority.folder / "revoked.pem")
        self._context.verify_mode = ssl.CERT_OPTIONAL
        self._context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
        super().__init__(address, _Handler)

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Shake hands in the connection's own thread, so that a silent client holds nobody up."""
        request.settimeout(_TIMEOUT_S)
        try:
            secure = self._context.wrap_socket(request, server_side=True)
        except OSError:
            return
        with secure:
            super().finish_request(secure, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that breaks off is nobody's trouble."""


class _Handler(BaseHTTPRequestHandler):
    server: EnrolmentServer
    timeout = _TIMEOUT_S

    def do_POST(self) -> None:
        try:
            answer = self._answer()
        except FleetError as error:
            self._send(403, str(error).encode())
        else:
            self._send(200, answer)

    def _answer(self) -> bytes:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > _MOST_BYTES:
            raise FleetKeyError("the request is too long or says not how long it is")
        asked = parse(Asked, self.rfile.read(int(length)), "the request", _MOST_BYTES)
        if self.path == "/enrol":
            return self.server.desk.enrol(asked)
        kiosk = self._peer()
        if self.path == "/renew" and kiosk:
            return self.server.desk.renew(asked, kiosk)
        raise FleetKeyError("a valid certificate is needed: enrol with a code")

    def _peer(self) -> str:
        """The name in the certificate that the client has shown and TLS has verified."""
        connection = self.connection
        shown = connection.getpeercert() if isinstance(connection, ssl.SSLSocket) else None
        subject: Any = (shown or {}).get("subject", ())
        return next((value for part in subject for key, value in part if key == "commonName"), "")

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the standard library's name
        """Nothing: addresses of kiosks belong into no log."""


def enrol(url: str, ca: Path, kiosk: str, code: str, key: Path, certificate: Path) -> None:
    """At the kiosk: make its key unless it is there, and exchange the code for a certificate.

    Raises `UnreachableError`, and `FleetKeyError` where the code is refused.
    """
    asked = Asked(request=make_request(key, kiosk).decode(), code=code)
    _take(f"{url.rstrip('/')}/enrol", asked, _pool(ca), certificate)


def renew(url: str, ca: Path, kiosk: str, key: Path, certificate: Path, now: float) -> bool:
    """Exchange a certificate that ends within `RENEW_DAYS` for a new one; whether it was. Raises as `enrol` does."""
    left = read_certificate(certificate).not_valid_after_utc.timestamp() - now
    if left > RENEW_DAYS * 86400:
        return False
    asked = Asked(request=make_request(key, kiosk).decode())
    _take(f"{url.rstrip('/')}/renew", asked, _pool(ca, certificate, key), certificate)
    return True


def _pool(ca: Path, certificate: Path | None = None, key: Path | None = None) -> urllib3.PoolManager:
    own = (str(certificate), str(key)) if certificate and key else (None, None)
    timeout = urllib3.Timeout(_TIMEOUT_S)
    return urllib3.PoolManager(ca_certs=str(ca), timeout=timeout, retries=False, cert_file=own[0], key_file=own[1])


def _take(url: str, asked: Asked, pool: urllib3.PoolManager, certificate: Path) -> None:
    try:
        response = pool.request("POST", url, body=asked.model_dump_json().encode(), redirect=False)
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise UnreachableError(f"{url} cannot be reached ({type(error).__name__}): try again") from None
    if response.status != 200:
        raise FleetKeyError(f"{url} refuses: {response.data[:200].decode(errors='replace')}")
    stage = certificate.with_suffix(".new")
    try:
        write_whole(stage, response.data)
        read_certificate(stage)
        stage.replace(certificate)
    except OSError as error:
        raise FleetKeyError(f"{certificate} cannot be written ({error.strerror}): check the folder") from None


def _digest(code: str) -> str:
    return hashlib.sha256(code.strip().lower().encode()).hexdigest()

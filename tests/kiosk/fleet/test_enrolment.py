"""A kiosk's certificate: for a one-time code, renewed with the old one, refused once revoked; over real TLS."""

from __future__ import annotations

import socket
import threading
import time

import pytest
import urllib3

from kiosk.fleet.enrolment import Asked, Desk, EnrolmentServer, enrol, renew
from kiosk.fleet.errors import FleetKeyError, UnreachableError
from kiosk.fleet.pki import Authority, make_request, name_in, read_certificate

YEAR = 365 * 86400


class Service:
    def __init__(self, authority, folder):
        self.desk = Desk(authority)
        self.server = EnrolmentServer(("127.0.0.1", 0), self.desk, folder)
        self.url = f"https://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05})
        self.thread.start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def authority(tmp_path):
    made = Authority.create(tmp_path / "authority", "Shop")
    made.make_server(tmp_path, ["127.0.0.1"])
    return made


@pytest.fixture
def service(authority, tmp_path):
    running = Service(authority, tmp_path)
    yield running
    running.stop()


@pytest.fixture
def ca(authority):
    return authority.folder / "ca.pem"


def test_a_code_is_good_for_one_certificate_of_one_name(service, ca, tmp_path):
    code = service.desk.invite("kiosk-1")
    key, certificate = tmp_path / "k.key", tmp_path / "k.pem"
    enrol(service.url, ca, "another", code, key, certificate)
    assert name_in(read_certificate(certificate)) == "kiosk-1"
    assert key.stat().st_mode & 0o077 == 0
    with pytest.raises(FleetKeyError, match="used"):
        enrol(service.url, ca, "kiosk-1", code, key, certificate)
    with pytest.raises(FleetKeyError, match="unknown"):
        enrol(service.url, ca, "kiosk-1", "guessed", key, certificate)
    assert code not in (service.desk.authority.folder / "invitations.json").read_text()


def test_a_code_ends(service, ca, tmp_path):
    code = service.desk.invite("kiosk-1", valid_s=-1.0)
    with pytest.raises(FleetKeyError, match="too old"):
        enrol(service.url, ca, "kiosk-1", code, tmp_path / "k.key", tmp_path / "k.pem")


def test_a_certificate_is_renewed_before_its_end_and_not_sooner(service, ca, tmp_path):
    key, certificate = tmp_path / "k.key", tmp_path / "k.pem"
    enrol(service.url, ca, "kiosk-1", service.desk.invite("kiosk-1"), key, certificate)
    before = certificate.read_bytes()
    assert not renew(service.url, ca, "kiosk-1", key, certificate, time.time())
    assert renew(service.url, ca, "kiosk-1", key, certificate, time.time() + YEAR - 10 * 86400)
    assert certificate.read_bytes() != before
    assert name_in(read_certificate(certificate)) == "kiosk-1"


def test_neither_a_revoked_certificate_nor_none_nor_a_strangers_is_renewed(service, ca, authority, tmp_path):
    key, certificate = tmp_path / "k.key", tmp_path / "k.pem"
    enrol(service.url, ca, "kiosk-1", service.desk.invite("kiosk-1"), key, certificate)
    stranger = Authority.create(tmp_path / "stranger", "Thief")
    own = tmp_path / "s.pem"
    own.write_bytes(stranger.sign_kiosk(make_request(key, "kiosk-1"), "kiosk-1"))
    later = time.time() + YEAR
    with pytest.raises(UnreachableError):
        renew(service.url, ca, "kiosk-1", key, own, later)
    assert urllib3.PoolManager(ca_certs=str(ca)).request("POST", f"{service.url}/renew", body=b"{}").status == 403
    authority.revoke([read_certificate(certificate)])
    again = Service(authority, tmp_path)
    try:
        with pytest.raises(UnreachableError):
            renew(again.url, ca, "kiosk-1", key, certificate, later)
    finally:
        again.stop()


def test_a_service_that_the_authority_did_not_certify_gets_no_code(service, tmp_path):
    stranger = Authority.create(tmp_path / "stranger", "Thief")
    with pytest.raises(UnreachableError):
        enrol(service.url, stranger.folder / "ca.pem", "kiosk-1", "code", tmp_path / "k.key", tmp_path / "k.pem")


def test_rubbish_is_refused_and_silence_holds_nobody_up(service, ca, tmp_path):
    silent = socket.create_connection(("127.0.0.1", service.server.server_port))
    pool = urllib3.PoolManager(ca_certs=str(ca))
    for body in (b"", b"{", b"[" * 9000, b'{"request":"x","code":"y","more":1}'):
        assert pool.request("POST", f"{service.url}/enrol", body=body).status == 403
    bad = Asked(request="no request", code=service.desk.invite("kiosk-2")).model_dump_json()
    assert pool.request("POST", f"{service.url}/enrol", body=bad.encode()).status == 403
    silent.close()

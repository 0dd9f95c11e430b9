"""`kiosk fleet certificate`: the authority, the broker's certificate, and those of the kiosks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kiosk.commands import one_line_errors

certificate_app = typer.Typer(no_args_is_help=True, help="The certificates by which kiosks and broker know each other.")
AuthorityFolder = Annotated[Path, typer.Option("--authority", help="The authority's folder.")]


@certificate_app.command("authority")
@one_line_errors
def authority(
    organisation: Annotated[str, typer.Option("--organisation", help="Whose fleet it is.")],
    folder: AuthorityFolder = Path("authority"),
) -> None:
    """Make the fleet's own certificate authority, once."""
    from kiosk.fleet.pki import Authority

    Authority.create(folder, organisation)
    typer.echo(f"{folder}: made. ca.key stays here; ca.pem goes to the broker and to every kiosk")


@certificate_app.command("server")
@one_line_errors
def server(
    host: Annotated[list[str], typer.Argument(help="The server's names or addresses.")],
    out: Annotated[Path, typer.Option("--out", help="The folder for server.pem and server.key.")],
    folder: AuthorityFolder = Path("authority"),
) -> None:
    """Make the certificate of the broker, or of the web server."""
    from kiosk.fleet.pki import Authority

    Authority(folder).make_server(out, host)
    typer.echo(f"{out}: server.pem and server.key are made")


@certificate_app.command("request")
@one_line_errors
def request(
    kiosk: Annotated[str, typer.Argument(help="The kiosk's name.")],
    out: Annotated[Path, typer.Option("--out", help="The folder for NAME.key, which stays, and NAME.csr.")],
) -> None:
    """At the kiosk: make its key and a request for its certificate."""
    from kiosk.fleet.disk import write_whole
    from kiosk.fleet.pki import make_request

    asked = make_request(out / f"{kiosk}.key", kiosk)
    write_whole(out / f"{kiosk}.csr", asked)
    typer.echo(f"{out / kiosk}.csr: bring it to the authority; {kiosk}.key never leaves this machine")


@certificate_app.command("sign")
@one_line_errors
def sign(
    kiosk: Annotated[str, typer.Argument(help="The kiosk's name, whatever its request says; publisher is the desk's.")],
    asked: Annotated[Path, typer.Option("--request", help="The kiosk's request.")],
    out: Annotated[Path, typer.Option("--out", help="The certificate to write.")],
    folder: AuthorityFolder = Path("authority"),
) -> None:
    """At the authority: make a kiosk's certificate for a year."""
    from kiosk.fleet.disk import write_whole
    from kiosk.fleet.errors import FleetKeyError
    from kiosk.fleet.pki import Authority

    try:
        signed = Authority(folder).sign_kiosk(asked.read_bytes(), kiosk)
        write_whole(out, signed)
    except OSError as error:
        raise FleetKeyError(f"{error.filename} cannot be used ({error.strerror}): check the path") from None
    typer.echo(f"{out}: made for {kiosk}")


@certificate_app.command("revoke")
@one_line_errors
def revoke(
    certificate: Annotated[list[Path], typer.Argument(help="Certificates of stolen or retired kiosks.")],
    folder: AuthorityFolder = Path("authority"),
) -> None:
    """Put certificates on the list that the broker reads; bring revoked.pem there and reload it."""
    from kiosk.fleet.pki import Authority, read_certificate

    Authority(folder).revoke([read_certificate(path) for path in certificate])
    typer.echo(f"{folder / 'revoked.pem'}: {len(certificate)} more")


@certificate_app.command("invite")
@one_line_errors
def invite(
    kiosk: Annotated[str, typer.Argument(help="The kiosk's name.")],
    folder: AuthorityFolder = Path("authority"),
) -> None:
    """At the authority: a one-time code for a kiosk, good for a week."""
    from kiosk.fleet.enrolment import Desk
    from kiosk.fleet.pki import Authority

    typer.echo(Desk(Authority(folder)).invite(kiosk))


@certificate_app.command("serve")
@one_line_errors
def serve(
    certificates: Annotated[Path, typer.Option("--certificates", help="The folder of server.pem and server.key.")],
    host: Annotated[str, typer.Option("--host", help="The address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port")] = 8444,
    folder: AuthorityFolder = Path("authority"),
) -> None:
    """At the authority: exchange codes and old certificates for new ones. For a service; restart it to revoke."""
    from kiosk.fleet.enrolment import Desk, EnrolmentServer
    from kiosk.fleet.errors import FleetKeyError
    from kiosk.fleet.pki import Authority

    try:
        server = EnrolmentServer((host, port), Desk(Authority(folder)), certificates)
    except OSError as error:
        raise FleetKeyError(f"{host}:{port} cannot be served ({error}): check address and certificates") from None
    with server:
        server.serve_forever()


@certificate_app.command("enrol")
@one_line_errors
def enrol(
    kiosk: Annotated[str, typer.Argument(help="The kiosk's name.")],
    server: Annotated[str, typer.Option("--server", help="The authority's service, such as https://desk:8444.")],
    code: Annotated[str, typer.Option("--code", prompt=True, help="The one-time code.")],
    ca: Annotated[Path, typer.Option("--ca", help="The fleet's ca.pem.")],
    out: Annotated[Path, typer.Option("--out", help="The folder for NAME.key and NAME.pem.")],
) -> None:
    """At the kiosk: make its key and get its certificate for a one-time code."""
    from kiosk.fleet.enrolment import enrol as enrol_kiosk

    enrol_kiosk(server, ca, kiosk, code, out / f"{kiosk}.key", out / f"{kiosk}.pem")
    typer.echo(f"{out / kiosk}.pem: enrolled")

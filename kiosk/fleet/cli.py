"""`kiosk fleet`: what IT does at the publisher's desk, and the agent of a kiosk."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from kiosk.commands import one_line_errors
from kiosk.fleet.certificate_cli import certificate_app
from kiosk.fleet.errors import FleetError, PublishError
from kiosk.fleet.manifest import Kind

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from securesystemslib.signer import CryptoSigner

    from kiosk.fleet.groups import Groups
    from kiosk.fleet.registry import Registry
    from kiosk.fleet.repository import Repository

fleet_app = typer.Typer(no_args_is_help=True, help="Collections, twins, networks and software for many kiosks.")
fleet_app.add_typer(certificate_app, name="certificate")
FleetFolder = Annotated[Path, typer.Option("--fleet", help="The publisher's folder.")]
KeyFiles = Annotated[list[Path], typer.Option("--key", help="An offline key; repeat it, two of three are needed.")]
Place = Annotated[str, typer.Argument(help="The release's place, such as collection-spring.")]
ReleaseVersion = Annotated[str | None, typer.Option("--version", help="Which version; the newest by default.")]
GroupsFile = Annotated[Path, typer.Option("--groups", help="A TOML file of rollout groups, in their order.")]


@fleet_app.command("init")
@one_line_errors
def init(
    groups: GroupsFile,
    keys_folder: Annotated[Path, typer.Option("--keys", help="A new folder for the six offline keys.")],
    fleet: FleetFolder = Path("fleet"),
    passphrase: Annotated[bool, typer.Option(help="Ask for a passphrase that hides the offline keys.")] = True,
) -> None:
    """Hold the key ceremony and begin a repository: three root keys and three image keys, two of each sign."""
    from kiosk.fleet import keys
    from kiosk.fleet.repository import Repository, create

    order = _groups(groups)
    secret = typer.prompt("Passphrase", hide_input=True, confirmation_prompt=True) if passphrase else ""
    offline = {name: keys.make_key(keys_folder / f"{name}.pem", secret) for name in keys.OFFLINE}
    create(Repository(fleet), offline, order)
    typer.echo(f"{fleet}: begun. Carry each file of {keys_folder} to its keeper and delete it here;")
    typer.echo(f"serve {fleet / 'public'}, and give {fleet / 'public' / 'metadata' / '1.root.json'} to every kiosk.")


@fleet_app.command("publish")
@one_line_errors
def publish(
    folder: Annotated[Path, typer.Argument(help="The folder whose files are released.")],
    kind: Annotated[Kind, typer.Option("--kind", help="What it is.")],
    name: Annotated[str, typer.Option("--name", help="Of which collection, twin, network or software.")],
    version: Annotated[str, typer.Option("--version", help="Such as 3 or 2027.4.1.")],
    key: KeyFiles,
    fleet: FleetFolder = Path("fleet"),
    needs_software: Annotated[str, typer.Option(help="The least version of TwinMirror.")] = "0",
    needs_disk: Annotated[int, typer.Option(help="Bytes needed beside the release's own.")] = 0,
    start: Annotated[str | None, typer.Option(help="Not before, such as 2027-03-01T06:00:00+01:00.")] = None,
    window: Annotated[str | None, typer.Option(help="Time of day of activation, such as 02:00-05:00.")] = None,
) -> None:
    """Sign a folder as a release. No kiosk gets it before `kiosk fleet promote`."""
    from kiosk.fleet import publishing
    from kiosk.fleet.manifest import Needs

    try:
        needs = Needs(software=needs_software, disk=needs_disk)
    except ValueError as error:
        raise PublishError(f"what it needs cannot be ({' '.join(str(error).split())[:160]})") from None
    make = publishing.describe(kind, name, version, needs, start, window)
    with _progress("copying files") as advance:
        rollout = publishing.release(_repository(fleet), folder, make, _signers(key), advance)
    typer.echo(f"{rollout.label}: published; give it to the first group with `kiosk fleet promote {rollout.slot}`")


@fleet_app.command("promote")
@one_line_errors
def promote(
    place: Place,
    version: ReleaseVersion = None,
    group: Annotated[str | None, typer.Option("--group", help="Open all up to this one; the next by default.")] = None,
    fleet: FleetFolder = Path("fleet"),
) -> None:
    """Give a release to the next group by hand; a paused one goes on."""
    from kiosk.fleet import publishing

    repository = _repository(fleet)
    rollout = publishing.promote(repository, place, version, time.time(), group)
    order = repository.groups().names()
    typer.echo(f"{rollout.label}: open for {', '.join(name for name in order if name in rollout.opened)}")


@fleet_app.command("pause")
@one_line_errors
def pause(place: Place, version: ReleaseVersion = None, fleet: FleetFolder = Path("fleet")) -> None:
    """Let no further kiosk begin with a release; those that run it go on."""
    from kiosk.fleet import publishing
    from kiosk.fleet.rollout import State

    rollout = publishing.halt(_repository(fleet), place, version, State.PAUSED, "by hand")
    typer.echo(f"{rollout.label}: paused; go on with `kiosk fleet promote {place}`")


@fleet_app.command("revoke")
@one_line_errors
def revoke(
    place: Place,
    version: Annotated[str, typer.Option("--version", help="Which version.")],
    key: Annotated[list[Path] | None, typer.Option("--key", help="Offline keys: take it out for good.")] = None,
    fleet: FleetFolder = Path("fleet"),
) -> None:
    """Roll back: every kiosk returns to the release before, out of its window, but never before a shopper."""
    from kiosk.fleet import publishing
    from kiosk.fleet.rollout import State

    repository = _repository(fleet)
    rollout = repository.rollouts().find(place, version)
    if rollout.state is not State.REVOKED:
        publishing.halt(repository, place, version, State.REVOKED, "by hand")
    if key:
        publishing.withdraw(repository, place, version, _signers(key))
    typer.echo(f"{rollout.label}: revoked{', and gone from what exists' if key else ''}")


@fleet_app.command("status")
@one_line_errors
def status(fleet: FleetFolder = Path("fleet")) -> None:
    """Every rollout by group: kiosks that run it, kiosks that came back; and how long the signatures last."""
    from kiosk.fleet.repository import IMAGES

    repository, registry = _repository(fleet), _registry(fleet)
    groups = repository.groups()
    table = Table("release", "state", *groups.names(), "reason", box=None)
    for rollout in repository.rollouts().rollouts:
        health = registry.health(groups, rollout.manifest, time.time() - 7 * 86400)
        cells = [
            f"{health[name].well}/{health[name].kiosks}, {health[name].failed} back" if name in rollout.opened else "-"
            for name in groups.names()
        ]
        table.add_row(rollout.label, rollout.state.value, *cells, rollout.reason)
    console = Console(soft_wrap=True)
    console.print(table, markup=False)
    kiosks = registry.kiosks()
    console.print(f"{len(kiosks)} kiosks, {sum(kiosk.online for kiosk in kiosks)} online", highlight=False)
    for name, signed in (
        ("root", repository.root().signed),
        (IMAGES, repository.role(IMAGES).signed),
        ("timestamp", repository.timestamp().signed),
    ):
        console.print(f"{name} is signed until {signed.expires:%Y-%m-%d}", highlight=False)
    for kiosk, when, what, reason in registry.troubles(10):
        moment = datetime.fromtimestamp(when).astimezone()
        console.print(f"{moment:%Y-%m-%d %H:%M} {kiosk} {what}: {reason}", markup=False, highlight=False)


@fleet_app.command("mirror")
@one_line_errors
def mirror_command(
    folder: Annotated[Path, typer.Argument(help="Where the copy goes, such as a USB stick.")],
    source: Annotated[str, typer.Option("--from", help="The repository: a URL, or a folder.")],
) -> None:
    """Copy what is published, for stores without a network; only what is new comes."""
    from kiosk.fleet.fetching import Fetcher, check_url
    from kiosk.fleet.mirroring import mirror

    check_url(source)
    with _progress("copying files") as advance:
        count = mirror(source, folder, Fetcher(), advance)
    typer.echo(f"{folder}: {count} files are new")


@fleet_app.command("tend")
@one_line_errors
def tend_command(
    fleet: FleetFolder = Path("fleet"),
    failed: Annotated[float, typer.Option(help="The most share of a group that may come back.")] = 0.02,
    reports: Annotated[float, typer.Option(help="The least share of a group that must have reported.")] = 0.8,
    soak_minutes: Annotated[float, typer.Option(help="The least time in a group.")] = 60.0,
) -> None:
    """Open the next groups where the last ones are healthy, pause what fails, sign the timestamp. For a timer."""
    from kiosk.fleet.gates import Gate
    from kiosk.fleet.tending import tend

    gate = Gate(failed, reports, soak_minutes * 60)
    for label, said in tend(_repository(fleet), _registry(fleet), gate):
        typer.echo(f"{label}: {said}")


@fleet_app.command("groups")
@one_line_errors
def groups_command(groups: GroupsFile, key: KeyFiles, fleet: FleetFolder = Path("fleet")) -> None:
    """Change the rollout groups."""
    from kiosk.fleet import publishing

    publishing.regroup(_repository(fleet), _groups(groups), _signers(key))
    typer.echo(f"{fleet}: the groups are changed")


@fleet_app.command("renew")
@one_line_errors
def renew(key: KeyFiles, fleet: FleetFolder = Path("fleet")) -> None:
    """Sign root or images anew, by whose keys are given, before they expire."""
    from kiosk.fleet import publishing

    done = publishing.renew(_repository(fleet), _signers(key))
    if not done:
        raise PublishError("these keys do not suffice for root or images: give two of three with --key")
    typer.echo(f"signed anew: {', '.join(done)}")


@fleet_app.command("replace-key")
@one_line_errors
def replace_key(
    name: Annotated[str, typer.Argument(help="The lost key: root-N, images-N, online or rollout.")],
    new: Annotated[Path, typer.Option("--new", help="The file for the new key, called like its role, as root-4.pem.")],
    key: KeyFiles,
    fleet: FleetFolder = Path("fleet"),
    passphrase: Annotated[bool, typer.Option(help="Ask for a passphrase that hides the new key.")] = True,
) -> None:
    """Put a new key in the place of one that is lost or stolen; two of the others sign, of root and of images."""
    from kiosk.fleet import keys, publishing

    repository, signers = _repository(fleet), _signers(key)
    online = name in {keys.ONLINE, keys.ROLLOUT}
    hidden = passphrase and not online
    secret = typer.prompt("Passphrase of the new key", hide_input=True, confirmation_prompt=True) if hidden else ""
    made = keys.make_key(new, secret)
    publishing.replace_key(repository, name, made, signers, new if online else None)
    typer.echo(f"{name}: replaced by {new.stem}")


@fleet_app.command("collect")
@one_line_errors
def collect(
    host: Annotated[str, typer.Option("--host", help="The broker.")],
    certificates: Annotated[Path, typer.Option("--certificates", help="ca.pem, publisher.pem and publisher.key.")],
    port: Annotated[int, typer.Option("--port")] = 8883,
    fleet: FleetFolder = Path("fleet"),
) -> None:
    """Take in what the kiosks report, until it is told to end. For a service."""
    import logging
    import signal

    from kiosk.fleet.collector import NAME, Collector
    from kiosk.fleet.config import BrokerConfig

    logging.basicConfig(level=logging.INFO, format="%(asctime)s kiosk: %(message)s")
    certificate, key = certificates / f"{NAME}.pem", certificates / f"{NAME}.key"
    broker = BrokerConfig(host=host, port=port, ca=certificates / "ca.pem", certificate=certificate, key=key)
    collector = Collector(broker, _registry(fleet))
    collector.start()
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    collector.stop()


@fleet_app.command("agent")
@one_line_errors
def agent(
    config: Annotated[Path, typer.Option("--config", help="The settings' TOML file, with a section [fleet].")],
    once: Annotated[bool, typer.Option("--once", help="Look once and end.")] = False,
) -> None:
    """Keep this kiosk up to date, until it is told to end. For a service."""
    from kiosk.config import load_settings
    from kiosk.fleet.agent_process import run_agent

    if not run_agent(load_settings(config), once=once):
        raise FleetError("not all that was offered could be had: see the log above")


def _repository(fleet: Path) -> Repository:
    from kiosk.fleet.repository import Repository

    return Repository(fleet)


def _registry(fleet: Path) -> Registry:
    from kiosk.fleet.registry import Registry

    return Registry(fleet / "private" / "fleet.db")


def _groups(path: Path) -> Groups:
    from kiosk.fleet.groups import Groups

    try:
        return Groups.model_validate(tomllib.loads(path.read_text()))
    except OSError as error:
        raise PublishError(f"{path} cannot be read ({error.strerror}): check the path") from None
    except ValueError as error:
        raise PublishError(f"{path} cannot be used ({' '.join(str(error).split())[:200]}): correct it") from None


def _signers(paths: Sequence[Path]) -> list[CryptoSigner]:
    """The keys; a passphrase is asked for once and tried on all."""
    from kiosk.fleet import keys

    signers, secret = [], ""
    for path in paths:
        if not secret and _is_hidden(path):
            secret = typer.prompt("Passphrase", hide_input=True)
        try:
            signers.append(keys.load_key(path, secret if _is_hidden(path) else ""))
        except FleetError:
            if not _is_hidden(path):
                raise
            signers.append(keys.load_key(path, typer.prompt(f"Passphrase of {path}", hide_input=True)))
    return signers


def _is_hidden(path: Path) -> bool:
    try:
        return b"ENCRYPTED" in path.read_bytes()[:64]
    except OSError as error:
        raise PublishError(f"{path} cannot be read ({error.strerror}): bring the key here") from None


@contextmanager
def _progress(what: str) -> Iterator[Callable[[str], None]]:
    with Progress(transient=True, console=Console(stderr=True)) as progress:
        task = progress.add_task(what, total=None)
        yield lambda _: progress.advance(task)

"""The published folder: static files below `public/`, signed by TUF; what must stay with the publisher in `private/`.

`timestamp.json` is written last and decides: a cut of power before it leaves the old state published, whole.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Final, TypeVar, cast

from pydantic import ValidationError
from securesystemslib.signer import CryptoSigner, Key
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import (
    DelegatedRole,
    Delegations,
    Metadata,
    MetaFile,
    Role,
    Root,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
)

from kiosk.fleet import keys
from kiosk.fleet.disk import make_folder, write_whole
from kiosk.fleet.errors import FleetKeyError, PublishError
from kiosk.fleet.groups import GROUPS_TARGET, Groups, assignment_target, role_of
from kiosk.fleet.manifest import parse
from kiosk.fleet.rollout import Rollouts

IMAGES: Final = Targets.type
LIFETIMES: Final[Mapping[str, timedelta]] = {
    Root.type: timedelta(days=365),
    Targets.type: timedelta(days=180),
    "rollout": timedelta(days=30),
    Snapshot.type: timedelta(days=14),
    Timestamp.type: timedelta(days=7),
}
_Signed = TypeVar("_Signed", Root, Timestamp, Snapshot, Targets)


class Repository:
    """A publisher's folder. Change it within `locked()` only."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.metadata = folder / "public" / "metadata"
        self.targets = folder / "public" / "targets"
        self.private = folder / "private"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other publishers out. Raises `PublishError` where there is no repository or another is at work."""
        try:
            handle = os.open(self.private / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise PublishError(f"{self.folder} is no fleet ({error.strerror}): run `kiosk fleet init`") from None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        except BlockingIOError:
            raise PublishError(f"somebody else is publishing in {self.folder}: try again") from None
        except OSError as error:
            raise PublishError(
                f"{self.folder} cannot be written ({error.strerror}): make room, and try again"
            ) from None
        finally:
            os.close(handle)

    def root(self) -> Metadata[Root]:
        """The newest root."""
        versions = [int(path.name.split(".")[0]) for path in self.metadata.glob("*.root.json")]
        return cast("Metadata[Root]", self._load(f"{max(versions, default=1)}.root.json"))

    def timestamp(self) -> Metadata[Timestamp]:
        """What is published now."""
        return cast("Metadata[Timestamp]", self._load("timestamp.json"))

    def snapshot(self) -> Metadata[Snapshot]:
        """The versions of all roles that are published now."""
        version = self.timestamp().signed.snapshot_meta.version
        return cast("Metadata[Snapshot]", self._load(f"{version}.snapshot.json"))

    def role(self, name: str) -> Metadata[Targets]:
        """A role's targets as published now: `IMAGES`, or that of a group."""
        version = self.snapshot().signed.meta[f"{name}.json"].version
        return cast("Metadata[Targets]", self._load(f"{version}.{name}.json"))

    def groups(self) -> Groups:
        """The rollout groups, as signed."""
        target = self.role(IMAGES).signed.targets[GROUPS_TARGET]
        return parse(Groups, self.read_target(target), "groups.json", target.length)

    def rollouts(self) -> Rollouts:
        """The record of what was released."""
        path = self.private / "rollouts.json"
        try:
            return Rollouts.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            return Rollouts()
        except (OSError, ValidationError):
            raise PublishError(f"{path} cannot be read: bring it back from a copy") from None

    def read_target(self, target: TargetFile) -> bytes:
        """A signed file's bytes. Raises `PublishError`."""
        path = self.targets / target.get_prefixed_paths()[0]
        try:
            data = path.read_bytes()
            target.verify_length_and_hashes(data)
        except (OSError, RepositoryError):
            raise PublishError(f"{path} is missing or changed: bring it back from a copy") from None
        return data

    def put_target(self, name: str, data: bytes) -> TargetFile:
        """Write a file under its hash; it is signed once a role lists what comes back."""
        target = TargetFile.from_data(name, data, ["sha256"])
        path = self.targets / target.get_prefixed_paths()[0]
        make_folder(path.parent)
        write_whole(path, data)
        return target

    def write_root(self, root: Root, signers: Sequence[CryptoSigner]) -> None:
        """Sign and write the next root, by the old one's keys and its own. Raises `FleetKeyError`."""
        before = self.root().signed
        root.version, root.expires = before.version + 1, _expiry(Root.type)
        signed = sign(root, signers)
        for delegator in (before, root):
            _check(delegator, Root.type, signed)
        self._write(signed, f"{root.version}.root.json")

    def publish(
        self,
        images: Targets | None = None,
        signers: Sequence[CryptoSigner] = (),
        rollouts: Rollouts | None = None,
    ) -> None:
        """Sign and write what changed: the images by offline keys, then assignments, snapshot and timestamp.

        Where nothing changed and the timestamp lasts, nothing is written, so that kiosks fetch nothing.
        Raises `FleetKeyError`.
        """
        meta = dict(self.snapshot().signed.meta) if (self.metadata / "timestamp.json").exists() else {}
        before = dict(meta)
        if images is not None:
            images.version, images.expires = _version_after(meta, IMAGES), _expiry(IMAGES)
            signed = sign(images, signers)
            _check(self.root().signed, IMAGES, signed)
            self._write(signed, f"{images.version}.{IMAGES}.json")
            meta[f"{IMAGES}.json"] = MetaFile(images.version)
        if rollouts is not None:
            write_whole(self.private / "rollouts.json", rollouts.model_dump_json(indent=1).encode(), 0o600)
        self._assign(meta, images or self.role(IMAGES).signed)
        if images is not None or meta != before or not self._lasts():
            self._finish(meta)

    def _lasts(self) -> bool:
        """Whether timestamp and snapshot last for half their lifetime."""
        now = datetime.now(timezone.utc)
        timestamp, snapshot = self.timestamp().signed, self.snapshot().signed
        return not (
            timestamp.is_expired(now + LIFETIMES[Timestamp.type] / 2)
            or snapshot.is_expired(now + LIFETIMES[Snapshot.type] / 2)
        )

    def key(self, name: str) -> CryptoSigner:
        """One of the online keys."""
        return keys.load_key(self.private / f"{name}.pem")

    def _assign(self, meta: dict[str, MetaFile], images: Targets) -> None:
        """Write the assignments that changed or grow old, for every group."""
        groups = parse(Groups, self.read_target(images.targets[GROUPS_TARGET]), "groups.json", 2**31)
        rollouts, signer = self.rollouts(), self.key(keys.ROLLOUT)
        for group in groups.names():
            name, role = f"{role_of(group)}.json", role_of(group)
            target = self.put_target(assignment_target(group), rollouts.assignment(group).model_dump_json().encode())
            before = cast("Metadata[Targets]", self._load(f"{meta[name].version}.{name}")) if name in meta else None
            if before is not None and before.signed.targets == {target.path: target} and self._fresh(images, before):
                continue
            listed = Targets(expires=_expiry("rollout"), targets={target.path: target})
            listed.version = _version_after(meta, role)
            signed = sign(listed, [signer])
            _check(images, role, signed)
            self._write(signed, f"{listed.version}.{name}")
            meta[name] = MetaFile(listed.version)

    @staticmethod
    def _fresh(images: Targets, before: Metadata[Targets]) -> bool:
        """Whether an assignment lasts for half its lifetime and is signed by today's key."""
        group = next(iter(before.signed.targets)).removeprefix("rollout/").removesuffix(".json")
        if before.signed.is_expired(datetime.now(timezone.utc) + LIFETIMES["rollout"] / 2):
            return False
        return bool(images.get_verification_result(role_of(group), before.signed_bytes, before.signatures))

    def _finish(self, meta: dict[str, MetaFile]) -> None:
        online = self.key(keys.ONLINE)
        known = self.timestamp().signed if (self.metadata / "timestamp.json").exists() else None
        snapshot = Snapshot(known.snapshot_meta.version + 1 if known else 1, expires=_expiry(Snapshot.type), meta=meta)
        timestamp = Timestamp(known.version + 1 if known else 1, expires=_expiry(Timestamp.type))
        timestamp.snapshot_meta = MetaFile(snapshot.version)
        self._write(sign(snapshot, [online]), f"{snapshot.version}.snapshot.json")
        self._write(sign(timestamp, [online]), "timestamp.json")

    def _load(self, name: str) -> Metadata[Any]:
        path = self.metadata / name
        try:
            return Metadata.from_bytes(path.read_bytes())
        except OSError as error:
            raise PublishError(f"{path} cannot be read ({error.strerror}): run `kiosk fleet init`") from None
        except (RepositoryError, ValueError):
            raise PublishError(f"{path} is damaged: bring it back from a copy") from None

    def _write(self, metadata: Metadata[Any], name: str) -> None:
        write_whole(self.metadata / name, metadata.to_bytes())


def sign(signed: _Signed, signers: Sequence[CryptoSigner]) -> Metadata[_Signed]:
    """The record with a signature of each."""
    metadata = Metadata(signed)
    for signer in signers:
        metadata.sign(signer, append=True)
    return metadata


def create(repository: Repository, offline: Mapping[str, CryptoSigner], groups: Groups) -> None:
    """Begin a repository: `offline` are the keys `keys.OFFLINE`. Raises `PublishError` where one is there."""
    if (repository.metadata / "timestamp.json").exists():
        raise PublishError(f"{repository.folder} is a fleet already: choose another folder")
    try:
        for folder in (repository.metadata, repository.targets, repository.private):
            make_folder(folder)
        repository.private.chmod(0o700)
    except OSError as error:
        raise PublishError(f"{repository.folder} cannot be written ({error.strerror}): choose another") from None
    online = keys.make_key(repository.private / f"{keys.ONLINE}.pem")
    rollout = keys.make_key(repository.private / f"{keys.ROLLOUT}.pem")
    with repository.locked():
        _write_first(repository, offline, online, rollout.public_key, groups)


def _write_first(
    repository: Repository, offline: Mapping[str, CryptoSigner], online: CryptoSigner, rollout: Key, groups: Groups
) -> None:
    def of(role: str) -> list[CryptoSigner]:
        return [signer for name, signer in offline.items() if name.startswith(role)]

    root = Root(expires=_expiry(Root.type), consistent_snapshot=True)
    for role, signers in ((Root.type, of("root")), (IMAGES, of("images"))):
        root.roles[role] = Role([], keys.THRESHOLD)
        for signer in signers:
            root.add_key(signer.public_key, role)
    for role in (Snapshot.type, Timestamp.type):
        root.add_key(online.public_key, role)
    signed = sign(root, of("root"))
    _check(root, Root.type, signed)
    write_whole(repository.metadata / "1.root.json", signed.to_bytes())
    images = Targets(expires=_expiry(IMAGES))
    set_groups(repository, images, groups, rollout)
    repository.publish(images, of("images"))


def set_groups(repository: Repository, images: Targets, groups: Groups, rollout: Key) -> None:
    """List the groups in the images, and give each its role, signed by the key `rollout`."""
    roles = {
        role_of(name): DelegatedRole(
            role_of(name), [rollout.keyid], 1, terminating=True, paths=[assignment_target(name)]
        )
        for name in groups.names()
    }
    images.delegations = Delegations({rollout.keyid: rollout}, roles)
    images.targets[GROUPS_TARGET] = repository.put_target(GROUPS_TARGET, groups.model_dump_json().encode())


def _check(delegator: Root | Targets, role: str, signed: Metadata[Any]) -> None:
    result = delegator.get_verification_result(role, signed.signed_bytes, signed.signatures)
    if not result:
        lacking = result.threshold - len(result.signed)
        raise FleetKeyError(f"{role} lacks {lacking} signatures: give more of its keys with --key")


def _version_after(meta: Mapping[str, MetaFile], role: str) -> int:
    known = meta.get(f"{role}.json")
    return known.version + 1 if known else 1


def _expiry(role: str) -> datetime:
    return datetime.now(timezone.utc).replace(microsecond=0) + LIFETIMES[role]

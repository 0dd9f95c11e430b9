"""What a publisher does: release, promote, pause, revoke, change groups and keys. Each is one change, whole or not."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from securesystemslib.signer import CryptoSigner, SSlibKey
from tuf.api.metadata import Root

from kiosk.fleet import keys
from kiosk.fleet.disk import make_folder, sha256_of, stage_beside, sync_file, sync_folder
from kiosk.fleet.errors import PublishError
from kiosk.fleet.groups import Groups, file_target, manifest_target
from kiosk.fleet.limits import LIMITS
from kiosk.fleet.manifest import FileEntry, Kind, Manifest, Needs, Window, safe_path
from kiosk.fleet.repository import IMAGES, Repository, set_groups
from kiosk.fleet.rollout import Rollout, State

Told = Callable[[str], None]


def release(
    repository: Repository,
    folder: Path,
    manifest: Callable[[tuple[FileEntry, ...]], Manifest],
    signers: Sequence[CryptoSigner],
    told: Told,
) -> Rollout:
    """Publish a folder's files as a release; no group has it yet. `told` hears each file's path.

    Raises `PublishError` where a file cannot be released, `FleetKeyError` where there are too few keys.
    """
    with repository.locked():
        entries = [_add(repository, folder, path, told) for path in _files(folder)]
        try:
            made = manifest(tuple(entries))
        except ValueError as error:
            raise PublishError(f"{folder} cannot be released ({_plain(error)}): correct it") from None
        rollouts, images = repository.rollouts(), repository.role(IMAGES).signed
        target = repository.put_target(manifest_target(made.slot, made.version), made.to_bytes())
        if target.path in images.targets:
            raise PublishError(f"{made.slot} {made.version} is published already: give a new version")
        images.targets[target.path] = target
        rollout = Rollout(
            kind=made.kind,
            name=made.name,
            version=made.version,
            manifest=target.hashes["sha256"],
            length=target.length,
        )
        rollouts.rollouts.append(rollout)
        repository.publish(images, signers, rollouts)
    return rollout


def describe(
    kind: Kind, name: str, version: str, needs: Needs, start: str | None, window: str | None
) -> Callable[[tuple[FileEntry, ...]], Manifest]:
    """How a manifest is made of files. start: ISO 8601 with a zone. window: such as 02:00-05:00."""

    def make(files: tuple[FileEntry, ...]) -> Manifest:
        since, _, until = (window or "").partition("-")
        return Manifest.model_validate(
            {
                "kind": kind,
                "name": name,
                "version": version,
                "needs": needs,
                "start": start,
                "window": Window.model_validate({"since": since, "until": until}) if window else None,
                "files": files,
            }
        )

    return make


def promote(repository: Repository, slot: str, version: str | None, now: float, group: str | None = None) -> Rollout:
    """Give a release to its next group, or to all up to `group`; a paused one goes on. Raises `PublishError`."""
    with repository.locked():
        rollouts, order = repository.rollouts(), repository.groups().names()
        rollout = rollouts.find(slot, version)
        if rollout.state is State.REVOKED:
            raise PublishError(f"{rollout.label} is revoked: publish a new version")
        if group is not None and group not in order:
            raise PublishError(f"there is no group {group}: choose one of {', '.join(order)}")
        wanted = order[: order.index(group) + 1] if group else [rollout.next_group(order)]
        for name in wanted:
            if name is not None:
                rollout.opened.setdefault(name, now)
        rollout.state, rollout.reason = State.RUNNING, ""
        repository.publish(rollouts=rollouts)
    return rollout


def halt(repository: Repository, slot: str, version: str | None, state: State, reason: str) -> Rollout:
    """Pause a release, so that nobody begins with it, or revoke it, so that all go back. Raises `PublishError`."""
    with repository.locked():
        rollouts = repository.rollouts()
        rollout = rollouts.find(slot, version)
        if rollout.state is State.REVOKED:
            raise PublishError(f"{rollout.label} is revoked already")
        rollout.state, rollout.reason = state, reason
        repository.publish(rollouts=rollouts)
    return rollout


def withdraw(repository: Repository, slot: str, version: str, signers: Sequence[CryptoSigner]) -> None:
    """Take a revoked release out of what exists, by offline keys: no online key can bring it back."""
    with repository.locked():
        rollout = repository.rollouts().find(slot, version)
        if rollout.state is not State.REVOKED:
            raise PublishError(f"{rollout.label} is not revoked: revoke it first")
        images = repository.role(IMAGES).signed
        images.targets.pop(manifest_target(slot, version), None)
        repository.publish(images, signers)


def regroup(repository: Repository, groups: Groups, signers: Sequence[CryptoSigner]) -> None:
    """Change the groups; releases that are open stay open where a group keeps its name."""
    with repository.locked():
        images = repository.role(IMAGES).signed
        set_groups(repository, images, groups, repository.key(keys.ROLLOUT).public_key)
        repository.publish(images, signers)


def renew(repository: Repository, signers: Sequence[CryptoSigner]) -> list[str]:
    """Sign root, images, or both anew, as far as the keys reach, and all that is online. The names of those signed."""
    with repository.locked():
        root, done = repository.root().signed, []
        if _reach(root, Root.type, signers):
            repository.write_root(root, _of(root, Root.type, signers))
            done.append(Root.type)
        images = repository.role(IMAGES).signed if _reach(root, IMAGES, signers) else None
        repository.publish(images, _of(root, IMAGES, signers))
    return [*done, *([IMAGES] if images is not None else [])]


def replace_key(
    repository: Repository, name: str, new: CryptoSigner, signers: Sequence[CryptoSigner], file: Path | None = None
) -> None:
    """Put `new` in the place of the key called `name`: root-N, images-N, online or rollout.

    The others sign. file: that of a new online key, which takes the place of the old one. Raises `PublishError`,
    `FleetKeyError`.
    """
    with repository.locked():
        root, images = repository.root().signed, repository.role(IMAGES).signed
        signing = [*signers, new]
        if name == keys.ROLLOUT:
            set_groups(repository, images, repository.groups(), new.public_key)
        else:
            _replace(root, name, new)
            repository.write_root(root, signing)
        if file is not None:
            os.replace(file, repository.private / f"{name}.pem")  # noqa: PTH105
        repository.publish(images, _of(root, IMAGES, signing))


def _replace(root: Root, name: str, new: CryptoSigner) -> None:
    old = [key for key in root.keys.values() if isinstance(key, SSlibKey) and keys.name_of(key) == name]
    if not old:
        known = ", ".join(keys.name_of(key) for key in root.keys.values() if isinstance(key, SSlibKey))
        raise PublishError(f"there is no key {name}: it is one of {known}, {keys.ROLLOUT}")
    for role in [role for role, held in root.roles.items() if old[0].keyid in held.keyids]:
        root.revoke_key(old[0].keyid, role)
        root.add_key(new.public_key, role)


def _of(root: Root, role: str, signers: Sequence[CryptoSigner]) -> list[CryptoSigner]:
    return [signer for signer in signers if signer.public_key.keyid in root.roles[role].keyids]


def _reach(root: Root, role: str, signers: Sequence[CryptoSigner]) -> bool:
    return len(_of(root, role, signers)) >= root.roles[role].threshold


def _files(folder: Path) -> list[Path]:
    try:
        found = sorted(path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
    except OSError as error:
        raise PublishError(f"{folder} cannot be read ({error.strerror}): check the path") from None
    if not found:
        raise PublishError(f"{folder} holds no files: name the folder to be released")
    if len(found) > LIMITS.files:
        raise PublishError(f"{folder} holds more than {LIMITS.files} files: split the release")
    for path in found:
        if path.is_symlink() or not path.is_file():
            raise PublishError(f"{path} is a link or no plain file: put the file itself there")
    return found


def _add(repository: Repository, folder: Path, path: Path, told: Told) -> FileEntry:
    """Copy one file to where its content is named, unless it lies there."""
    name = path.relative_to(folder).as_posix()
    try:
        safe_path(name)
        sha256 = sha256_of(path)
        kept = repository.targets / file_target(sha256)
        if not kept.exists():
            _copy(path, kept, sha256)
        told(name)
        return FileEntry(path=name, sha256=sha256, length=kept.stat().st_size)
    except OSError as error:
        raise PublishError(f"{path} cannot be copied ({error.strerror}): make room or check its owner") from None
    except ValueError as error:
        raise PublishError(f"{path} cannot be released ({_plain(error)}): rename it") from None


def _copy(path: Path, kept: Path, sha256: str) -> None:
    make_folder(kept.parent)
    stage = stage_beside(kept)
    try:
        shutil.copyfile(path, stage, follow_symlinks=False)
        if sha256_of(stage) != sha256:
            raise PublishError(f"{path} changed while it was read: publish again")
        stage.chmod(0o644)
        sync_file(stage)
        os.replace(stage, kept)  # noqa: PTH105
    finally:
        stage.unlink(missing_ok=True)
    sync_folder(kept.parent)


def _plain(error: Exception) -> str:
    return " ".join(str(error).split())[:200]

"""The agent: looks for what this kiosk is to have, fetches it ahead, activates it when it may, and comes back from it.

Each step leaves the disk such that a cut of power at any moment finds the old release or the new one, whole: contents
are checked before they take their name, a release is built aside and renamed, the record of a trial is on the disk
before the pointer turns, and a trial that was cut off is judged anew at the next start.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Final, Protocol

from kiosk.fleet.config import FleetConfig
from kiosk.fleet.errors import FleetError, NoRoomError, RefusedError, StateError, UnreachableError
from kiosk.fleet.fetching import Fetcher, Throttle, joined
from kiosk.fleet.groups import Assigned, file_target
from kiosk.fleet.health import Probe
from kiosk.fleet.limits import LIMITS
from kiosk.fleet.manifest import Manifest
from kiosk.fleet.planning import Facts, Outcome, Step, came_back, judge, next_poll, next_step, on_trial, passed
from kiosk.fleet.slots import Slot, Slots, Trial
from kiosk.fleet.store import Store
from kiosk.fleet.telemetry import Event, Running, What
from kiosk.fleet.trust import Offer, Trust

_log = logging.getLogger(__name__)
_TICK_S: Final = 1.0


class Effects(Protocol):
    """What a release does beside lying there."""

    def prepare(self, manifest: Manifest, release: str, files: Path) -> None:
        """Make ready what takes long, before it is activated. Raises `FleetError` where the release is no good."""

    def activated(self, slot: str, release: str | None, manifest: Manifest | None, files: Path | None) -> None:
        """The pointer of a place has turned to it; None where it was emptied. After a cut it is called again.

        Raises `FleetError` where it cannot be used.
        """


@dataclass
class Agent:
    """One kiosk's agent, its state below `folder`. report: told what happens."""

    config: FleetConfig
    folder: Path
    software: str
    probe: Probe
    effects: Effects
    report: Callable[[Event], object]
    now: Callable[[], float] = time.time
    fetcher: Fetcher = field(init=False)
    store: Store = field(init=False)
    slots: Slots = field(init=False)
    trust: Trust = field(init=False)
    polls: int = 0
    failed_polls: int = 0
    last_good_poll: float = 0.0
    _told: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.fetcher = Fetcher(Throttle(self.config.bytes_per_s), self.config.ca)
        self.store, self.slots = Store(self.folder), Slots(self.folder / "slots")
        try:
            root = self.config.root.read_bytes()
        except OSError as error:
            raise StateError(f"{self.config.root} cannot be read ({error.strerror}): bring the first root") from None
        self.trust = Trust(self.folder / "trust", self.config.url, root, self.fetcher)

    def start(self) -> None:
        """Set right what a cut of power left. Raises `StateError`."""
        with _disk(self.folder):
            self.store.prepare()
            for name in self.slots.names():
                self._settle(name)

    def run(self, ending: threading.Event) -> None:
        """Poll and judge until `ending` is set. Raises `StateError` only where not even the start succeeds."""
        self.start()
        chance, failures, due = Random(), 0, 0.0  # noqa: S311 - jitter, no secret
        while not ending.is_set():
            self.tick()
            if time.monotonic() >= due:
                failures = 0 if self._counted() else failures + 1
                due = time.monotonic() + next_poll(failures, self.config.poll_s, chance)
            ending.wait(_TICK_S)

    def _counted(self) -> bool:
        good = self.poll()
        self.polls += 1
        if good:
            self.last_good_poll = self.now()
        else:
            self.failed_polls += 1
        return good

    def poll(self) -> bool:
        """Look once, and take the next step of every place. Whether all that was offered could be had and trusted."""
        try:
            offer = self.trust.offer(self.config.kiosk, self.config.labels)
        except FleetError as error:
            self._tell(error)
            return False
        self._told.pop("", None)
        manifests = [pair for pair in map(self._manifest, offer.assignment.releases) if pair is not None]
        self._tidy(offer, [manifest for _, manifest, _ in manifests])
        good = [self._advanced(*pair, offer.assignment.revoked) for pair in manifests]
        self._recall(offer)
        return all(good) and len(good) == len(offer.assignment.releases)

    def tick(self) -> None:
        """Judge what is on trial."""
        for name in self.slots.names():
            slot = self.slots.read(name)
            if slot.trial is None:
                continue
            well, reason = self.probe.well()
            outcome = judge(slot.trial, well, self.now(), self.config.soak_s, self.config.patience_s)
            try:
                with _disk(self.folder):
                    if outcome is Outcome.WELL:
                        self._keep(name, slot, slot.trial)
                    elif outcome is Outcome.BACK:
                        self._return(name, slot, slot.trial, reason or "the clock was set back")
            except FleetError as error:
                _log.error("%s: %s", name, error)

    def running(self) -> dict[str, Running]:
        """What every place runs."""
        slots = {name: self.slots.read(name) for name in self.slots.names()}
        return {
            name: Running(version=slot.version, manifest=slot.active)
            for name, slot in slots.items()
            if slot.active is not None and slot.version is not None
        }

    def _manifest(self, assigned: Assigned) -> tuple[Assigned, Manifest, bytes] | None:
        """The manifest of an assigned release: from the disk where it is ready, else from the repository."""
        known = self.store.manifest(assigned.slot, assigned.manifest)
        if known is not None:
            return assigned, known, known.to_bytes()
        try:
            return (assigned, *self.trust.manifest(assigned))
        except FleetError as error:
            self._tell(error, assigned)
            return None

    def _advanced(self, assigned: Assigned, manifest: Manifest, data: bytes, revoked: tuple[str, ...]) -> bool:
        try:
            with _disk(self.folder):
                self._advance(assigned, manifest, data, revoked)
        except FleetError as error:
            self._tell(error, assigned)
            return False
        self._told.pop(assigned.slot, None)
        return True

    def _advance(self, assigned: Assigned, manifest: Manifest, data: bytes, revoked: tuple[str, ...]) -> None:
        slot, release = self.slots.read(assigned.slot), assigned.manifest
        step, reason = next_step(release, manifest, slot, self._facts(assigned, slot, revoked))
        if step is Step.FETCH:
            self._fetch(manifest, data)
            self._prepared(assigned, manifest, slot)
            slot = self.slots.read(assigned.slot)
            step, reason = next_step(release, manifest, slot, self._facts(assigned, slot, revoked))
        if step is Step.ACTIVATE and self._prepared(assigned, manifest, slot):
            self._activate(assigned, slot)
        _log.info("%s %s: %s", assigned.slot, assigned.version, reason)

    def _facts(self, assigned: Assigned, slot: Slot, revoked: tuple[str, ...]) -> Facts:
        return Facts(
            now=datetime.fromtimestamp(self.now()).astimezone(),
            session=self.probe.session(),
            software=self.software,
            paused=assigned.paused,
            ready=self.store.ready(assigned.slot, assigned.manifest),
            recall=slot.active in revoked,
        )

    def _fetch(self, manifest: Manifest, data: bytes) -> None:
        missing = self.store.missing(manifest)
        self.store.room(
            self.store.left(missing) + manifest.needs.disk, self.config.quota_bytes, self.config.reserve_bytes
        )
        for entry in missing:
            url = joined(self.config.url, "targets", file_target(entry.sha256))
            self.fetcher.resume(url, self.store.partial(entry.sha256), entry.length)
            self.store.accept(entry)
        self.store.build(manifest, data)

    def _prepared(self, assigned: Assigned, manifest: Manifest, slot: Slot) -> bool:
        """Whether a release is made ready; one that cannot be has failed, as if it had been on trial."""
        try:
            self.effects.prepare(manifest, assigned.manifest, self.store.files_of(assigned.slot, assigned.manifest))
        except FleetError as error:
            trial = Trial(release=assigned.manifest, version=assigned.version, since=self.now())
            self._failed(assigned.slot, slot, trial, str(error))
            return False
        return True

    def _activate(self, assigned: Assigned, slot: Slot) -> None:
        """Begin a trial: the record first, then the pointer, so that a cut between the two is seen at the start."""
        if not self.store.verify(assigned.slot, assigned.manifest):
            _log.error("%s %s is damaged on this disk and comes again", assigned.slot, assigned.version)
            return
        trial = on_trial(slot, assigned.manifest, assigned.version, self.now())
        self.slots.write(assigned.slot, trial)
        self.store.turn(assigned.slot, assigned.manifest)
        self._take_effect(assigned.slot, trial)

    def _take_effect(self, name: str, slot: Slot) -> None:
        if slot.trial is None:
            return
        release = slot.trial.release
        manifest = self.store.manifest(name, release)
        try:
            self.effects.activated(name, release, manifest, self.store.files_of(name, release))
        except FleetError as error:
            self._return(name, slot, slot.trial, str(error))

    def _keep(self, name: str, slot: Slot, trial: Trial) -> None:
        """A trial went well. It is reported first: twice does no harm, never would."""
        self.report(Event(what=What.INSTALLED, slot=name, manifest=trial.release, version=trial.version))
        self.slots.write(name, passed(slot, trial))

    def _return(self, name: str, slot: Slot, trial: Trial, reason: str) -> None:
        """Go back to the release before: the record first, so that a cut before the pointer turns is seen later."""
        _log.error("%s %s failed (%s): the one before comes back", name, trial.version, reason)
        self._failed(name, slot, trial, reason)
        self.store.turn(name, slot.active)
        self._show(name, slot.active)

    def _failed(self, name: str, slot: Slot, trial: Trial, reason: str) -> None:
        named = {"slot": name, "manifest": trial.release, "version": trial.version}
        self.report(Event.model_validate({"what": What.CAME_BACK, "reason": _line(reason), **named}))
        self.slots.write(name, came_back(slot, trial, reason, self.now()))

    def _show(self, name: str, release: str | None) -> None:
        """Let the release take effect that is active again."""
        try:
            files = None if release is None else self.store.files_of(name, release)
            manifest = None if release is None else self.store.manifest(name, release)
            self.effects.activated(name, release, manifest, files)
        except FleetError as error:
            _log.error("%s: %s", name, error)

    def _settle(self, name: str) -> None:
        """Bring record and pointer of a place together, after a cut or a plain restart."""
        slot = self.slots.read(name)
        pointed = self.store.pointed(name)
        if slot.trial is None:
            self._align(name, slot, pointed)
            return
        if pointed != slot.trial.release:
            self.slots.write(name, slot.model_copy(update={"trial": None}))  # it never began, or it is back
        elif slot.trial.starts >= LIMITS.trial_starts:
            self._return(name, slot, slot.trial, "it did not get through its trial in several starts")
        else:
            again = slot.trial.model_copy(update={"starts": slot.trial.starts + 1, "since": self.now()})
            self.slots.write(name, slot.model_copy(update={"trial": again}))
            self._take_effect(name, self.slots.read(name))

    def _align(self, name: str, slot: Slot, pointed: str | None) -> None:
        """Turn a pointer to what the record says; where the record was lost, the pointer is believed."""
        if pointed == slot.active:
            return
        if slot.active is not None and self.store.ready(name, slot.active):
            self.store.turn(name, slot.active)
            self._show(name, slot.active)
        elif slot.active is None and pointed in slot.failed:
            self.store.turn(name, None)
            self._show(name, None)
        elif slot.active is None and pointed is not None:
            manifest = self.store.manifest(name, pointed)
            version = manifest.version if manifest else None
            self.slots.write(name, slot.model_copy(update={"active": pointed, "version": version}))

    def _recall(self, offer: Offer) -> None:
        """Empty a place whose release was revoked and that gets no other."""
        assigned = {release.slot for release in offer.assignment.releases}
        for name in self.slots.names():
            slot = self.slots.read(name)
            if slot.active not in offer.assignment.revoked or name in assigned or self.probe.session():
                continue
            self.store.turn(name, None)
            self.slots.write(name, Slot(failed=slot.failed))
            self._show(name, None)

    def _tidy(self, offer: Offer, manifests: list[Manifest]) -> None:
        """Delete what nothing refers to: neither assigned, nor active, nor the one before."""
        wanted = {(release.slot, release.manifest) for release in offer.assignment.releases}
        for name in self.slots.names():
            slot = self.slots.read(name)
            kept = (slot.active, slot.previous, slot.trial.release if slot.trial else None)
            wanted |= {(name, release) for release in kept if release is not None}
        coming = {entry.sha256 for manifest in manifests for entry in manifest.files}
        try:
            self.store.sweep(wanted, coming)
        except OSError as error:
            _log.error("nothing is tidied up (%s)", error.strerror)

    def _tell(self, error: FleetError, assigned: Assigned | None = None) -> None:
        """Log an error, and report it once while it stays the same."""
        kinds = ((RefusedError, What.REFUSED), (UnreachableError, What.UNREACHABLE), (NoRoomError, What.NO_ROOM))
        what = next((what for kind, what in kinds if isinstance(error, kind)), What.DISK)
        prefix = f"{error.refusal.value}: " if isinstance(error, RefusedError) else ""
        _log.warning("%s", error)
        key, text = assigned.slot if assigned else "", _line(prefix + str(error))
        if self._told.get(key) == text:
            return
        self._told[key] = text
        named = {} if assigned is None else {"slot": assigned.slot, "manifest": assigned.manifest}
        self.report(Event.model_validate({"what": what, "reason": text, **named}))


class _Disk:
    """Turns errors of the disk into ours."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, OSError):
            raise StateError(f"{self._folder} cannot be written ({error.strerror}): make room or check it") from None


def _disk(folder: Path) -> _Disk:
    return _Disk(folder)


def _line(text: str) -> str:
    return " ".join(text.split())[:300]

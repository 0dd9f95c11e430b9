"""Cuts the power at the n-th change of the disk, for every n: run as a program with a folder of settings (JSON).

A child is forked for each n. Its writes, flushes, renames, links, folders and removals are counted; at the n-th it
loses half of everything that was not flushed, and is killed. Then the kiosk starts anew, and is looked at.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from pathlib import Path

from kiosk.fleet.agent import Agent
from kiosk.fleet.config import FleetConfig
from kiosk.fleet.disk import sha256_of

COUNTED = ("write", "fsync", "replace", "rename", "link", "symlink", "mkdir", "unlink", "rmdir")


class Mirror:
    def __init__(self, healthy):
        self.healthy = healthy

    def session(self):
        return False

    def well(self):
        return self.healthy, "no new frames are shown"

    def prepare(self, manifest, release, files):
        pass

    def activated(self, slot, release, manifest, files):
        pass


class Cut:
    """Counts changes of the disk, and ends the process at one of them."""

    def __init__(self, folder: Path, at: int) -> None:
        self.folder, self.at, self.count = folder, at, 0
        self.kept = {path.lstat().st_ino for path in folder.rglob("*")}
        self.real = {name: getattr(os, name) for name in COUNTED}
        for name in COUNTED:
            setattr(os, name, self.counted(name))

    def counted(self, name):
        def call(*args, **kwargs):
            self.count += 1
            if self.count == self.at:
                if name == "write":
                    self.real["write"](args[0], bytes(args[1])[: len(args[1]) // 2])
                self.die()
            result = self.real[name](*args, **kwargs)
            if name == "fsync":
                self.kept.add(os.fstat(args[0]).st_ino)
            return result

        return call

    def die(self):
        for path in self.folder.rglob("*"):
            status = path.lstat()
            if path.is_file() and not path.is_symlink() and status.st_ino not in self.kept:
                os.truncate(path, status.st_size // 2)
        os.kill(os.getpid(), signal.SIGKILL)


def live(config: FleetConfig, folder: Path, healthy: bool, rounds: int = 3) -> Agent:
    mirror = Mirror(healthy)
    agent = Agent(config, folder, "0.1.0", mirror, mirror, lambda _: None)
    agent.start()
    for _ in range(rounds):
        agent.poll()
        agent.tick()
    return agent


def whole(agent: Agent, slot: str) -> str | None:
    """The version that is active, if every byte of it is right."""
    release = agent.store.pointed(slot)
    manifest = agent.store.manifest(slot, release) if release else None
    if manifest is None:
        return None
    files = agent.store.current(slot)
    good = all(sha256_of(files / entry.path) == entry.sha256 for entry in manifest.files)
    return manifest.version if good else None


def cut_at(config: FleetConfig, folder: Path, healthy: bool, at: int) -> bool:
    """Whether the power was cut; False where there were fewer changes than that."""
    child = os.fork()
    if child == 0:
        Cut(folder, at)
        live(config, folder, healthy)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "the agent failed by itself"
    return os.WIFSIGNALED(status)


def main() -> None:
    given = json.loads(Path(sys.argv[1]).read_text())
    config = FleetConfig.model_validate(given["config"])
    before, folder = Path(given["kiosk"]), Path(given["kiosk"]).with_name("cut")
    seen, at = [], 0
    while True:
        at += given["step"]
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(before, folder, symlinks=True)
        if not cut_at(config, folder, given["healthy"], at):
            break
        after = Agent(config, folder, "0.1.0", Mirror(True), Mirror(True), lambda _: None)
        at_once = whole(after, given["slot"])
        ready = [after.store.ready(given["slot"], release) for release in given["ready"]]
        final = live(config, folder, given["healthy"], rounds=4)
        seen.append([at_once, whole(final, given["slot"]), all(ready)])
    sys.stdout.write(json.dumps(seen) + "\n")


if __name__ == "__main__":
    main()

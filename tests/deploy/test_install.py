"""The installer, from a bundle and without a network, in a throw-away root over this machine's own files."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
# An overlay over /: what is written goes to a folder of its own. No network but a loopback that is down.
ENTER = """
set -eu
place=$1; shift
mkdir -p "$place/upper" "$place/work" "$place/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$place/upper,workdir=$place/work" "$place/root"
mount -t proc proc "$place/root/proc"
mount --bind /sys "$place/root/sys"
mount --rbind /dev "$place/root/dev"
mount -t tmpfs tmpfs "$place/root/run"
mount --bind "$place/bundle" "$place/root/mnt"
exec chroot "$place/root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 "$@"
"""
NOT_OURS = (
    "var/lib/apt", "var/lib/dpkg", "var/log", "var/cache", "var/lib/systemd", "tmp", "run", "mnt", "proc", "dev",
    "etc/ld.so.cache", "root", "usr/share/info", "usr/share/mime", "var/lib/ucf", "etc/fonts", "var/spool",
)  # fmt: skip
"""What apt and the system keep about themselves."""

ACCOUNTS = ("/etc/passwd", "/etc/group", "/etc/shadow", "/etc/gshadow", "/etc/subuid", "/etc/subgid")


class Root:
    """A throw-away root; what is done in it stays in `place / "upper"`."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.upper = place / "upper"

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = ["unshare", "--mount", "--net", "--pid", "--fork", "sh", "-c", ENTER, "sh", self.place, *words]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def written(self) -> dict[str, tuple[int, int]]:
        """Files that were written and not taken away again: mode and time of each."""
        found = {}
        for path in self.upper.rglob("*"):
            name = str(path.relative_to(self.upper))
            status = path.lstat()
            gone = status.st_rdev == 0 and not (path.is_file() or path.is_dir() or path.is_symlink())
            if not name.startswith(NOT_OURS) and not path.is_dir() and not gone:
                found[name] = (status.st_mode, status.st_mtime_ns)
        return found


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Root:
    place = tmp_path_factory.mktemp("install")
    if os.geteuid() != 0:
        pytest.skip("a root of its own takes root")
    probe = Root(place)
    (place / "bundle").mkdir()
    done = probe.run("true")
    if done.returncode != 0:
        pytest.skip(f"this system lets no root be laid over its own: {done.stderr.strip()[-120:]}")
    (place / "bundle").rmdir()
    made = subprocess.run([DEPLOY / "bundle.sh", place / "bundle"], capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr[-2000:]
    return probe


@pytest.mark.slow
def test_it_installs_once_changes_nothing_twice_and_leaves_nothing(root: Root) -> None:
    accounts = root.run("cat", *ACCOUNTS).stdout
    first = root.run("/mnt/install.sh")
    assert first.returncode == 0, first.stdout + first.stderr
    assert "TwinMirror is installed" in first.stdout

    helped = root.run("runuser", "-u", "kiosk", "--", "/opt/twinmirror/venv/bin/kiosk", "engine", "list", "drape")
    assert "runs on" in helped.stdout, helped.stderr
    model = root.run("stat", "-c", "%U %a", "/var/cache/twinmirror/twinmirror/pose_landmarker_full-1.task")
    assert model.stdout == "kiosk 600\n"

    before = root.written()
    assert "etc/systemd/system/twinmirror-mirror.service" in before
    second = root.run("/mnt/install.sh")
    assert second.returncode == 0, second.stderr
    assert second.stdout.splitlines()[-2:] == [
        "systemd does not run here: the mirror starts with the next boot",
        "nothing to change: TwinMirror is installed",
    ]
    assert root.written() == before

    gone = root.run("/opt/twinmirror/share/install.sh", "uninstall")
    assert gone.returncode == 0, gone.stdout + gone.stderr
    assert root.run("cat", *ACCOUNTS).stdout == accounts
    left = {
        name
        for name in root.written()
        if not (Path("/") / name).exists() or (Path("/") / name).read_bytes() != (root.upper / name).read_bytes()
    }
    # useradd keeps a copy of what was there before beside each of these
    assert {name for name in left if f"/{name.removesuffix('-')}" not in ACCOUNTS} == set()

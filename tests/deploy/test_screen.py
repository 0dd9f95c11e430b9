"""The compositor's child, under a real cage on a screen that exists in memory only."""

from __future__ import annotations

import array
import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

ALIVE = Path(__file__).resolve().parents[2] / "deploy" / "files" / "screen-alive"


@pytest.fixture
def runtime(tmp_path_factory):
    """A runtime folder of the user that cage runs as; cage refuses root."""
    folder = Path("/run") / f"twinmirror-test-{os.getpid()}"
    folder.mkdir(mode=0o700)
    shutil.chown(folder, "nobody")
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def _told(listener: socket.socket) -> str:
    """A message of sd_notify; the descriptors that come with a barrier are closed, which ends the barrier."""
    message, ancillary, _, _ = listener.recvmsg(256, socket.CMSG_SPACE(64))
    for _, _, data in ancillary:
        for descriptor in array.array("i", data[: len(data) // 4 * 4]):
            os.close(descriptor)
    return message.decode()


@pytest.mark.skipif(os.geteuid() != 0, reason="a /tmp and a user of their own take root")
def test_the_screen_tells_that_it_is_up_and_lives(runtime: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(runtime / "notify"))
        (runtime / "notify").chmod(0o777)
        listener.settimeout(60)
        environment = {
            **os.environ,
            "NOTIFY_SOCKET": str(runtime / "notify"),
            "XDG_RUNTIME_DIR": str(runtime),
            "WLR_BACKENDS": "headless",
            "WLR_LIBINPUT_NO_DEVICES": "1",
            "WLR_RENDERER": "pixman",
        }
        script = runtime / "screen-alive"
        shutil.copy(ALIVE, script)
        script.chmod(0o755)
        # A /tmp of its own, as the unit has: X keeps its socket there
        user = "setpriv --reuid nobody --regid nogroup --clear-groups"
        start = f"mount -t tmpfs tmpfs /tmp && exec {user} cage -- {script} root"
        command = ["unshare", "--mount", "sh", "-c", start]
        with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as cage:
            try:
                told = []
                while "WATCHDOG=1" not in told:
                    told.append(_told(listener))
                assert told[0] == "READY=1"
            finally:
                cage.terminate()

"""The process that sees the camera can make no connection: proved against a server that listens."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from engines.pose.worker import PoseWorker

_PROBE = """
import ctypes, errno, socket, sys, threading
from engines.pose import isolation
port, locks = int(sys.argv[1]), sys.argv[2]
if locks == "namespace":
    isolation._refuse_sockets = lambda: False
if locks == "filter":
    isolation._enter_empty_namespace = lambda: False
held = isolation.cut_network() if locks != "none" else []

def reach_python():
    try:
        socket.create_connection(("127.0.0.1", port), timeout=2).close()
        print("REACHED by Python")
    except OSError as error:
        print("refused", error.errno)

def reach_native():
    libc = ctypes.CDLL(None, use_errno=True)
    handle = libc.socket(2, 1, 0)
    address = (2).to_bytes(2, sys.byteorder) + port.to_bytes(2, "big") + bytes([127, 0, 0, 1]) + bytes(8)
    print("REACHED by C" if handle >= 0 and libc.connect(handle, address, 16) == 0 else "refused")

def udp():
    try:
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("8.8.8.8", 53))
        print("SENT")
    except OSError:
        print("refused")

reach_python(); reach_native(); udp()
for target in (reach_python, reach_native):
    thread = threading.Thread(target=target); thread.start(); thread.join()
print("held", "+".join(held))
"""


def _probe(locks: str) -> str:
    with socket.create_server(("127.0.0.1", 0)) as server:
        command = [sys.executable, "-c", _PROBE, str(server.getsockname()[1]), locks]
        root = str(Path(__file__).resolve().parents[3])
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": root}
        )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_probe_reaches_the_server_where_nothing_is_locked() -> None:
    assert _probe("none").count("REACHED") == 4


def test_no_connection_with_both_locks() -> None:
    output = _probe("both")
    assert "REACHED" not in output
    assert "SENT" not in output


@pytest.mark.parametrize("lock", ["namespace", "filter"])
def test_each_lock_is_enough_alone(lock: str) -> None:
    try:
        output = _probe(lock)
    except AssertionError as error:
        if "allows neither" in str(error):
            pytest.skip(f"this system does not allow the {lock}")
        raise
    assert "REACHED" not in output
    assert "SENT" not in output
    assert output.rstrip().endswith(f"held {lock}")


def test_the_real_worker_is_locked_in_every_thread(pose_bundle: Path) -> None:
    with PoseWorker(live=True, bundle=pose_bundle) as worker:
        tasks = list(Path(f"/proc/{worker.process_id}/task").iterdir())
        assert len(tasks) > 1
        if "namespace" in worker.locks:
            ours = Path("/proc/self/ns/net").readlink()
            assert all((task / "ns" / "net").readlink() != ours for task in tasks)
            assert Path(f"/proc/{worker.process_id}/net/tcp").read_text().count("\n") == 1
        if "filter" in worker.locks:
            assert all("Seccomp:\t2" in (task / "status").read_text() for task in tasks)
        sockets = [f for f in Path(f"/proc/{worker.process_id}/fd").iterdir() if "socket" in str(f.readlink())]
        assert sockets == []


def test_the_owner_never_loads_mediapipe(pose_bundle: Path) -> None:
    code = "import sys, kiosk.cli, kiosk.pose, engines.pose.worker; sys.exit('mediapipe' in sys.modules)"
    root = str(Path(__file__).resolve().parents[3])
    assert (
        subprocess.run([sys.executable, "-c", code], check=False, env={**os.environ, "PYTHONPATH": root}).returncode
        == 0
    )

"""The process that sees pictures and has no network: started by `engines.pose.worker`, of no use by hand."""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from engines.pose.isolation import cut_network

if TYPE_CHECKING:
    from collections.abc import Callable


def main(arguments: list[str]) -> int:
    """Serve requests until the owner closes its pipe.

    Arguments: descriptors of requests, answers and memory; path of the bundle; "live" or "still"; number of people.
    """
    requests, answers, memory = (int(argument) for argument in arguments[:3])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the owner's to handle
    try:
        serve = _prepare(Path(arguments[3]), memory, live=arguments[4] == "live", most=int(arguments[5]))
    except Exception as error:  # noqa: BLE001 - whatever stops the start, the owner is told in one line
        text = " ".join(f"{type(error).__name__}: {error}".split())
        os.write(answers, b"failed " + text.encode(errors="replace")[:400] + b"\n")
        return 1
    with suppress(BrokenPipeError):  # the owner has gone
        serve(requests, answers)
    return 0


def _prepare(bundle: Path, memory: int, *, live: bool, most: int) -> Callable[[int, int], None]:
    """Cut the network, load the networks; gives the loop over requests and answers."""
    content = bundle.read_bytes()
    locks = cut_network()
    # Only now: numpy and OpenCV start threads, and the locks above want a process with one.
    import cv2  # noqa: PLC0415

    from engines.pose import wire  # noqa: PLC0415
    from engines.pose.estimator import MediaPipeEstimator  # noqa: PLC0415

    cv2.setNumThreads(1)
    slots = wire.SharedSlots(memory)
    estimator = MediaPipeEstimator(content, live=live, max_people=most)

    def serve(requests: int, answers: int) -> None:
        os.write(answers, wire.READY + "+".join(locks).encode() + b"\n")
        while len(message := os.read(requests, wire.REQUEST.size)) == wire.REQUEST.size:
            slot, height, width, timestamp = wire.REQUEST.unpack(message)
            start = time.perf_counter()
            people = estimator.people(slots.frame(slot, height, width), timestamp if live else None)
            for index, body in enumerate(people):
                slots.write_person(slot, index, body)
            spent = 1e3 * (time.perf_counter() - start)
            os.write(answers, wire.ANSWER.pack(slot, len(people), spent))

    return serve


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Starts the process that sees the camera, without a network: of no use by hand."""

from __future__ import annotations

import logging
import signal
import sys

from engines.pose.isolation import cut_network
from kiosk import logs
from kiosk.runtime.child import ChildDescriptors, die_with_parent

ISOLATED, OPEN = "isolated", "open"


def main(arguments: list[str]) -> int:
    """Arguments: the settings as JSON; `ISOLATED`, or `OPEN` for a network camera; then `ChildDescriptors`."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the supervisor's to handle
    descriptors = ChildDescriptors.of(arguments)
    if arguments[1] == ISOLATED:
        cut_network()
    die_with_parent(descriptors.parent)
    # Only now: numpy and OpenCV start threads, and the locks above want a process with one.
    from engines.errors import TwinMirrorError  # noqa: PLC0415
    from kiosk.config import Settings  # noqa: PLC0415
    from kiosk.runtime.pulse import Pulse  # noqa: PLC0415
    from kiosk.runtime.ring import Ring  # noqa: PLC0415
    from kiosk.runtime.vision import Vision  # noqa: PLC0415

    settings = Settings.model_validate_json(arguments[0])
    logs.set_up("vision", settings.data)
    pulse = Pulse(descriptors.board, descriptors.index)
    try:
        Vision(settings, Ring(descriptors.ring), pulse, descriptors.wishes_out).run()
    except TwinMirrorError as error:
        logging.getLogger(__name__).error("%s", error)  # noqa: TRY400 - one line for people, no trace
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

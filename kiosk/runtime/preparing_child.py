"""Starts the process that makes garments and films of product photos: of no use by hand."""

from __future__ import annotations

import logging
import os
import signal
import sys
from pathlib import Path

from engines.errors import TwinMirrorError
from kiosk import logs
from kiosk.preparing import prepare
from kiosk.runtime.child import ChildDescriptors, die_with_parent
from kiosk.runtime.pulse import Pulse


def main(arguments: list[str]) -> int:
    """Arguments: the folder of the catalogue; then `ChildDescriptors`."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the supervisor's to handle
    descriptors = ChildDescriptors.of(arguments)
    die_with_parent(descriptors.parent)
    logs.set_up("preparing", Path(arguments[0]))
    with Path(os.devnull).open("w", encoding="utf-8") as sys.stdout:  # no progress bars between the log's lines
        try:
            prepare(Path(arguments[0]), Pulse(descriptors.board, descriptors.index).beat)
        except (TwinMirrorError, OSError) as error:
            logging.getLogger(__name__).error("%s", error)  # noqa: TRY400 - one line for people, no trace
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

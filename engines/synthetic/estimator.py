"""The product's pose estimator, as the workers that make data sets use it."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from engines.pose.estimator import MediaPipeEstimator
from engines.pose.isolation import cut_network


def still_estimator(bundle: Path) -> MediaPipeEstimator:
    """The product's estimator as it looks at stills, in a process that MediaPipe can send no metrics from.

    For workers only: it takes away this process's network and error output, for good.
    """
    content = bundle.read_bytes()
    # MediaPipe's chatter would tear the progress bar; errors of Python reach whoever waits for the job all the same.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    with suppress(OSError):  # nothing but rendered people is seen here: without a lock work goes on
        cut_network()
    return MediaPipeEstimator(content, live=False)

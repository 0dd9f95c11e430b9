"""The product's pose estimator, as the workers that make data sets use it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from engines.pose.estimator import MediaPipeEstimator
from engines.pose.isolation import cut_network


def still_estimator(bundle: Path) -> MediaPipeEstimator:
    """The product's estimator as it looks at stills, in a process that MediaPipe can send no metrics from."""
    content = bundle.read_bytes()
    with suppress(OSError):  # nothing but rendered people is seen here: without a lock work goes on
        cut_network()
    return MediaPipeEstimator(content, live=False)

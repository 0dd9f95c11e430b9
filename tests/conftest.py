"""What several tests share: the real pose model and the real cases beside the checkout."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

# How long an example takes says more of the machine than of the code.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def cases() -> Path:
    """The folder with real clips and photos; tests that want it are skipped where it is absent."""
    folder = Path(__file__).resolve().parents[2] / "shared" / "cases"
    if not folder.is_dir():
        pytest.skip("the real cases are not beside the checkout (../shared/cases)")
    return folder


@pytest.fixture(scope="session")
def pose_bundle() -> Path:
    """The pose model, fetched on first use."""
    from engines.pose.bundle import ensure_bundle

    return ensure_bundle()

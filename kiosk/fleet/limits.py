"""Hard limits of the fleet: whatever comes from outside is bounded before it is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Limits:
    """Bounds of what a kiosk takes.

    manifest_bytes, assignment_bytes, groups_bytes: of the signed files. files, file_bytes, release_bytes: of a release.
    path_bytes, path_depth: of one file's path. groups, slots: how many there may be. chunk_bytes: read at a time.
    gap_s: longest silence of a server. least_bytes_per_s: slower than this over a whole file is given up.
    redirects: followed for one file. outbox_rows: reports kept while there is no network; the oldest go first.
    tries: failed activations of one release. first_pause_s: before the second, doubled after each.
    trial_starts: how often the agent may start while a release is on trial.
    """

    manifest_bytes: int = 32 * 1024 * 1024
    assignment_bytes: int = 1024 * 1024
    groups_bytes: int = 4 * 1024 * 1024
    files: int = 100_000
    file_bytes: int = 8 * 1024**3
    release_bytes: int = 32 * 1024**3
    path_bytes: int = 400
    path_depth: int = 6
    groups: int = 64
    slots: int = 200
    chunk_bytes: int = 64 * 1024
    gap_s: float = 30.0
    least_bytes_per_s: float = 512.0
    redirects: int = 3
    outbox_rows: int = 5000
    tries: int = 3
    first_pause_s: float = 3600.0
    trial_starts: int = 3


LIMITS: Final = Limits()

"""Persons in pictures: the protocol that the house uses, and MediaPipe behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

import cv2
import numpy as np

from engines.pose.body import Body

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from typing_extensions import Self

STILL_SIDE: Final = 1024
"""Longest side at which stills are looked at; small ones are enlarged to it, for small people are missed."""
SMALL_STILL: Final = 400
_LIVE_CONFIDENCE: Final = 0.5
_STILL_CONFIDENCE: Final = 0.3
"""Of the person detector. In stills the second person must be found too, whose score is lower."""
LIVE_SIDE: Final = 640
"""Longest side at which live frames are looked at; the networks work at 224 and 256 pixels anyway."""


class PoseEstimator(Protocol):
    """Finds people in pictures. Not to be shared between threads. Use as a context manager, or `close` it."""

    def people(self, frame: NDArray[np.uint8], timestamp_ms: int | None = None) -> list[Body]:
        """Everybody in `frame` ((H, W, 3) uint8 RGB), the largest first.

        `timestamp_ms` is given for clips, rising from frame to frame, and left out for stills.
        """
        ...

    def estimate(self, frame: NDArray[np.uint8], timestamp_ms: int | None = None) -> Body | None:
        """The largest of `people`, or None where there is nobody."""
        ...

    def close(self) -> None:
        """Give everything back; may be called twice."""
        ...


def working_size(height: int, width: int, *, live: bool) -> tuple[int, int]:
    """(height, width) in pixels at which a picture of this size is shown to the networks."""
    side = max(height, width)
    if live:
        scale = min(1.0, LIVE_SIDE / side)
    else:
        scale = STILL_SIDE / side if side > STILL_SIDE or height < SMALL_STILL else 1.0
    return max(1, round(height * scale)), max(1, round(width * scale))


def resized(frame: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
    """`frame` (H, W, C) or (H, W) uint8 at another size, without aliasing; itself where the size is the same."""
    if frame.shape[:2] == (height, width):
        return frame
    how = cv2.INTER_AREA if height < frame.shape[0] else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(frame, (width, height), interpolation=how), dtype=np.uint8)


def scaled_body(body: Body, height: int, width: int) -> Body:
    """`body` as seen in the same frame at (height, width) pixels."""
    old_height, old_width = body.silhouette.shape
    if (old_height, old_width) == (height, width):
        return body
    factor = np.array([width / old_width, height / old_height], np.float32)
    silhouette = np.asarray(cv2.resize(body.silhouette, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)
    return Body(body.landmarks * factor, body.world, body.visibility, silhouette, body.fresh)


def largest_first(bodies: Sequence[Body]) -> list[Body]:
    """The bodies by size, without those that double a larger one (the same person found twice)."""
    kept: list[Body] = []
    for body in sorted(bodies, key=lambda b: -b.torso_length):
        if all(_distance(body, other) > 0.4 * other.torso_length for other in kept):
            kept.append(body)
    return kept


def _distance(one: Body, other: Body) -> float:
    """Mean distance in pixels between the trunks (shoulders and hips) of two bodies."""
    trunk = [11, 12, 23, 24]
    return float(np.linalg.norm(one.landmarks[trunk] - other.landmarks[trunk], axis=1).mean())


class MediaPipeEstimator:
    """MediaPipe Tasks in this process. Belongs into a process without network: see `engines.pose.worker`."""

    def __init__(self, bundle: bytes, *, live: bool, max_people: int = 1) -> None:
        """`bundle` is the content of the `.task` file. `live` follows people from frame to frame of a clip."""
        # Imported here, so that whoever needs only the protocol never loads MediaPipe.
        import mediapipe as mp  # noqa: PLC0415
        from mediapipe.tasks.python import BaseOptions, vision  # noqa: PLC0415

        self._mp: Any = mp
        self._live = live
        mode = vision.RunningMode.VIDEO if live else vision.RunningMode.IMAGE
        options = vision.PoseLandmarkerOptions(
            base_options=BaseOptions(model_asset_buffer=bundle),
            running_mode=mode,
            num_poses=max_people,
            min_pose_detection_confidence=_LIVE_CONFIDENCE if live else _STILL_CONFIDENCE,
            output_segmentation_masks=True,
        )
        self._landmarker: Any = vision.PoseLandmarker.create_from_options(options)

    def people(self, frame: NDArray[np.uint8], timestamp_ms: int | None = None) -> list[Body]:
        """See `PoseEstimator.people`."""
        height, width = working_size(*frame.shape[:2], live=self._live)
        small = np.ascontiguousarray(resized(frame, height, width))
        image = self._mp.Image(self._mp.ImageFormat.SRGB, small)
        landmarker = self._landmarker
        found = landmarker.detect_for_video(image, timestamp_ms) if self._live else landmarker.detect(image)
        bodies = [
            _body(points, world, mask.numpy_view())
            for points, world, mask in zip(
                found.pose_landmarks, found.pose_world_landmarks, found.segmentation_masks or (), strict=True
            )
        ]
        return [scaled_body(body, *frame.shape[:2]) for body in largest_first(bodies)]

    def estimate(self, frame: NDArray[np.uint8], timestamp_ms: int | None = None) -> Body | None:
        """See `PoseEstimator.estimate`."""
        return next(iter(self.people(frame, timestamp_ms)), None)

    def close(self) -> None:
        """Give the networks back."""
        if self._landmarker is not None:
            self._landmarker.close()
            self._landmarker = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _body(points: Sequence[Any], world: Sequence[Any], mask: NDArray[np.float32]) -> Body:
    height, width = mask.shape[:2]
    silhouette = np.empty((height, width), np.uint8)
    np.multiply(mask.reshape(height, width), 255.0, out=silhouette, casting="unsafe")
    size = np.array([width, height], np.float32)
    return Body(
        landmarks=np.array([[p.x, p.y] for p in points], np.float32) * size,
        world=np.array([[p.x, p.y, p.z] for p in world], np.float32),
        visibility=np.array([p.visibility for p in points], np.float32),
        silhouette=silhouette,
    )

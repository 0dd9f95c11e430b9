"""What the camera's process takes from this mirror's calibration; without one, everything as it is anyway."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.colour import Correction
from calibration.errors import CalibrationError
from calibration.floor import distance
from engines.errors import BadImageError
from engines.pose.body import Landmark
from kiosk.calibrate.controls import set_controls
from kiosk.calibrate.errors import ProfileError, StepError
from kiosk.calibrate.profile import Profile
from kiosk.calibrate.store import load_profile, usual_folder
from kiosk.calibrate.watching import plate_of
from kiosk.camera.config import WebcamCamera
from kiosk.tryon.colours import DEFAULT_LIGHT, LEAST_LIGHT, MOST_LIGHT, Light
from kiosk.tryon.place import Place

if TYPE_CHECKING:
    from calibration.camera import Camera
    from engines.garments.garment import Garment
    from engines.pose.body import Body
    from kiosk.camera.config import CameraConfig

_log = logging.getLogger(__name__)
_SOLES: Final = [Landmark.LEFT_HEEL, Landmark.RIGHT_HEEL, Landmark.LEFT_FOOT_INDEX, Landmark.RIGHT_FOOT_INDEX]
_SEEN: Final = 0.5
_LUMA: Final = np.array([0.299, 0.587, 0.114])
_WHITE_LEVEL: Final = 235.0
"""The level of a white that counts as fully lit, as `kiosk.tryon.colours` follows it."""
_WHITE: Final = np.full(3, 255, np.uint8)
_SRGB: Final = Correction.none().linear(np.arange(256)).astype(np.float32)
_STEPS: Final = 4095
"""Of linear light, for the tone curve's table."""


@dataclass
class Calibrated:
    """A profile, and the empty scene (H, W, 3) uint8 RGB that lies beside it."""

    profile: Profile = field(default_factory=Profile)
    scene: NDArray[np.uint8] | None = None
    _camera: Camera | None = None
    _refused: tuple[int, int] | None = None

    @classmethod
    def load(cls, folder: Path | None = None) -> Calibrated:
        """The calibration in `folder`, the usual one by default; what is damaged is told in the log and left out."""
        folder = folder or usual_folder()
        try:
            profile = load_profile(folder)
        except (ProfileError, OSError) as error:
            _log.warning("runs uncalibrated: %s", error)
            return cls()
        if lacks := profile.lacks():
            _log.info("not calibrated: %s", "; ".join(lacks))
        try:
            return cls(profile, plate_of(folder, profile))
        except BadImageError as error:
            _log.warning("the empty scene is learnt anew: %s", error)
            return cls(profile)

    def fix_controls(self, camera: CameraConfig) -> None:
        """Set a webcam's exposure, gain, white balance and focus to what the colours were measured with."""
        controls = self.profile.colour.controls if self.profile.colour else {}
        if not controls or not isinstance(camera, WebcamCamera):
            return
        try:
            set_controls(Path(f"/dev/video{camera.index}"), controls)
        except StepError as error:
            _log.warning("colours may differ from those measured: %s", error)

    def place(self) -> Place:
        """The empty scene and the light, as the try-on begins with them."""
        return Place(self.scene, self._light())

    def _light(self) -> Light:
        """The light where the boards' paper told it, with white as bright as the chart's; the usual one else."""
        light, seen = DEFAULT_LIGHT, self.profile.camera
        if seen is not None and seen.light_from is not None:
            x, y, z = seen.light_from
            share = seen.figures.get("light_share", 0.5)
            towards = np.array([x, y, -z])  # the camera looks along z, the light is told towards the viewer
            found = np.array([1.0 - share, *(share * towards)])
            found = np.clip(found / max(found[0] + found[3], 0.3), LEAST_LIGHT, MOST_LIGHT)  # 1 where it faces us
            light = replace(light, ambient=float(found[0]), direction=found[1:].astype(np.float32))
        if self.profile.colour is not None:
            white = float(_white(self.profile.correction_known()) @ _LUMA)
            light = replace(light, white=float(np.clip(white / _WHITE_LEVEL, 0.7, 1.0)))
        return light

    def garment(self, garment: Garment) -> Garment:
        """A garment in the colours in which this camera would see it: tint and tone, the light's strength apart.

        White keeps its largest channel: how bright the scene is, is followed from frame to frame.
        """
        if self.profile.colour is None:
            return garment
        correction = self.profile.correction_known()
        atlas = {chart: _as_seen(picture, correction) for chart, picture in garment.atlas.items()}
        inside = _as_seen(garment.inside.reshape(1, 1, 3), correction).reshape(3)
        return replace(garment, atlas=atlas, inside=inside)

    def metres(self, body: Body) -> float | None:
        """How far from below the camera somebody stands; None where floor or feet are not known.

        Single view metrology (see `calibration.floor`): the ray through the soles' middle meets the floor there.
        """
        floor = self.profile.floor_known()
        if floor is None:
            return None
        height, width = body.silhouette.shape
        camera = self._camera_at((width, height))
        soles = body.landmarks[_SOLES]
        inside = bool((soles >= 0).all() and (soles < (width, height)).all())
        if camera is None or not inside or float(body.visibility[_SOLES].min()) < _SEEN:
            return None
        found = distance(camera, floor, soles.mean(0).astype(np.float64)) / 1e3
        return found if np.isfinite(found) else None

    def _camera_at(self, size: tuple[int, int]) -> Camera | None:
        """The camera for pictures of this (width, height); None, told once, where it was calibrated for others."""
        if self._refused == size:
            return None
        if self._camera is None or self._camera.size != size:
            try:
                self._camera = self.profile.camera_for(size)
            except CalibrationError as error:
                _log.warning("distances are guessed: %s", error)
                self._refused = size
                return None
        return self._camera


def _white(correction: Correction) -> NDArray[np.float64]:
    """(3,) levels of white as the camera sees it in its light."""
    return correction.levels(correction.camera_linear(_WHITE))


def _as_seen(picture: NDArray[np.uint8], correction: Correction) -> NDArray[np.uint8]:
    """An sRGB picture (..., 3) or (..., 4), straight alpha, in the camera's levels under full light."""
    white = float(correction.camera_linear(_WHITE).max())
    matrix = correction.camera_linear(np.diag(_WHITE)).T / white  # what it sees of full red, green and blue
    linear = cv2.transform(cv2.LUT(np.ascontiguousarray(picture[..., :3]), _SRGB), matrix)
    steps = np.clip(linear * _STEPS + 0.5, 0, _STEPS).astype(np.uint16)
    levels = (correction.levels(np.arange(_STEPS + 1) / _STEPS) + 0.5).astype(np.uint8)[steps]
    return np.concatenate([levels, picture[..., 3:]], axis=-1)

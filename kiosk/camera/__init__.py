"""Where the mirror's pictures come from: webcams, streams and clips behind one interface."""

from kiosk.camera.source import CameraSource, Frame

__all__ = ["CameraSource", "Frame"]

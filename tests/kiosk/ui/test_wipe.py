"""A session of which nothing is left: the camera shows a pattern that is then looked for everywhere.

A mirror of its own, so that what its processes write to the log is seen from their start.
"""

from __future__ import annotations

import cv2
import numpy as np

PATTERN = np.random.default_rng(7).integers(0, 2, (30, 40), np.uint8) * 255


def test_nothing_of_a_shopper_is_left(mirror, settings, cache, tmp_path, capfd):
    clip = tmp_path / "canary.mp4"
    writer = cv2.VideoWriter(str(clip), cv2.VideoWriter.fourcc(*"MJPG"), 30.0, (640, 480))
    canary = cv2.resize(PATTERN, (640, 480), interpolation=cv2.INTER_NEAREST)
    for _ in range(60):
        writer.write(cv2.cvtColor(canary, cv2.COLOR_GRAY2BGR))
    writer.release()
    running = mirror(camera=settings.camera.model_copy(update={"path": clip}))
    running.begin()
    running.live()
    assert shows_canary(running.ask("texture"))
    seen = running.process("vision_child")
    running.tap("over")
    running.until(state="wipe")
    assert not shows_canary(running.ask("texture"))
    running.until(20, state="attract")
    assert running.process("vision_child") != seen  # whatever it held went with it
    running.close()
    places = (tmp_path, cache, settings.data)
    kept = [file for place in places for file in place.rglob("*") if file.is_file() and file != clip]
    assert any(file.suffix == ".jsonl" for file in kept)  # the logs are among them
    line = canary[0].tobytes()
    assert not [file for file in kept if line in file.read_bytes()]
    logs = "".join(capfd.readouterr())
    assert "landmark" not in logs
    assert line not in logs.encode()


def shows_canary(pixels: bytes) -> bool:
    """Whether a texture (RGBA or RGB bytes) looks like the pattern, whichever way it is turned."""
    if not pixels:
        return False
    picture = np.frombuffer(pixels, np.uint8).reshape(480, 640, -1)[..., 0]
    small = cv2.resize(picture, PATTERN.shape[::-1], interpolation=cv2.INTER_AREA)
    return bool((np.abs(small.astype(int) - PATTERN) < 90).mean() > 0.9)

"""A painted person: the drawn body with a face, arms and a top in plain colours, and shards of them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from engines.drape.contract import FieldBody, field_from_frame, to_field
from engines.parts.contract import Part
from engines.parts.shards import Sample

COLOURS = {
    Part.BACKGROUND: (90, 140, 200), Part.FACE: (214, 172, 138), Part.HAIR: (60, 42, 30), Part.TOP: (40, 120, 60),
    Part.LOWER: (50, 50, 90), Part.ARM: (214, 172, 138), Part.HELD: (220, 30, 30),
}  # fmt: skip


def _label(body: FieldBody) -> np.ndarray:
    points = body.points
    label = np.full((288, 256), Part.BACKGROUND, np.uint8)

    def at(*indices: int) -> list[list[int]]:
        return np.round(points[list(indices)]).astype(int).tolist()

    hips, knees = at(23, 24), at(25, 26)
    for hip, knee in zip(hips, knees, strict=True):
        cv2.line(label, hip, [knee[0], 287], int(Part.LOWER), 24)
    cv2.fillConvexPoly(label, np.array(at(11, 12, 24, 23)), int(Part.TOP))
    cv2.polylines(label, [np.array(at(11, 12, 24, 23))], True, int(Part.TOP), 14)
    nose = at(0)[0]
    cv2.ellipse(label, (nose[0], nose[1] - 6), (19, 26), 0, 0, 360, int(Part.HAIR), -1)
    cv2.ellipse(label, (nose[0], nose[1] + 1), (14, 18), 0, 0, 360, int(Part.FACE), -1)
    for joints in ((11, 13, 15, 19), (12, 14, 16, 20)):
        cv2.polylines(label, [np.array(at(*joints))], False, int(Part.ARM), 13)
    cv2.circle(label, at(19)[0], 6, int(Part.HELD), -1)
    return label


@pytest.fixture(scope="session")
def painted(standing):
    """Gives a `Sample` of the drawn person, who faces the camera; another skin tone for each `about`."""

    def make(tone: float = 4.0, hair: float = 0.5, girth: float = 1.8) -> Sample:
        body = standing()
        world = body.world.copy()
        world[0, 2] = -0.2  # the nose before the ears
        seen = to_field(body, field_from_frame(body))
        seen = FieldBody(seen.points, world, seen.silhouette, (8.0, 6.0, 246.0, 280.0))
        label = _label(seen)
        palette = np.array([COLOURS[part] for part in Part], np.uint8)
        plate = np.full((288, 256, 3), COLOURS[Part.BACKGROUND], np.uint8)
        return Sample(seen, palette[label], plate, label, np.array([tone, hair, girth], np.float32))

    return make


@pytest.fixture
def write_shards(tmp_path, painted):
    """Gives a folder of shards, two samples each, as the synthetic data's own writer leaves them."""

    def write(count: int):
        from engines.synthetic.dataset import write_shard
        from engines.synthetic.extras import ARM, BACKGROUND, HAIR, HELD, LOWER, SKIN, TOP
        from engines.synthetic.fields import Fields
        from engines.synthetic.scene import Sample as Rendered

        kind_of = np.array([BACKGROUND, SKIN, HAIR, TOP, LOWER, ARM, HELD], np.uint8)
        none = np.zeros(1, np.uint8)
        fields = Fields(none, none, none, none, none, none, none, none)
        for shard in range(count):
            samples = [painted(tone=float(tone)) for tone in (1, 8)]
            write_shard(
                tmp_path / f"shard-0001-{shard:05d}.npz",
                [
                    Rendered(s.body, np.zeros(12, np.float32), fields, s.picture, s.plate, kind_of[s.label], s.about)
                    for s in samples
                ],
            )
        return tmp_path

    return write

"""Drape a garment on a body with the trained network."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from engines.drape.contract import CODE_NAMES, field_from_frame, garment_code, input_maps, to_field
from engines.drape.drape import FIELD_HEIGHT, TORSO_PIXELS, Drape, Layer
from engines.drape.steady import SteadyFields
from engines.garments.garment import Category, Garment, Measures
from engines.pose.body import Body, Landmark

if TYPE_CHECKING:
    from engines.runtime.engine import Engine

F32 = NDArray[np.float32]
EDGE_PIXELS = 3.0
UV_BLUR = 1.0
"""Coarse pixels: cloth bends more gently than the network's guesses of neighbouring pixels differ."""
USUAL_EASE = {
    Category.TANK: 0.06,
    Category.TEE: 0.13,
    Category.LONG_SLEEVE: 0.13,
    Category.POLO: 0.13,
    Category.SHIRT: 0.16,
    Category.HOODIE: 0.24,
}
"""How much wider than the bust these are cut, where no size is known: a photo does not tell its scale."""


_TYPICAL = {
    # Measure: (length in torso lengths of a top that fits, weight). Shoulders are told best by a photo; chest and
    # armpits worst, as a hung garment looks narrow and deep.
    "half_chest": (0.565, 1.0),
    "shoulder": (0.45, 2.0),
    "length": (1.40, 1.5),
    "armpit": (0.52, 0.5),
}
_LOW = np.array([0.00, 1.12, 1.00, 0.31, 0.43, 0.160, 0.118, 0.23, 0.32, 0.45, 0.13, 0.0], np.float32)
_HIGH = np.array([0.44, 1.52, 1.26, 0.49, 0.66, 0.245, 0.380, 1.10, 0.66, 1.00, 0.28, 1.0], np.float32)
"""The garments that the network has seen: 2nd to 98th percentile of the training data, in `CODE_NAMES`' order; no
longer than tops are worn, as many a photo is drawn out lengthways."""


_V_FULLNESS, _ROUND_FULLNESS = 0.5, 0.78
"""`Garment.neck_fullness` of the two kinds of neckline."""


def size_of(measures: Measures) -> float:
    """Half chest over torso length at which the garment fits: a photo tells proportions, not sizes.

    The weighted geometric mean over what each of its measures asks for.
    """
    flat = {"half_chest": 1.0, "shoulder": measures.shoulder, "length": measures.length, "armpit": measures.armpit}
    logs = [(weight, np.log(typical / flat[name])) for name, (typical, weight) in _TYPICAL.items()]
    total = sum(weight for weight, _ in logs)
    return float(np.exp(sum(weight * value for weight, value in logs) / total))


def code_of(garment: Garment, longest: float = np.inf) -> F32:
    """A garment's code, worn in the wearer's own size and kept within what the network has seen.

    `longest` limits its length, in torso lengths.
    """
    high = _HIGH.copy()
    high[CODE_NAMES.index("length")] = min(longest, _HIGH[CODE_NAMES.index("length")])
    measures = replace(garment.top, neck_depth_front=covering_depth(garment))
    return garment_code(measures, USUAL_EASE[garment.category], size_of(garment.top), (_LOW, high))


def covering_depth(garment: Garment) -> float:
    """Depth of a round neckline that cuts away nothing of the garment's own: the photo's outline does the cutting.

    The network knows round necklines best; a V of the same depth leaves more cloth at its sides.
    """
    fullness = (garment.neck_fullness() - _V_FULLNESS) / (_ROUND_FULLNESS - _V_FULLNESS)
    share = np.clip(fullness, 0.0, 1.0)
    return garment.top.neck_depth_front * float(0.4 + 0.3 * share)


def _unit(vectors: F32) -> F32:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=0, keepdims=True), 1e-6), np.float32)


_PANELS = (Layer.TORSO, Layer.SLEEVE_LEFT, Layer.SLEEVE_RIGHT)
_ISLAND = 0.25
_HARDLY = 0.1
"""An alpha below which nothing of a layer is left once its edges are evened."""
_TIE = 0.2
"""Panels whose chances differ by less than this both get the pixels at their seam, so that they overlap a little."""


@dataclass(frozen=True)
class Hem:
    """Over what gap between the legs cloth hangs across, in field pixels.

    top: the row of the hips' joints; stride: the widest gap; border: as cv2 names it, how the field goes on beside it.
    """

    top: int
    stride: int
    border: int


TOP_HEM = Hem(round(FIELD_HEIGHT / 2 + 0.5 * TORSO_PIXELS), round(0.55 * TORSO_PIXELS), cv2.BORDER_REPLICATE)
"""A top's, at the thighs."""


def without_gaps(alpha: F32, hem: Hem) -> F32:
    """Close the seams between torso and sleeves, alpha (7, 288, 256), and drop specks.

    At a seam the network may give each panel less than a half though it is sure that one of them is there: the
    likelier one then gets what all of them have together.
    """
    closed = alpha.copy()
    closed[Layer.INSIDE] = without_islands(alpha[Layer.INSIDE], 0.2 * TORSO_PIXELS)
    closed[Layer.TORSO] = with_whole_hem(without_islands(alpha[Layer.TORSO], 0.3 * TORSO_PIXELS), hem)
    box = _box_of(cv2.max(cv2.max(*(closed[layer] for layer in _PANELS[:2])), closed[_PANELS[2]]), _HARDLY, 0)
    if box is None:
        return np.asarray(closed, np.float32)
    panels = closed[list(_PANELS)][:, box[0], box[1]]
    together, best = np.minimum(panels.sum(0), np.float32(1.0)), panels.max(0) - np.float32(_TIE)
    for layer, panel in zip(_PANELS, panels, strict=True):
        np.copyto(closed[layer][box], np.maximum(panel, together), where=(panel > best) & (panel > _HARDLY))
    return np.asarray(closed, np.float32)


def _box_of(alpha: F32, least: float, margin: int) -> tuple[slice, slice] | None:
    """Rows and columns of all that is more than `least` in a layer (H, W), with a margin; None where nothing is."""
    x, y, w, h = cv2.boundingRect((alpha > least).view(np.uint8))
    if w == 0 or h == 0:
        return None
    return slice(max(y - margin, 0), y + h + margin), slice(max(x - margin, 0), x + w + margin)


def without_islands(alpha: F32, least_width: float) -> F32:
    """An alpha (288, 256) without pieces narrower than so many pixels: collars and helmets suggest specks."""
    box = _box_of(alpha, _ISLAND, 2)
    if box is None:
        return alpha
    solid = (alpha[box] > _ISLAND).view(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(solid, connectivity=4, ltype=cv2.CV_16U)
    narrow = stats[:, cv2.CC_STAT_WIDTH] < least_width
    narrow[0] = False
    if not narrow.any():
        return alpha
    specks = np.take(narrow.view(np.uint8), np.asarray(labels))
    cleaned = alpha.copy()
    cleaned[box][cv2.dilate(specks, np.ones((5, 5), np.uint8)) > 0] = 0.0
    return np.asarray(cleaned, np.float32)


def with_whole_hem(torso: F32, hem: Hem) -> F32:
    """A torso's alpha (288, 256) without the notch that the gap between the legs suggests to the network.

    Below the hips' joints cloth hangs across from side to side: what lies between two of its pixels is cloth.
    """
    box = _box_of(torso[hem.top :], _HARDLY, 2)
    if box is None:
        return torso
    whole = torso.copy()
    below = whole[hem.top :][box[0]]  # all columns: at a tighter border the closing would grow into it
    below[:] = cv2.morphologyEx(below, cv2.MORPH_CLOSE, np.ones((1, hem.stride), np.uint8), borderType=hem.border)
    return np.asarray(whole, np.float32)


def with_even_edges(alpha: F32) -> F32:
    """An alpha (H, W) whose edges all fall from 1 to 0 within `EDGE_PIXELS`, where the network's fall as it is unsure.

    The distance to the edge is told by the value over its slope, as for fonts drawn from distance fields. A blur
    first takes off the saw teeth of sub-pixels that are guessed one by one.
    """
    smooth = cv2.GaussianBlur(alpha, (0, 0), 1.0)
    across, down = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, scale=0.125), cv2.Sobel(smooth, cv2.CV_32F, 0, 1, scale=0.125)
    slope = np.maximum(cv2.magnitude(across, down), np.float32(0.02))
    smooth -= np.float32(0.5)
    edge = np.asarray(cv2.divide(smooth, slope, scale=1.0 / EDGE_PIXELS), np.float32)
    edge += np.float32(0.5)
    return np.asarray(np.clip(edge, 0.0, 1.0, out=edge), np.float32)


def _even(layer: F32) -> F32:
    """`with_even_edges` of a layer (288, 256), worked out only where the layer is."""
    even = np.zeros_like(layer)
    box = _box_of(layer, _HARDLY, 6)
    if box is not None:
        even[box] = with_even_edges(layer[box])
    return even


def drape_of(matrix: F32, alpha: F32, fields: F32, hem: Hem) -> Drape:
    """Name the network's outputs. alpha: (7, 288, 256); fields: (16, 72, 64); hem: how it hangs over the legs."""
    fields = fields.copy()  # what they come from goes on with the next frame
    return Drape(
        field_from_frame=matrix,
        alpha=np.stack([_even(layer) for layer in without_gaps(alpha, hem)]),
        uv=np.stack([cv2.GaussianBlur(field, (0, 0), UV_BLUR) for field in fields[:6]]).reshape(
            3, 2, *fields.shape[1:]
        ),
        front=fields[6],
        order=fields[7:10],
        normal=_unit(fields[10:13]),
        skin_normal=_unit(fields[13:16]),
    )


_LAP_LENGTH = 1.25
"""Hem just below the hip joints, in torso lengths: on a lap a top bunches up there, and lies no lower."""


def sits(body: Body) -> bool:
    """Whether the person sits or raises a knee: a knee that is seen lies little below its hip."""
    hips = body.landmarks[[Landmark.LEFT_HIP, Landmark.RIGHT_HIP], 1]
    knees = body.landmarks[[Landmark.LEFT_KNEE, Landmark.RIGHT_KNEE], 1]
    seen = body.visibility[[Landmark.LEFT_KNEE, Landmark.RIGHT_KNEE]] > 0.6
    return bool((seen & (knees - hips < 0.4 * body.torso_length)).any())


class Draper:
    """The draping step of the frame's way, for one person before one camera."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._steady = SteadyFields()

    def forget(self) -> None:
        """Drop what is kept of a person between frames."""
        self._steady.forget()

    def drape(self, body: Body, garment: Garment) -> Drape:
        """Fields of one garment on one body."""
        matrix = field_from_frame(body)
        longest = _LAP_LENGTH if sits(body) else np.inf
        seen = to_field(body, matrix)
        outputs = self._engine.infer({"maps": input_maps(seen, code_of(garment, longest))[None]})
        alpha, fields = self._steady.average(garment.garment_id, seen.points, outputs["alpha"][0], outputs["fields"][0])
        return drape_of(matrix, alpha, fields, TOP_HEM)

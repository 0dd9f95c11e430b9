"""Hair as strands: grown from the scalp at rest once, moved with the head, each drawn as a lit line of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numba as nb
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from engines.synthetic.raster import vertex_normals
from engines.synthetic.twin_light import shade_hair, unit
from engines.synthetic.twin_paint import linear, scalp

if TYPE_CHECKING:
    from engines.synthetic.camera import Camera
    from engines.synthetic.twin_figure import Figure

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
_COUNTS: Final = {
    "short": 17000,
    "long": 13000,
    "bob": 13000,
    "bun": 14000,
    "curls": 12000,
    "crop": 20000,
    "thin": 9000,
}
_JOINTS: Final = {"short": 9, "long": 30, "bob": 20, "bun": 16, "curls": 16, "crop": 4, "thin": 7}
_VOLUME: Final = {"short": 0.012, "long": 0.012, "bob": 0.016, "bun": 0.007, "curls": 0.0, "crop": 0.0, "thin": 0.004}

_KNOT: Final = np.array([0.0, 0.112, -0.052])
"""Where the bun sits, from the head's middle."""


@dataclass(frozen=True)
class Strands:
    """Points (strands, joints, 3) at rest, the head's outward normals there, colours (strands, 3) linear, and how open
    to light each point lies (strands, joints), 0..1."""  # noqa: D205, D209 - one sentence

    points: F64
    normals: F64
    colours: F32
    open: F32


def grow(figure: Figure) -> Strands:
    """A twin's hair; always the same for the same twin."""
    spec, body = figure.spec, figure.first
    rng = np.random.default_rng(sum(map(ord, spec.name)))
    roots, normals = _roots(figure, rng)
    centre = _centre(body.rest_joints)
    points = _without_strays(_grown(figure, roots, normals, centre, rng), roots)
    if spec.hair.style == "bun":
        points = np.concatenate([points, _knot(centre, points.shape[1], rng)])
    outward = points - centre
    outward /= np.linalg.norm(outward, axis=2, keepdims=True) + 1e-9
    base = linear(spec.hair.colour)
    light = rng.normal(1, 0.16, (len(points), 1)).clip(0.5, 1.6)
    colours = base * light * (1 + 0.05 * rng.normal(size=(len(points), 3)))
    grey = rng.random((len(points), 1)) < spec.hair.grey
    silver = 0.35 * base + 0.65 * linear((188.0, 186.0, 184.0))
    colours = np.where(grey, silver * light, colours)
    return Strands(points, outward, colours.clip(0, 1).astype(np.float32), _openness(points, centre))


def _centre(joints: dict[str, F64]) -> F64:
    eyes = (joints["eye.L"] + joints["eye.R"]) / 2
    return np.asarray(eyes + np.array([0.0, 0.018, -0.085]))


def _roots(figure: Figure, rng: np.random.Generator) -> tuple[F64, F64]:
    """Places and normals (n, 3) spread evenly over the scalp."""
    model, hair, rest = figure.model, figure.spec.hair, figure.first.rest
    share = scalp(model.neutral.rest, model, hair.recession)
    faces = model.body_faces[(share[model.body_faces] > 0.02).any(1)]
    cross = np.cross(rest[faces[:, 1]] - rest[faces[:, 0]], rest[faces[:, 2]] - rest[faces[:, 0]])
    weight = np.linalg.norm(cross, axis=1) * share[faces].mean(1)
    count = _COUNTS[hair.style]
    chosen = faces[rng.choice(len(faces), count, p=weight / weight.sum())]
    bary = rng.dirichlet((1, 1, 1), count)
    skin = vertex_normals(rest, model.body_faces)
    normals = np.einsum("nk,nkc->nc", bary, skin[chosen])
    return np.einsum("nk,nkc->nc", bary, rest[chosen]), normals / np.linalg.norm(normals, axis=1, keepdims=True)


def _grown(figure: Figure, roots: F64, normals: F64, centre: F64, rng: np.random.Generator) -> F64:
    """Strands (n, joints, 3) that follow the comb, bend under their weight, and stay outside head and shoulders."""
    hair = figure.spec.hair
    joints = _JOINTS[hair.style]
    local = (roots - centre) / 0.1
    length = hair.length * _length_share(hair.style, hair.sides, local) * rng.uniform(0.8, 1.05, len(roots))
    step = (length / (joints - 1))[:, None]
    heading = _combed(hair.style, hair.part, local, normals, rng)
    rank = rng.random(len(roots))
    clearance = 0.0015 + _VOLUME[hair.style] * rank * np.clip(0.35 + local[:, 1], 0.25, 1)
    skin = _Skin(figure)
    lock = _locks(roots, rng)
    points = [roots]
    for joint in range(1, joints):
        share = joint / (joints - 1)
        pull, curl = _bend(hair.style, share)
        wave = hair.wave * curl * np.sin(lock[:, :1] + share * lock[:, 1:2] * np.array([1.0, 0.83, 1.19]) + lock[:, 2:])
        heading = heading + pull * np.array([0.0, -1.0, 0.0]) + wave
        if hair.style == "bun":
            goal = centre + _KNOT - points[-1]
            heading = 0.55 * heading + 0.75 * goal / (np.linalg.norm(goal, axis=1, keepdims=True) + 0.01)
        if hair.style in {"long", "bob"}:
            heading = _hanging(heading, points[-1], roots, centre, hair.part, skin.chin)
        heading = heading / np.linalg.norm(heading, axis=1, keepdims=True)
        rise = clearance * min(1.0, 2.5 * share)
        placed = skin.outside(points[-1] + step * heading, rise)
        moved = placed - points[-1]
        heading = 0.3 * heading + 0.7 * moved / (np.linalg.norm(moved, axis=1, keepdims=True) + 1e-9)
        points.append(placed)
    return np.stack(points, 1)


def _without_strays(points: F64, roots: F64) -> F64:
    """Strands without those that stand up from the head: few, and odd on hair that is combed."""
    rise = points[..., 1].max(1) - roots[:, 1]
    return np.asarray(points[rise < np.quantile(rise, 0.98) + 0.012])


def _hanging(heading: F64, points: F64, roots: F64, centre: F64, part: float, chin: float) -> F64:
    """Headings of hair that hangs: beside the face, straight down, then over the shoulders to the back."""
    side = np.sign(roots[:, :1] - centre[0] - part) + (roots[:, :1] == part)
    low = np.clip((chin + 0.05 - points[:, 1:2]) / 0.05, 0, 1)
    bent = heading * np.array([0.8, 1.0, 0.85])
    bent[:, 2:] -= 0.45 * low
    aside = side * points[:, :1]
    face = (points[:, 2:] > centre[2] + 0.035) & (points[:, 1:2] < centre[1] + 0.07)
    bent[:, :1] += side * face * np.clip((0.078 - aside) / 0.02, -0.2, 1.6)
    bent[:, 2:] -= 0.5 * face * np.clip((0.08 - aside) / 0.02, 0, 1)
    bent[:, :1] -= 0.12 * ~face * low * side * np.clip(aside / 0.08, 0, 1.3)
    return np.asarray(bent)


def _locks(roots: F64, rng: np.random.Generator) -> F64:
    """(n, 5) phases and paces that neighbouring strands share, so that hair falls in locks."""
    seeds = roots[rng.choice(len(roots), min(420, len(roots)), replace=False)]
    nearest = cKDTree(seeds).query(roots)[1]
    values = np.column_stack(
        [rng.uniform(0, 6.3, len(seeds)), rng.uniform(5, 9, len(seeds)), rng.uniform(0, 6.3, (len(seeds), 3))]
    )
    return np.asarray(values[nearest] + rng.normal(0, 0.28, (len(roots), 5)))


def _length_share(style: str, sides: float, local: F64) -> F64:
    """Hair is cut shorter toward ears and nape where `sides` says so; the crown keeps its length."""
    if style in {"long", "bob", "bun"}:
        return np.ones(len(local))
    top = np.clip((local[:, 1] - 0.15) / 0.55, 0, 1)
    ears = np.clip((local[:, 1] + 0.35) / 0.3, 0.25, 1)
    return np.asarray(ears * (sides + (1 - sides) * top * top * (3 - 2 * top)))


def _combed(style: str, part: float, local: F64, normals: F64, rng: np.random.Generator) -> F64:
    """Directions (n, 3) in which hair leaves the scalp."""
    side = np.tanh((local[:, :1] * 0.1 - part) / 0.008)
    top = np.clip(local[:, 1:2], 0, 1)
    jitter = 0.09 * rng.normal(size=local.shape)
    if style in {"curls", "crop"}:
        droop = np.array([0, -0.35, 0.15]) * (style == "crop")
        return np.asarray(normals * (1.0 if style == "curls" else 0.75) + droop + 3 * jitter)
    if style in {"long", "bob"}:
        flow = side * np.array([1.0, 0, 0]) * (0.35 + top) + np.array([0, -0.9, 0]) * (1.15 - top)
        back = np.array([0, 0.0, -0.55]) * np.clip(local[:, 2:] + 0.35, 0, 1)
        return np.asarray(flow + back + 0.35 * normals * top + jitter)
    if style == "bun":
        return np.asarray(np.array([0, 0.75, -0.6]) * (0.4 + top) + 0.25 * normals + 0.5 * jitter)
    over = np.array([np.sign(part or 1) * -0.9, 0.15, 0.3]) * top
    down = np.array([0, -1.0, -0.35]) * (1 - top)
    return np.asarray(over + down + normals * (0.02 + 0.3 * top) + (0.5 + 0.8 * top) * jitter)


def _bend(style: str, share: float) -> tuple[float, float]:
    """How much a joint is drawn down, and how much it waves."""
    if style == "curls":
        return 0.05, 1.15
    if style in {"long", "bob"}:
        return 0.16 + 0.25 * share, 0.35 * share
    return (0.0, 0.12) if style in {"bun", "crop"} else (0.14, 0.3)


class _Skin:
    """Head, neck and shoulders at rest, that hair stays outside of."""

    def __init__(self, figure: Figure) -> None:
        rest, model = figure.first.rest, figure.model
        used = np.unique(model.body_faces)
        chosen = used[rest[used, 1] > figure.first.rest_joints["spine03"][1]]
        self._points, self._normals = rest[chosen], vertex_normals(rest, model.body_faces)[chosen]
        # A collar and cloth lie on the shoulders
        low = self._points[:, 1] < figure.first.rest_joints["neck02"][1]
        self._more = np.where(low, 0.02, 0.0)
        self._tree = cKDTree(self._points)
        self.chin = float(figure.first.rest_joints["head"][1])

    def outside(self, points: F64, clearance: F64) -> F64:
        """Points (n, 3), moved out where they are nearer to the skin than `clearance` (n,)."""
        nearest = self._tree.query(points)[1]
        height = ((points - self._points[nearest]) * self._normals[nearest]).sum(1)
        missing = np.clip(clearance + self._more[nearest] - height, 0, 0.03)
        return np.asarray(points + missing[:, None] * self._normals[nearest])


def _knot(centre: F64, joints: int, rng: np.random.Generator) -> F64:
    """The bun: strands wound about a ball behind the crown."""
    count = 3200
    axis = np.array([0.0, 0.9, -0.4]) + rng.normal(0, 0.25, (count, 3))
    axis /= np.linalg.norm(axis, axis=1, keepdims=True)
    first = np.cross(axis, rng.normal(size=(count, 3)))
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    second = np.cross(axis, first)
    turn = np.linspace(0, 1, joints) * rng.uniform(1.5, 3.2, (count, 1)) + rng.uniform(0, 6.3, (count, 1))
    level = rng.uniform(-0.95, 0.95, (count, 1))
    radius = 0.036 * np.sqrt(1 - level**2) * rng.uniform(0.9, 1.03, (count, 1))
    ring = np.cos(turn)[..., None] * first[:, None] + np.sin(turn)[..., None] * second[:, None]
    middle = centre + 1.16 * _KNOT
    return np.asarray(middle + radius[..., None] * ring + (0.03 * level)[..., None] * axis[:, None])


def _openness(points: F64, centre: F64) -> F32:
    """(strands, joints) 0..1 by how far out a point lies among those in its direction."""
    away = (points - centre).reshape(-1, 3)
    radius = np.linalg.norm(away, axis=1)
    up = ((away[:, 1] / (radius + 1e-9) + 1) * 12).astype(int).clip(0, 23)
    round_ = ((np.arctan2(away[:, 0], away[:, 2]) / (2 * np.pi) + 0.5) * 40).astype(int).clip(0, 39)
    cell = up * 40 + round_
    order = np.lexsort((radius, cell))
    _, start, counts = np.unique(cell[order], return_index=True, return_counts=True)
    rank = np.empty(len(cell))
    rank[order] = (np.arange(len(cell)) - np.repeat(start, counts)) / np.repeat(counts, counts)
    return np.asarray(0.3 + 0.7 * np.clip(rank * 1.15, 0, 1) ** 0.8, np.float32).reshape(points.shape[:2])


@nb.njit(cache=True, fastmath=True)
def _strokes(picture: F32, depth: F32, points: F32, colours: F32, wide: F32) -> None:
    """Draw polylines (n, joints, 3) of pixel x, y and 1/depth with colours (n, joints, 3) over nearer depths."""
    height, width = depth.shape
    for strand in range(points.shape[0]):
        for joint in range(points.shape[1] - 1):
            x0, y0, z0 = points[strand, joint, 0], points[strand, joint, 1], points[strand, joint, 2]
            x1, y1, z1 = points[strand, joint + 1, 0], points[strand, joint + 1, 1], points[strand, joint + 1, 2]
            steep = abs(y1 - y0) > abs(x1 - x0)
            steps = int(max(abs(x1 - x0), abs(y1 - y0))) + 1
            for step in range(steps):
                t = step / steps
                z = z0 + t * (z1 - z0)
                px, py = x0 + t * (x1 - x0), y0 + t * (y1 - y0)
                across = wide[strand]
                for k in range(int(np.ceil(across))):
                    x = int(px + (k - 0.5 * (across - 1) if steep else 0.0))
                    y = int(py + (0.0 if steep else k - 0.5 * (across - 1)))
                    if x < 0 or y < 0 or x >= width or y >= height or z < depth[y, x]:
                        continue
                    depth[y, x] = z
                    for c in range(3):
                        a, b = colours[strand, joint, c], colours[strand, joint + 1, c]
                        picture[y, x, c] = a + t * (b - a)


def draw_hair(
    strands: Strands, transform: F64, camera: Camera, picture: F32, depth: F32, offset: tuple[int, int]
) -> None:
    """Draw hair, moved by the head's transform (4, 4), into linear light (h, w, 3) and 1/depth (h, w), in place.

    `offset` is the crop's left and top edge in the camera's pixels; where hair is drawn `depth` becomes its own.
    """
    turn = transform[:3, :3]
    points = strands.points @ turn.T + transform[:3, 3]
    count, joints = points.shape[:2]
    tangent = unit(np.gradient(points.astype(np.float32), axis=1).reshape(-1, 3))
    normal = np.asarray((strands.normals @ turn.T).reshape(-1, 3), np.float32)
    eye = unit((camera.target + np.array([0.0, 0.0, camera.distance]) - points).reshape(-1, 3).astype(np.float32))
    colour = np.repeat(strands.colours, joints, 0)
    lit = shade_hair(colour, tangent, normal, eye, strands.open.reshape(-1)).reshape(count, joints, 3)
    seen = camera.project(points.reshape(-1, 3)).reshape(count, joints, 3)
    seen[..., 0] -= offset[0]
    seen[..., 1] -= offset[1]
    wide = np.full(count, max(1.0, camera.focal / camera.distance * 0.0011), np.float32)
    _strokes(picture, depth, np.ascontiguousarray(seen, np.float32), np.ascontiguousarray(lit, np.float32), wide)

"""Dress a body: cut a garment, place it on the rest body, pose it with the body, let it hang."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from engines.garments.garment import Measures
from engines.synthetic.body import (
    FOREARM,
    NECK,
    RIGHT,
    SHIN,
    THIGH,
    TORSO,
    UPPER_ARM,
    BodyModel,
    PosedBody,
)
from engines.synthetic.bottoms import (
    BottomPattern,
    BottomSizes,
    BottomSpec,
    LegGirths,
    cut_bottom,
    measure_legs,
    place_leg,
    place_skirt,
)
from engines.synthetic.cloth import Collider, Constraints, Welded, constraints_of, relax, weld
from engines.synthetic.panel import Panel
from engines.synthetic.pattern import Girths, TopSizes, TopSpec, cut_top, measure
from engines.synthetic.raster import vertex_normals

F64 = NDArray[np.float64]
IDX = NDArray[np.int64]


@dataclass(frozen=True)
class Dressed:
    """A garment on a posed body.

    vertices (n, 3) metres; faces (m, 3) wound outwards; uv (m, 3, 2) chart coordinates of
    `engines.garments.garment`; panel (m,) 0 torso or skirt, 1 left sleeve or leg, 2 right one; front (m,) whether on
    the torso's or skirt's front panel.
    """

    vertices: F64
    faces: IDX
    uv: F64
    panel: IDX
    front: NDArray[np.bool_]


@dataclass(frozen=True)
class DressedTop(Dressed):
    """A top or dress on a posed body."""

    sizes: TopSizes
    girths: Girths


@dataclass(frozen=True)
class DressedBottom(Dressed):
    """A skirt or trousers on a posed body."""

    sizes: BottomSizes


def measures_of(sizes: TopSizes) -> Measures:
    """The flat measures in units of the half chest."""
    unit = sizes.half_chest
    return Measures(
        length=sizes.length / unit,
        hem=sizes.half_hem / unit,
        shoulder=sizes.half_shoulder / unit,
        shoulder_drop=sizes.shoulder_drop / unit,
        armpit=sizes.armpit / unit,
        neck_width=sizes.half_neck / unit,
        neck_depth_front=sizes.neck_front / unit,
        neck_depth_back=sizes.neck_back / unit,
        sleeve_length=sizes.sleeve_length / unit,
        sleeve_width=sizes.sleeve_width / unit,
        cuff_width=sizes.cuff_width / unit,
        cap_height=sizes.cap_height / unit,
    )


class Wardrobe:
    """What dressing needs to know of the body model once: which skin each piece of cloth rests on."""

    def __init__(self, model: BodyModel) -> None:
        self.model = model
        self.skin, self.starts, self.neighbours, self.ranges = self._groups()

    def _masks(self) -> list[NDArray[np.bool_]]:
        """Skin under the torso, the left and the right sleeve, the left and the right leg."""
        body, parts = self.model.neutral, self.model.parts
        used = np.zeros(len(parts), bool)
        used[self.model.body_faces] = True
        shoulder = body.rest_joints["upperarm01.L"]
        arm = body.rest_joints["lowerarm01.L"] - shoulder
        masks = []
        torso = np.isin(parts, [TORSO, NECK, THIGH, THIGH + RIGHT, SHIN, SHIN + RIGHT])
        for sign, right in ((1.0, 0), (-1.0, RIGHT)):
            local = body.rest * np.array([sign, 1.0, 1.0]) - shoulder
            along = local @ arm / (arm @ arm)
            torso |= (parts == UPPER_ARM + right) & (along < 0.35)
            near_shoulder = (parts == TORSO) & (np.linalg.norm(local, axis=1) < 0.10)
            masks.append(np.isin(parts, [UPPER_ARM + right, FOREARM + right]) | near_shoulder)
        for sign, right in ((1.0, 0), (-1.0, RIGHT)):
            pelvis = (parts == TORSO) & (sign * body.rest[:, 0] > -0.02)
            masks.append(np.isin(parts, [THIGH + right, SHIN + right]) | pelvis)
        return [mask & used for mask in (torso, *masks)]

    def _groups(self) -> tuple[IDX, IDX, IDX, list[tuple[int, int]]]:
        skin: list[IDX] = []
        starts: list[int] = [0]
        neighbours: list[IDX] = []
        ranges: list[tuple[int, int]] = []
        offset = 0
        for mask in self._masks():
            vertices = np.flatnonzero(mask)
            local = np.full(len(mask), -1)
            local[vertices] = np.arange(len(vertices))
            faces = self.model.body_faces[mask[self.model.body_faces].all(1)]
            edges = local[np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])]
            edges = np.unique(np.concatenate([edges, edges[:, ::-1]]), axis=0)
            counts = np.bincount(edges[:, 0], minlength=len(vertices))
            starts += list(starts[-1] + np.cumsum(counts))
            neighbours.append(edges[:, 1] + offset)
            ranges.append((offset, offset + len(vertices)))
            skin.append(vertices)
            offset += len(vertices)
        return (
            np.concatenate(skin),
            np.array(starts, np.int64),
            np.concatenate(neighbours).astype(np.int64),
            ranges,
        )

    def collider(self, vertices: F64) -> Collider:
        """The skin groups at given body vertices."""
        normals = vertex_normals(vertices, self.model.body_faces)
        return Collider(vertices[self.skin], normals[self.skin], self.starts, self.neighbours)

    def dress(self, body: PosedBody, spec: TopSpec, substeps: int = 200) -> DressedTop:
        """Cut a top for this body and drape it on its pose."""
        girths = measure(self.model, body)
        pattern = cut_top(girths, spec)
        cloth = weld(pattern.panels, pattern.joins)
        placed = _place(pattern.panels, cloth, pattern.sizes, girths, spec.drop)
        faces, corners = _face_outwards(cloth, placed, [_top_axis(panel, girths) for panel in pattern.panels])
        group = _groups_of_vertices(pattern.panels, cloth)
        hanging = self._hang(placed, constraints_of(cloth), group, faces, body, substeps)
        uv, panel, front = _charts(pattern.panels, cloth, corners, pattern.sizes)
        return DressedTop(hanging, faces, uv, panel, front, pattern.sizes, girths)

    def dress_bottom(self, body: PosedBody, spec: BottomSpec, substeps: int = 200) -> DressedBottom:
        """Cut a skirt or trousers for this body and drape them on its pose; their waistband stays on the skin."""
        girths, legs = measure(self.model, body), measure_legs(self.model, body)
        pattern = cut_bottom(girths, legs, spec)
        cloth = weld(pattern.panels, pattern.joins)
        placed = _place_bottom(pattern, cloth, girths, legs)
        faces, corners = _face_outwards(cloth, placed, [_bottom_axis(panel, legs) for panel in pattern.panels])
        group = _groups_of_vertices(pattern.panels, cloth)
        held = np.unique(np.concatenate([cloth.vertex_of_point[k][seam] for k, seam in pattern.waist]))
        hanging = self._hang(placed, constraints_of(cloth, held), group, faces, body, substeps)
        uv, panel, front = _bottom_charts(pattern, cloth, corners)
        return DressedBottom(hanging, faces, uv, panel, front, pattern.sizes)

    def _hang(
        self, placed: F64, limits: Constraints, group: IDX, faces: IDX, body: PosedBody, substeps: int
    ) -> F64:  # fmt: skip
        """Cloth placed about the rest body, settled there, moved with the skin into the pose, and let hang."""
        rest = self.collider(body.rest)
        near = self._nearest(placed, group, rest)
        settled = relax(placed, limits, rest, near, 60, gravity=2.0, friction=0.1)
        skinned = self._skin(settled, group, rest, body, faces)
        return relax(skinned, limits, self.collider(body.vertices), near, substeps)

    def _nearest(self, x: F64, group: IDX, skin: Collider) -> IDX:
        near = np.full(len(x), -1, np.int64)
        for k, (low, high) in enumerate(self.ranges):
            chosen = group == k
            if chosen.any():
                near[chosen] = cKDTree(skin.points[low:high]).query(x[chosen])[1] + low
        return near

    def _skin(self, x: F64, group: IDX, rest: Collider, body: PosedBody, faces: IDX) -> F64:
        """Move cloth with the skin beneath it, with weights smoothed over the cloth."""
        weights = np.zeros((len(x), len(self.model.bones)))
        for k, (low, high) in enumerate(self.ranges):
            chosen = np.flatnonzero(group == k)
            if len(chosen) == 0:
                continue
            distance, index = cKDTree(rest.points[low:high]).query(x[chosen], k=4)
            share = 1 / (distance + 0.01)
            share /= share.sum(1, keepdims=True)
            skin = self.skin[low:high][index]
            for j in range(4):
                values = self.model.skin_weights[skin[:, j]] * share[:, j : j + 1]
                np.add.at(weights, (chosen[:, None], self.model.skin_bones[skin[:, j]]), values)
        used = np.flatnonzero(weights.sum(0) > 1e-6)
        smooth, average = weights[:, used], _averaging(faces, len(x))
        for _ in range(15):
            smooth = 0.4 * smooth + 0.6 * (average @ smooth)
        smooth /= smooth.sum(1, keepdims=True)
        transforms = np.einsum("nb,bij->nij", smooth, body.bone_transforms[used])
        return np.asarray(np.einsum("nij,nj->ni", transforms[:, :3, :3], x) + transforms[:, :3, 3], np.float64)


def _averaging(faces: IDX, count: int) -> sp.csr_matrix:
    """Matrix that replaces each vertex by the mean of its neighbours."""
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    edges = np.concatenate([edges, edges[:, ::-1]])
    matrix = sp.csr_matrix((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(count, count))
    matrix.data[:] = 1
    return sp.diags(1 / np.asarray(matrix.sum(1)).ravel().clip(1)) @ matrix


def _side_of(panel: Panel) -> int:
    """0 for the torso or a skirt, 1 for the wearer's left sleeve or leg (x > 0), 2 for the right one."""
    if panel.name.startswith(("sleeve", "leg")):
        return 1 if "+" in panel.name else 2
    return 0


def _groups_of_vertices(panels: list[Panel], cloth: Welded) -> IDX:
    """Which skin (`Wardrobe._masks`) each vertex rests on."""
    group = np.zeros(cloth.count, np.int64)
    for k, panel in enumerate(panels):
        group[cloth.vertex_of_point[k]] = _side_of(panel) + (2 if panel.name.startswith("leg") else 0)
    for k in (0, 1):
        if _side_of(panels[k]) == 0:
            group[cloth.vertex_of_point[k]] = 0
    return group


def _place_bottom(pattern: BottomPattern, cloth: Welded, girths: Girths, legs: LegGirths) -> F64:
    """Starting positions around the rest body; a vertex of two panels lies between where they would put it."""
    total, count = np.zeros((cloth.count, 3)), np.zeros(cloth.count)
    for k, panel in enumerate(pattern.panels):
        front = panel.name.endswith("front")
        if _side_of(panel) == 0:
            points = place_skirt(panel.points, front, pattern.sizes, girths)
        else:
            points = place_leg(panel.points, front, pattern.sizes, girths, legs)
            points[:, 0] *= 1.0 if _side_of(panel) == 1 else -1.0
        np.add.at(total, cloth.vertex_of_point[k], points)
        np.add.at(count, cloth.vertex_of_point[k], 1)
    return total / count[:, None]


@dataclass(frozen=True)
class _Outwards:
    """What a panel's outside faces away from: an axis (a point and a direction), or a plane where `plane` is given."""

    point: F64
    direction: F64
    plane: float = 0.0

    def of(self, centres: F64) -> F64:
        """Directions (n, 3) that point away at face centres."""
        if self.plane:
            return np.broadcast_to(np.array([0.0, 0.0, self.plane]), centres.shape)
        arm = centres - self.point
        return np.asarray(arm - (arm @ self.direction)[:, None] * self.direction)


def _side(panel: Panel) -> F64:
    return np.array([1.0 if _side_of(panel) == 1 else -1.0, 1.0, 1.0])


def _top_axis(panel: Panel, girths: Girths) -> _Outwards:
    if _side_of(panel) == 0:
        return _Outwards(np.zeros(3), np.zeros(3), 1.0 if panel.name == "front" else -1.0)
    axis = (girths.elbow - girths.shoulder) * _side(panel)
    return _Outwards(girths.shoulder * _side(panel), axis / np.linalg.norm(axis))


def _bottom_axis(panel: Panel, legs: LegGirths) -> _Outwards:
    if _side_of(panel) == 0:
        return _Outwards(np.zeros(3), np.zeros(3), 1.0 if panel.name == "front" else -1.0)
    axis = (legs.knee - legs.hip) * _side(panel)
    return _Outwards(legs.hip * _side(panel), axis / np.linalg.norm(axis))


def _place(panels: list[Panel], cloth: Welded, sizes: TopSizes, girths: Girths, drop: float) -> F64:
    """Starting positions around the rest body: torso panels as half tubes, sleeves as tubes along the arms."""
    total, count = np.zeros((cloth.count, 3)), np.zeros(cloth.count)
    for k, panel in enumerate(panels):
        side = _side_of(panel)
        if side == 0:
            points = _place_torso(panel.points, panel.name == "front", sizes, girths)
        else:
            points = _place_sleeve(panel.points, panel.name.endswith("front"), sizes, girths, drop)
            points[:, 0] *= 1.0 if side == 1 else -1.0
        np.add.at(total, cloth.vertex_of_point[k], points)
        np.add.at(count, cloth.vertex_of_point[k], 1)
    return total / count[:, None]


def _place_torso(points: F64, front: bool, sizes: TopSizes, girths: Girths) -> F64:
    x, y = points.T
    facing = 1.0 if front else -1.0
    width = np.interp(-y, -sizes.side[:, 1], sizes.side[:, 0])
    height = sizes.level + y
    rx = np.interp(height, girths.heights, girths.half_width)
    back, ahead = np.interp(height, girths.heights, girths.back), np.interp(height, girths.heights, girths.front)
    middle, rz = (back + ahead) / 2, (ahead - back) / 2
    around = 2 * np.pi * np.sqrt((rx**2 + rz**2) / 2)
    grow = np.maximum(4 * width / around, 1.04)
    angle = x / width * np.pi / 2
    tube_x, tube_z = grow * rx * np.sin(angle), middle + facing * grow * rz * np.cos(angle)
    # Above the armpit the tube closes towards the flat shoulder line.
    up = np.clip((y + sizes.armpit) / sizes.armpit, 0, 1)
    up = up * up * (3 - 2 * up)
    slope = sizes.shoulder_drop * np.clip(abs(x) / sizes.half_shoulder, 0, 1)
    bulge = np.sqrt(np.clip((-y - slope) / 0.10, 0, 1))
    flat_z = girths.shoulder[2] + facing * rz * 0.9 * bulge
    return np.stack([(1 - up) * tube_x + up * x, height, np.where(up > 0, (1 - up) * tube_z + up * flat_z, tube_z)], 1)


def _place_sleeve(points: F64, front: bool, sizes: TopSizes, girths: Girths, drop: float) -> F64:
    """On the left arm."""
    across, along = points[:, 0], -points[:, 1]
    upper, fore = girths.elbow - girths.shoulder, girths.wrist - girths.elbow
    upper_length = float(np.linalg.norm(upper))
    upper, fore = upper / upper_length, fore / np.linalg.norm(fore)
    along = along + max(0.01, drop * 0.9)
    width = np.interp(
        -points[:, 1], [0, sizes.cap_height, sizes.sleeve_length], [sizes.sleeve_width] * 2 + [sizes.cuff_width]
    )
    angle = np.pi * np.clip(across / width, -1, 1)
    blend = np.clip((along - upper_length + 0.04) / 0.08, 0, 1)[:, None]
    axis = upper * (1 - blend) + fore * blend
    axis /= np.linalg.norm(axis, axis=1, keepdims=True)
    top = np.array([0.0, 1.0, 0.0]) - axis * axis[:, 1:2]
    top /= np.linalg.norm(top, axis=1, keepdims=True)
    ahead = np.cross(axis, top)
    ahead *= np.sign(ahead[:, 2:3])
    centre = (
        girths.shoulder
        + np.minimum(along, upper_length)[:, None] * upper
        + np.maximum(along - upper_length, 0)[:, None] * fore
    )
    facing = 1.0 if front else -1.0
    ring = np.cos(angle)[:, None] * top + facing * np.sin(angle)[:, None] * ahead
    return np.asarray(centre + (width / np.pi)[:, None] * ring, np.float64)


def _face_outwards(cloth: Welded, x: F64, axes: list[_Outwards]) -> tuple[IDX, F64]:
    """Turn each panel's triangles so that their normals point away from the body."""
    faces, corners = cloth.faces.copy(), cloth.corners.copy()
    for k, axis in enumerate(axes):
        chosen = cloth.panel_of_face == k
        f = faces[chosen]
        normal = np.cross(x[f[:, 1]] - x[f[:, 0]], x[f[:, 2]] - x[f[:, 0]])
        if (normal * axis.of(x[f].mean(1))).sum() < 0:
            faces[chosen], corners[chosen] = f[:, ::-1], corners[chosen][:, ::-1]
    return faces, corners


def _bottom_charts(pattern: BottomPattern, cloth: Welded, corners: F64) -> tuple[F64, IDX, NDArray[np.bool_]]:
    """Panel coordinates of a skirt or trousers to chart coordinates."""
    sizes, panels = pattern.sizes, pattern.panels
    panel_of_face = np.array([_side_of(panel) for panel in panels])[cloth.panel_of_face]
    is_front = np.array([panel.name.endswith("front") for panel in panels])[cloth.panel_of_face]
    skirt = panel_of_face == 0
    uv = corners / np.array([1.0, -sizes.length])
    uv[skirt, :, 0] /= sizes.half_hip
    if (~skirt).any():
        uv[~skirt, :, 0] *= (np.where(is_front[~skirt], 1.0, -1.0) / sizes.leg_width)[:, None]
    return uv, panel_of_face, is_front & skirt


def _charts(panels: list[Panel], cloth: Welded, corners: F64, sizes: TopSizes) -> tuple[F64, IDX, NDArray[np.bool_]]:
    """Panel coordinates to chart coordinates."""
    uv = np.zeros_like(corners)
    panel_of_face = np.array([_side_of(panel) for panel in panels])[cloth.panel_of_face]
    is_front = np.array([panel.name.endswith("front") for panel in panels])[cloth.panel_of_face]
    torso = panel_of_face == 0
    uv[torso] = corners[torso] / np.array([sizes.half_chest, -sizes.length])
    if (~torso).any():
        sleeve = corners[~torso] / np.array([sizes.sleeve_width, -sizes.sleeve_length])
        sleeve[..., 0] *= np.where(is_front[~torso], 1.0, -1.0)[:, None]
        uv[~torso] = sleeve
    return uv, panel_of_face, is_front & torso

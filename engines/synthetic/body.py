"""Random adults: Anny's body model with its helper geometry, posed, in this folder's coordinates."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Mapping

F64 = NDArray[np.float64]
IDX = NDArray[np.int64]
FROM_ANNY = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
"""Anny is z up and faces -y; ours is y up and faces +z."""

TORSO, HEAD, NECK, EYE = 0, 1, 2, 3
UPPER_ARM, FOREARM, HAND = 4, 5, 6
THIGH, SHIN, FOOT = 7, 8, 9
RIGHT = 10
"""Added to the part of a limb for the right side."""
_PART_OF_BONE = (
    ("head", HEAD),
    ("neck", NECK),
    ("eye", EYE),
    ("upperarm", UPPER_ARM),
    ("lowerarm", FOREARM),
    ("wrist", HAND),
    ("finger", HAND),
    ("metacarpal", HAND),
    ("upperleg", THIGH),
    ("lowerleg", SHIN),
    ("foot", FOOT),
    ("toe", FOOT),
)


def part_of_bone(bone: str) -> int:
    """Body part of a bone's name, with `RIGHT` added on the right side's limbs."""
    for prefix, part in _PART_OF_BONE:
        if bone.startswith(prefix):
            return part + (RIGHT if bone.endswith(".R") and part >= UPPER_ARM else 0)
    return TORSO


@dataclass(frozen=True)
class PosedBody:
    """One body: `vertices` posed and `rest` in A-pose (n, 3); `bone_transforms` (bones, 4, 4) take rest to posed.

    `joints` and `rest_joints` give each bone's head (3,) by name.
    """

    vertices: F64
    rest: F64
    bone_transforms: F64
    joints: dict[str, F64]
    rest_joints: dict[str, F64]


def _read_faces(path: Path) -> dict[str, IDX]:
    """Triangles of each group of MakeHuman's base mesh."""
    groups: dict[str, list[list[int]]] = {}
    current = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        words = line.split()
        if words and words[0] in {"g", "o"}:
            current = words[1]
        elif words and words[0] == "f":
            corner = [int(word.split("/")[0]) - 1 for word in words[1:]]
            fan = [[corner[0], corner[k], corner[k + 1]] for k in range(1, len(corner) - 1)]
            groups.setdefault(current, []).extend(fan)
    return {name: np.array(faces, np.int64) for name, faces in groups.items() if not name.startswith("joint")}


class BodyModel:
    """Anny with the `makehuman` topology, loaded once a process (the very first load takes two minutes)."""

    def __init__(self) -> None:
        # Loaded here, so that tools for data that exists already need neither.
        import anny  # noqa: PLC0415
        import torch  # noqa: PLC0415

        torch.set_num_threads(1)
        self._torch = torch
        model = anny.Anny(topology="makehuman", phenotypes="all", extrapolate_phenotypes=True)
        self._model = model.to(dtype=torch.float32).eval()
        self.bones: list[str] = list(self._model.bone_labels)
        self.skin_weights: F64 = self._model.vertex_bone_weights.numpy().astype(float)
        self.skin_bones: IDX = self._model.vertex_bone_indices.numpy().astype(np.int64)
        self.groups = _read_faces(Path(anny.__file__).parent / "data/mpfb2/3dobjs/base.obj")
        body = self.groups["body"]
        self.body_faces = body[(body < 13380).all(1)]
        self.eye_faces = np.concatenate([self.groups["helper-l-eye"], self.groups["helper-r-eye"]])
        self.hair_faces = self.groups["helper-hair"]

    @cached_property
    def parts(self) -> IDX:
        """(n,) body part of each vertex, by its heaviest bone."""
        heaviest = self.skin_bones[np.arange(len(self.skin_weights)), self.skin_weights.argmax(1)]
        by_bone = np.array([part_of_bone(bone) for bone in self.bones])
        return np.asarray(by_bone[heaviest], np.int64)

    @cached_property
    def neutral(self) -> PosedBody:
        """The average body in rest pose."""
        return self.pose({}, {})

    def pose(self, phenotype: Mapping[str, float], rotations: Mapping[str, F64]) -> PosedBody:
        """A body from phenotype values (0..1, weight up to 1.3) and rotations (3, 3) of bones about their heads."""
        torch = self._torch
        deltas = np.tile(np.eye(4), (1, len(self.bones), 1, 1))
        for bone, rotation in rotations.items():
            deltas[0, self.bones.index(bone), :3, :3] = FROM_ANNY.T @ rotation @ FROM_ANNY
        values = dict.fromkeys(self._model.phenotype_labels, 0.5) | dict(phenotype)
        with torch.no_grad():
            out = self._model(pose_parameters=torch.tensor(deltas, dtype=torch.float32), phenotype_kwargs=values)
        to_ours = np.eye(4)
        to_ours[:3, :3] = FROM_ANNY
        array = {name: out[name][0].numpy().astype(float) for name in out if out[name] is not None}
        moved = array["bone_poses"] @ np.linalg.inv(array["rest_bone_poses"])
        heads = array["bone_poses"][:, :3, 3] @ FROM_ANNY.T
        rest_heads = array["rest_bone_heads"] @ FROM_ANNY.T
        return PosedBody(
            vertices=array["vertices"] @ FROM_ANNY.T,
            rest=array["rest_vertices"] @ FROM_ANNY.T,
            bone_transforms=to_ours @ moved @ to_ours.T,
            joints=dict(zip(self.bones, heads, strict=True)),
            rest_joints=dict(zip(self.bones, rest_heads, strict=True)),
        )

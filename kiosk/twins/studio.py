"""Makes the demo twins: `python -m kiosk.twins.studio` renders each made-up person and packs the loop as a twin.

The same command always gives the same people. It needs the extra `train` (the body model) and PyAV (the encoder), which
the product itself does not.
"""

from __future__ import annotations

import hashlib
import tempfile
from contextlib import closing
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.progress import track

from kiosk.commands import one_line_errors
from kiosk.twins.licence import Licence
from kiosk.twins.making import About, make_twin
from kiosk.twins.shown import PACKS

if TYPE_CHECKING:
    from engines.synthetic.twin_people import TwinSpec

_QUALITY: Final = "24"
"""x264's constant rate factor: the person stays clean, and a loop takes about half a megabyte."""
_STATEMENT: Final = (
    "This twin is a character rendered by the TwinMirror project from synthetic bodies (Anny, CC0 data). "
    "Nobody sat for it. It may be shown by anybody, anywhere, under the project's Apache-2.0 licence."
)


def licence() -> Licence:
    """The demo twins' licence: the project's own, for everybody and everything."""
    return Licence.model_validate(
        {
            "name": "TwinMirror", "kind": "studio", "credit": "Rendered by TwinMirror",
            "scope": ["mirror", "lookbook", "web"], "places": ["*"],
            "valid_from": date(2026, 1, 1), "valid_to": date(2099, 12, 31),
            "pay": {"amount": 0, "currency": "EUR", "per": "term"},
            "consent_sha256": hashlib.sha256(_STATEMENT.encode()).hexdigest(),
        }
    )  # fmt: skip


def about(spec: TwinSpec) -> About:
    """The groups that a made-up person belongs to."""
    gender, weight = spec.phenotype["gender"], spec.phenotype["weight"]
    return About(
        name=spec.name,
        source="rendered",
        sex="woman" if gender < 0.35 else "man" if gender > 0.65 else "neutral",
        age="18-29" if spec.years < 30 else "30-44" if spec.years < 45 else "45-59" if spec.years < 60 else "60+",
        height="short" if spec.metres < 1.65 else "medium" if spec.metres < 1.78 else "tall",
        figure="slim" if weight < 0.45 else "medium" if weight < 0.8 else "full",
    )


def film(spec: TwinSpec, model: Any, out: Path) -> None:
    """Render a person's loop as an MP4."""
    import av  # noqa: PLC0415 - only this builder encodes

    from engines.synthetic import twin  # noqa: PLC0415 - the body model takes a while to load
    from engines.synthetic.twin_motion import FPS, FRAMES  # noqa: PLC0415

    with av.open(str(out), "w") as container, closing(twin.frames(model, spec)) as frames:
        stream = container.add_stream("libx264", rate=Fraction(FPS))
        stream.height, stream.width = twin.SIZE
        stream.pix_fmt = "yuv420p"
        stream.options = {"crf": _QUALITY, "preset": "slow", "tune": "animation", "g": "40"}
        for picture in track(frames, spec.name, FRAMES):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())


@one_line_errors
def main(
    into: Annotated[Path, typer.Option("--into", help="The folder of twins.")] = PACKS,
    only: Annotated[list[str] | None, typer.Option("--only", help="Make these alone, by name.")] = None,
) -> None:
    """Render and pack the demo twins; those that are there already stay as they are."""
    from engines.synthetic.body import BodyModel  # noqa: PLC0415
    from engines.synthetic.twin_people import TWINS  # noqa: PLC0415

    model = None
    for spec in TWINS:
        if (only and spec.name not in only) or (into / spec.slug).exists():
            continue
        model = model or BodyModel()
        with tempfile.TemporaryDirectory() as folder:
            clip = Path(folder) / "clip.mp4"
            film(spec, model, clip)
            make_twin(clip, about(spec), licence(), into / spec.slug)


if __name__ == "__main__":
    typer.run(main)

"""The report for the store's file: one HTML page with its pictures inside, drawn of figures only, never of people."""

from __future__ import annotations

import html
from pathlib import Path
from typing import Final

from kiosk.calibrate.pictures import coverage, delays, heat, swatches, thumbnail
from kiosk.calibrate.profile import STEPS, Profile, StepName
from kiosk.calibrate.store import ProfileStore
from kiosk.calibrate.watching import plate_of
from kiosk.imaging import staged_output

_TITLES: Final[dict[StepName, str]] = {
    "placement": "Placement and light",
    "camera": "Camera",
    "screen": "Screen to camera",
    "floor": "Floor and scale",
    "colour": "Colour",
    "plate": "Empty scene",
    "latency": "Delay from screen to camera",
}
_STYLE: Final = """
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1f24}
h1{font-size:1.6rem}h2{font-size:1.15rem;margin:2rem 0 .4rem;border-top:1px solid #d5d9de;padding-top:1rem}
table{border-collapse:collapse}td{padding:.15rem 1.2rem .15rem 0}td+td{font-variant-numeric:tabular-nums}
.ok{color:#0a6b34}.bad{color:#a3201a}.none{color:#5a636e}figure{margin:.8rem 0}
figcaption{font-size:.85rem;color:#5a636e}img,svg{max-width:100%;height:auto}
"""


def write_report(path: Path, store: ProfileStore) -> None:
    """Write the page. Raises `ProfileError` where the profile is damaged, `OutputError` where it cannot be written."""
    state = store.load()
    page = _page(state, store)
    with staged_output(path) as stage:
        stage.write_text(page, encoding="utf-8")


def _page(state: Profile, store: ProfileStore) -> str:
    sections = "".join(_section(state, step, store) for step in STEPS)
    lacks = "".join(f"<li>{html.escape(words)}</li>" for words in state.lacks())
    summary = f"<p class=bad>This mirror lacks:</p><ul>{lacks}</ul>" if lacks else "<p class=ok>Nothing is lacking.</p>"
    return (
        "<!doctype html><html lang=en><head><meta charset=utf-8><title>Calibration report</title>"
        '<meta name=viewport content="width=device-width"><meta http-equiv="Content-Security-Policy" '
        f"content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\"><style>{_STYLE}</style></head>"
        f"<body><h1>Calibration report</h1><p>State {state.number}, {html.escape(state.written or 'never written')}</p>"
        f"{summary}{sections}</body></html>\n"
    )


def _section(state: Profile, step: StepName, store: ProfileStore) -> str:
    part, attempt = state.part(step), state.attempts.get(step)
    body = f"<h2>{_TITLES[step]}</h2>"
    if part is None:
        body += "<p class=none>Not measured: safe defaults are used.</p>"
    else:
        status = _status(state, step)
        rows = "".join(f"<tr><td>{html.escape(_words(k))}<td>{v:.4g}</tr>" for k, v in part.figures.items())
        body += f"<p>{status}, measured {html.escape(part.at)} by {html.escape(part.software)}</p><table>{rows}</table>"
        body += _pictures(state, step, store)
    if attempt is not None:
        reasons = html.escape("; ".join(attempt.reasons))
        body += f"<p class=bad>The last try, {html.escape(attempt.at)}, was out of gate: {reasons}</p>"
    return f"<section id={step}>{body}</section>"


def _status(state: Profile, step: StepName) -> str:
    if state.stale(step):
        return "<span class=bad>out of date: the camera was measured after it</span>"
    faults = state.faults(step)
    if faults:
        return f"<span class=bad>out of gate: {html.escape('; '.join(faults))}</span>"
    return "<span class=ok>in gate</span>"


def _words(name: str) -> str:
    return name.replace("_", " ")


def _pictures(state: Profile, step: StepName, store: ProfileStore) -> str:
    drawings: list[tuple[str, str]] = []
    if step == "camera" and state.camera:
        drawings = [
            (coverage(state.camera.cells), "Cells of the picture that held the board's corners"),
            (heat(state.camera.uncertainty), "Uncertainty of the projection over the picture, in pixels"),
        ]
    if step == "colour" and state.colour:
        drawings = [
            (swatches(state.colour.patches), "Each patch as it is (left), as corrected (right), and its ΔE2000")
        ]
    if step == "latency" and state.latency:
        drawings = [(delays(state.latency.delays_ms), "Delay of each flash, ms")]
    if step == "plate":
        picture = plate_of(store.folder, state)
        drawings = [(thumbnail(picture), "The empty scene")] if picture is not None else []
    return "".join(f"<figure>{drawing}<figcaption>{words}</figcaption></figure>" for drawing, words in drawings)

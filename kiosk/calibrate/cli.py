"""The commands `kiosk calibrate ...`: each step by itself, what they wrote, and a way back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from kiosk.commands import one_line_errors

if TYPE_CHECKING:
    from kiosk.calibrate.profile import Profile, StepName
    from kiosk.calibrate.steps import Bench
    from kiosk.calibrate.store import ProfileStore

calibrate_app = typer.Typer(no_args_is_help=True, help="Make this mirror true: camera, screen, floor, colour, delay.")

Source = Annotated[str, typer.Option("--source", help="A webcam's number, a clip's file or a stream's URL.")]
Folder = Annotated[Path | None, typer.Option("--profile", help="The folder of the calibration; the usual by default.")]
Config = Annotated[Path | None, typer.Option("--config", help="The settings' TOML file, for the screen's measures.")]
_PAPERS: Final = ("a4", "a3", "a2", "a1")


@calibrate_app.command()
@one_line_errors
def board(
    pdf: Annotated[Path, typer.Option("--pdf", help="The PDF to write.")],
    paper: Annotated[str, typer.Option("--paper", help="a4 or a3 to hold up, a2 or a1 for the floor.")] = "a3",
) -> None:
    """Write the board to print, true to the millimetre, with a rule to check the printer by."""
    from kiosk.calibrate.errors import StepError
    from kiosk.calibrate.sheet import RULE_MM, write_board

    if paper.lower() not in _PAPERS:
        raise StepError(f"{paper!r} is no paper: use {', '.join(_PAPERS)}")
    write_board(pdf, paper.lower())
    typer.echo(f"{pdf}: print at 100 % on {paper.upper()} and check that the rule is {RULE_MM:.0f} mm")


@calibrate_app.command()
@one_line_errors
def camera(source: Source = "0", profile: Folder = None) -> None:
    """Lens and sensor, by a board held into the picture."""
    from kiosk.calibrate.steps import camera_step

    _tell(camera_step(_bench(source, profile)), "camera")


@calibrate_app.command()
@one_line_errors
def screen(source: Source = "0", profile: Folder = None, config: Config = None) -> None:
    """Where the screen is, by a plain hand mirror in six poses; the screen shows the pattern."""
    from kiosk.calibrate.steps import screen_step
    from kiosk.config import load_settings

    _tell(screen_step(_bench(source, profile), load_settings(config).screen), "screen")


@calibrate_app.command()
@one_line_errors
def pattern(
    out: Annotated[Path, typer.Option("--out", help="The PNG to write.")],
    config: Config = None,
) -> None:
    """Write the pattern that the screen shows for `screen`, where it is shown by other means."""
    from kiosk.calibrate.steps import pattern as drawn_pattern
    from kiosk.config import load_settings
    from kiosk.imaging import write_picture

    write_picture(out, drawn_pattern(load_settings(config).screen))
    typer.echo(f"{out}: show it full screen, one pixel to one pixel")


@calibrate_app.command()
@one_line_errors
def floor(source: Source = "0", profile: Folder = None) -> None:
    """The floor and the scale, by the large board lying on it in up to three places."""
    from kiosk.calibrate.steps import floor_step

    _tell(floor_step(_bench(source, profile)), "floor")


@calibrate_app.command()
@one_line_errors
def colour(source: Source = "0", profile: Folder = None) -> None:
    """True colours, by a 24-patch chart; a webcam's exposure, gain and white balance are locked first."""
    from kiosk.calibrate.controls import lock_controls
    from kiosk.calibrate.steps import colour_step

    _tell(colour_step(_bench(source, profile), lock_controls(source)), "colour")


@calibrate_app.command()
@one_line_errors
def plate(source: Source = "0", profile: Folder = None) -> None:
    """The empty scene: leave it, and let nothing stir for a second."""
    from kiosk.calibrate.watching import plate_step

    _tell(plate_step(_bench(source, profile)), "plate")


@calibrate_app.command()
@one_line_errors
def placement(source: Source = "0", profile: Folder = None) -> None:
    """Light, flicker and, once the floor is known, the camera's place: what to move, by how much."""
    from kiosk.calibrate.watching import placement_step

    state, advice = placement_step(_bench(source, profile))
    _tell(state, "placement")
    for words in advice or ["all is well"]:
        typer.echo(words)


@calibrate_app.command()
@one_line_errors
def latency(
    source: Source = "0",
    profile: Folder = None,
    timings: Annotated[Path | None, typer.Option("--timings", help="A report of `kiosk mirror`, for shares.")] = None,
) -> None:
    """The delay from screen to camera, by a hundred flashes seen in a hand mirror."""
    from kiosk.calibrate.watching import latency_step

    state, missed = latency_step(_bench(source, profile), timings)
    _tell(state, "latency")
    for words in missed:
        typer.echo(words)


@calibrate_app.command()
@one_line_errors
def check(source: Source = "0", profile: Folder = None) -> None:
    """Whether the camera still looks where it did when the empty scene was taken."""
    from kiosk.calibrate.watching import check_step

    typer.echo(f"the camera is where it was, to {check_step(_bench(source, profile)):.2f}°")


@calibrate_app.command()
@one_line_errors
def rod(
    length: Annotated[float, typer.Option("--length", min=100, max=5000, help="Of the rod, in mm.")],
    ends: Annotated[str, typer.Option("--ends", help="Pixels of its ends on the floor: x,y,x,y.")],
    profile: Folder = None,
) -> None:
    """Check the scale by a rod of known length that lies on the floor."""
    from kiosk.calibrate.checks import parse_numbers, rod_check

    typer.echo(f"the rod is right to {rod_check(_store(profile), length, parse_numbers(ends)):+.1f} mm")


@calibrate_app.command()
@one_line_errors
def drift(
    source: Source = "0",
    profile: Folder = None,
    patch: Annotated[str | None, typer.Option("--patch", help="Once: its pixels, x,y,width,height.")] = None,
) -> None:
    """The daily check of colours by a small patch that the camera sees; fails where they drifted."""
    from kiosk.calibrate.checks import drift_check, parse_numbers

    place = None
    if patch is not None:
        x, y, width, height = (round(value) for value in parse_numbers(patch))
        place = (x, y, width, height)
    drifted = drift_check(_bench(source, profile), place)
    typer.echo("the patch is watched from now on" if drifted is None else f"drift {drifted:.2f}")


@calibrate_app.command()
@one_line_errors
def report(
    out: Annotated[Path, typer.Option("--out", help="The HTML file to write.")],
    profile: Folder = None,
) -> None:
    """Write what was measured, when, by what, and what is out of gate, for the store's file."""
    from kiosk.calibrate.report import write_report

    write_report(out, _store(profile))
    typer.echo(str(out))


@calibrate_app.command()
@one_line_errors
def show(profile: Folder = None) -> None:
    """What is measured, and what this mirror lacks."""
    store = _store(profile)
    state = store.load()
    from kiosk.calibrate.profile import STEPS

    for step in STEPS:
        if state.part(step) is not None:
            _tell(state, step)
    for words in state.lacks():
        typer.echo(f"lacks {words}")
    following = state.next_step()
    if following is not None:
        typer.echo(f"next: kiosk calibrate {following}")
    for step, attempt in state.attempts.items():
        typer.echo(f"last try of {step}, {attempt.at}, was refused: {'; '.join(attempt.reasons)}")


@calibrate_app.command()
@one_line_errors
def history(profile: Folder = None) -> None:
    """Every state that is kept; the one in use has a star."""
    store = _store(profile)
    now = store.load().number
    for state in store.history():
        typer.echo(f"{'*' if state.number == now else ' '} {state.number} {state.written} {state.change}")


@calibrate_app.command()
@one_line_errors
def undo(profile: Folder = None) -> None:
    """Go back to the state before."""
    state = _store(profile).undo()
    typer.echo(f"state {state.number} is in use" if state.number else "nothing is calibrated now")


def _store(folder: Path | None) -> ProfileStore:
    from kiosk.calibrate.store import ProfileStore, usual_folder

    return ProfileStore(folder or usual_folder())


def _bench(source: str, folder: Path | None) -> Bench:
    from kiosk.calibrate.steps import Bench
    from kiosk.camera.config import open_source, parse_source

    return Bench(open_source(parse_source(source, paced=False)), _store(folder))


def _tell(state: Profile, step: StepName) -> None:
    part = state.part(step)
    if part is not None:
        figures = ", ".join(f"{name} {value:.4g}" for name, value in part.figures.items())
        typer.echo(f"{step}: measured {part.at}: {figures}")

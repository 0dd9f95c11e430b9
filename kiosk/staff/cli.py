"""`kiosk staff`: what is set up at the machine, not at the screen."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from kiosk.commands import one_line_errors

staff_app = typer.Typer(no_args_is_help=True, help="The staff's way into this mirror.")


@staff_app.callback()
def main() -> None:
    """The staff's way into this mirror."""


@staff_app.command("pin")
@one_line_errors
def pin_command(
    pin: Annotated[
        str, typer.Option(prompt="New PIN", hide_input=True, confirmation_prompt=True, help="4 to 8 digits.")
    ],
    config: Annotated[Path | None, typer.Option("--config", help="The settings' TOML file.")] = None,
) -> None:
    """Set the PIN that opens the staff's screens; an old one is replaced, and any lock lifted."""
    from kiosk.catalogue import database
    from kiosk.catalogue.store import Catalogue
    from kiosk.config import load_settings
    from kiosk.staff.pin import set_pin

    data = load_settings(config).data
    database.prepare(data)
    with closing(Catalogue(data)) as catalogue:
        set_pin(catalogue, pin)
    typer.echo("The PIN is set. Hold a lower corner of the picture for three seconds to be asked for it.")

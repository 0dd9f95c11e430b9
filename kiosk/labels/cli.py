"""The commands `kiosk labels` and `kiosk verify`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from kiosk.commands import one_line_errors

labels_app = typer.Typer(no_args_is_help=True, help="The keys that sign pictures before they leave.")
Keys = Annotated[Path | None, typer.Option("--keys", help="The keys' folder; $TWINMIRROR_KEYS by default.")]


@labels_app.command("set-up")
@one_line_errors
def labels_set_up(
    organisation: Annotated[str, typer.Option("--organisation", help="Who signs, as others will read it.")],
    keys: Keys = None,
) -> None:
    """Make the keys that sign pictures, once."""
    from kiosk.labels.keys import keys_folder, set_up  # noqa: PLC0415 - `kiosk --help` must not load cryptography

    folder = keys or keys_folder()
    set_up(folder, organisation)
    typer.echo(f"keys are in {folder}; give {folder / 'authority.pem'} to whoever checks your pictures")
    typer.echo(f"keep {folder / 'authority.key'} offline: only `kiosk labels rotate` needs it")


@labels_app.command("rotate")
@one_line_errors
def labels_rotate(
    authority: Annotated[bool, typer.Option("--authority", help="Replace the authority too.")] = False,
    keys: Keys = None,
) -> None:
    """Replace the signer, as is due once a year or when its key may be known to others."""
    from kiosk.labels.keys import keys_folder, load, rotate  # noqa: PLC0415

    folder = keys or keys_folder()
    rotate(folder, authority=authority)
    typer.echo(f"a new signer is in {folder}, valid until {load(folder).not_after:%Y-%m-%d}")


@one_line_errors
def verify(
    file: Annotated[Path, typer.Argument(help="A picture or clip.")],
    trust: Annotated[Path | None, typer.Option("--trust", help="Authorities to trust (PEM); your own else.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Say it as JSON.")] = False,
) -> None:
    """Say what a third party sees in a file: valid, trusted or not, changed. Ends with 0 only where it is valid."""
    from kiosk.labels.errors import VerifyError  # noqa: PLC0415
    from kiosk.labels.keys import keys_folder, trusted_authorities  # noqa: PLC0415
    from kiosk.labels.verify import WORDS  # noqa: PLC0415
    from kiosk.labels.verify import verify as look  # noqa: PLC0415

    try:
        anchors = trust.read_text(encoding="ascii") if trust else trusted_authorities(keys_folder())
    except (OSError, ValueError):
        raise VerifyError(f"{trust} is no certificate: name a PEM file") from None
    verdict = look(file, anchors)
    if as_json:
        typer.echo(json.dumps(verdict.as_dict(), indent=2, ensure_ascii=False))
    else:
        typer.echo(f"{file}: {WORDS[verdict.state]}")
        for name, value in _told(verdict.as_dict()):
            typer.echo(f"  {name}: {value}")
    raise typer.Exit(0 if verdict.state in {"trusted", "untrusted"} else 2)


def _told(verdict: dict[str, object]) -> list[tuple[str, str]]:
    """What is worth a line each."""
    names = {"signer": "signed by", "title": "title", "source_type": "digital source type", "software": "made by"}
    told = [(words, str(verdict[key])) for key, words in names.items() if verdict[key]]
    if not verdict["source_type"] and verdict["xmp_source_type"]:
        told.append(("digital source type, by XMP alone", str(verdict["xmp_source_type"])))
    models, ingredients = verdict["models"], verdict["ingredients"]
    if isinstance(models, dict):
        told += [(f"network {name}", str(digest)) for name, digest in models.items()]
    if isinstance(ingredients, list):
        told += [("made with", f"{each.get('title')} ({each.get('sha256')})") for each in ingredients]
    failures = verdict["failures"]
    if isinstance(failures, list) and failures:
        told.append(("because", ", ".join(map(str, failures))))
    return told

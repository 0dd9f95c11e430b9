"""A client with the interface of TUF's conformance suite, over the fetcher that kiosks use.

`python -m kiosk.fleet.conformance --metadata-dir DIR [--metadata-url URL] init ROOT | refresh | download`; it ends
with 1 where the repository is refused.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer
from tuf.api.exceptions import DownloadError, RepositoryError
from tuf.ngclient import Updater

from kiosk.fleet.fetching import Fetcher

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
_given: dict[str, str] = {}


@app.callback()
def given(
    metadata_dir: Annotated[str, typer.Option()],
    metadata_url: Annotated[str, typer.Option()] = "",
    target_name: Annotated[str, typer.Option()] = "",
    target_base_url: Annotated[str, typer.Option()] = "",
    target_dir: Annotated[str, typer.Option()] = "",
) -> None:
    """The suite's options, which stand before or after the command."""
    _given.update(
        metadata_dir=metadata_dir,
        metadata_url=metadata_url,
        target_name=target_name,
        target_base_url=target_base_url,
        target_dir=target_dir,
    )


@app.command()
def init(trusted_root: Path) -> None:
    """Begin with a root that is trusted."""
    folder = Path(_given["metadata_dir"])
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(trusted_root, folder / "root.json")


@app.command()
def refresh() -> None:
    """Bring the metadata of all top-level roles up to date."""
    _updater().refresh()


@app.command()
def download() -> None:
    """Fetch one target, unless it is here."""
    updater = _updater()
    target = updater.get_targetinfo(_given["target_name"])
    if target is None:
        raise RepositoryError(f"{_given['target_name']} is not signed by anybody")
    if updater.find_cached_target(target) is None:
        updater.download_target(target)


def _updater() -> Updater:
    folder = _given["metadata_dir"]
    base, targets = _given["target_base_url"] or None, _given["target_dir"] or None
    return Updater(folder, _given["metadata_url"], targets, base, Fetcher(), bootstrap=None)


if __name__ == "__main__":
    try:
        app(standalone_mode=True)
    except (DownloadError, RepositoryError, OSError) as error:
        print(f"refused: {type(error).__name__}: {error}", file=sys.stderr)  # noqa: T201
        sys.exit(1)

"""The command `kiosk rights`."""

from __future__ import annotations

from datetime import date, datetime, timezone
from pathlib import Path
from typing import Annotated

import typer

from kiosk.commands import one_line_errors

rights_app = typer.Typer(no_args_is_help=True, help="Licences of twins: what was used, what is owed, what has ended.")
LedgerFile = Annotated[Path | None, typer.Option("--ledger", help="The ledger; $TWINMIRROR_LEDGER by default.")]


@rights_app.command("statement")
@one_line_errors
def rights_statement(
    month: Annotated[str, typer.Option("--month", help="The month, like 2026-11.")],
    model: Annotated[str | None, typer.Option("--model", help="Whose; everybody's by default.")] = None,
    out: Annotated[Path, typer.Option("--out", help="The folder to write CSV and PDF to.")] = Path(),
    ledger: LedgerFile = None,
) -> None:
    """Make the models' statements for a month, and prove the ledger."""
    from kiosk.imaging import staged_output  # noqa: PLC0415 - `kiosk --help` must not load it
    from kiosk.rights.ledger import Ledger, ledger_path  # noqa: PLC0415
    from kiosk.rights.statement import as_csv, statement  # noqa: PLC0415
    from kiosk.rights.statement_pdf import as_pdf  # noqa: PLC0415

    entries = Ledger(ledger or ledger_path()).entries()
    for name in [model] if model else sorted({entry.fact.model for entry in entries}):
        told = statement(entries, name, month)
        stem = f"statement-{month}-{''.join(c if c.isalnum() else '-' for c in name.lower())[:60]}"
        with staged_output(out / f"{stem}.csv") as stage:
            stage.write_text(as_csv(told), encoding="utf-8", newline="")
        with staged_output(out / f"{stem}.pdf") as stage:
            stage.write_bytes(as_pdf(told))
        typer.echo(f"{name}: {len(told.uses)} uses, {out / stem}.csv and .pdf")
    typer.echo(f"the ledger's chain of {len(entries)} entries is whole")


@rights_app.command("revoke")
@one_line_errors
def rights_revoke(
    twin: Annotated[Path, typer.Argument(help="The twin's folder.")],
    reason: Annotated[str, typer.Option("--reason", help="Why, for the record.")] = "",
    from_day: Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="Today by default.")] = None,
    ledger: LedgerFile = None,
) -> None:
    """End a twin's licence: new pictures stop at once, kiosks with their next update."""
    from kiosk.rights.gate import revoke  # noqa: PLC0415
    from kiosk.rights.ledger import Ledger, ledger_path  # noqa: PLC0415
    from kiosk.rights.revocations import NAME, Revocation  # noqa: PLC0415
    from kiosk.twins.record import read_twin  # noqa: PLC0415

    day = from_day.date() if from_day else _today()
    licence = read_twin(twin).record.licence
    revoke(twin.parent, Ledger(ledger or ledger_path()), twin.name, licence, Revocation(from_day=day, reason=reason))
    typer.echo(f"{twin.name}: revoked as of {day}; publish {twin.parent / NAME} with the next update")


def _today() -> date:
    return datetime.now(timezone.utc).astimezone().date()

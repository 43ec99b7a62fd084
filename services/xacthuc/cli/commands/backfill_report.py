"""`xacthuc backfill report` and `verify`: what a campaign came to, for whoever has to show it, and whether it was changed."""

# ruff: noqa: PLC0415 - imported when called, so that `xacthuc --help` stays quick

import csv
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xacthuc.cli.backfill_reading import usable
from xacthuc.cli.commands.backfill_campaign import CampaignId
from xacthuc.cli.failure import EXIT_FAILED, EXIT_USAGE, CommandFailed
from xacthuc.cli.options import Json, PlatformId
from xacthuc.cli.output import note, print_json

if TYPE_CHECKING:
    from collections.abc import Mapping


def report(
    context: typer.Context,
    platform: PlatformId,
    campaign: CampaignId,
    *,
    directory: Annotated[
        Path | None,
        typer.Option("--import", metavar="DIRECTORY", help="Of the import: its rows are accounted for too."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write it: .html with a plot, .csv by the day (reasons beside it), or .json."
        ),
    ] = None,
    sign_key: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Ed25519 key in PEM, to sign the .json with.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Shows what a campaign came to. Ends with 1 when an account, or a row of the export, is not accounted for."""
    from xacthuc.backfill.adapters import campaign_report
    from xacthuc.backfill.adapters.merging import merged
    from xacthuc.backfill.adapters.work import Work
    from xacthuc.cli.adapters import backfill_admin_client as admin

    if out is not None and out.suffix not in {".html", ".csv", ".json"}:
        raise CommandFailed(f"{out} is none of them", advice="End it in .html, .csv or .json.", exit_status=EXIT_USAGE)
    if sign_key is not None and (out is None or out.suffix != ".json"):
        raise CommandFailed("only a .json is signed", advice="Name one with --out.", exit_status=EXIT_USAGE)
    with usable():
        totals = merged(Work(directory), platform) if directory is not None else None
    with context.obj.backfill_admin() as backfill:
        figures = backfill.ask(admin.get(admin.campaign_name(platform, campaign)))
    made = campaign_report.report_of(figures, totals, datetime.now(UTC))
    if out is not None:
        _write(out, made, sign_key)
    if as_json:
        print_json(made)
    else:
        note(campaign_report.verdict(made))
    if not campaign_report.balances(made):
        raise typer.Exit(EXIT_FAILED)


def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A signed report.")],
    *,
    public_key: Annotated[Path, typer.Option(metavar="FILE", help="Keys to believe, Ed25519 in PEM.")],
    as_json: Json = False,
) -> None:
    """Tells whether a report is as it was signed, by one of the keys. Ends with 0 when it is, with 1 when not."""
    from xacthuc.backfill.adapters import campaign_report
    from xacthuc.backfill.adapters.statement import StatementError, verified
    from xacthuc.cli.trail import keys_in

    try:
        stated = verified(file.read_text("utf-8"), keys_in(public_key))
    except (StatementError, UnicodeDecodeError):
        raise CommandFailed(f"{file} is no signed report", exit_status=EXIT_USAGE) from None
    except OSError as error:
        raise CommandFailed(f"{file} cannot be read: {error.strerror}", exit_status=EXIT_USAGE) from None
    if stated is None:
        raise CommandFailed(f"{file} was changed, or none of the keys signed it")
    if as_json:
        print_json(stated)
    else:
        note(f"{stated['campaign']}, as counted {stated['report_time']}: {campaign_report.verdict(stated)}")


def _write(out: Path, made: "Mapping[str, Any]", sign_key: Path | None) -> None:
    from xacthuc.backfill.adapters import campaign_report
    from xacthuc.backfill.adapters.statement import StatementError, signed

    try:
        value = made if sign_key is None else signed(made, sign_key.read_bytes())
        with out.open("w", encoding="utf-8", newline="") as file:
            if out.suffix == ".html":
                file.write(campaign_report.as_page(made))
            elif out.suffix == ".csv":
                csv.writer(file).writerows(campaign_report.as_rows(made))
                _write_reasons(out.with_name(f"{out.stem}.reasons.csv"), made)
            else:
                json.dump(value, file, ensure_ascii=False, indent=1)
    except StatementError as error:
        raise CommandFailed(
            str(error), advice="Make one: openssl genpkey -algorithm ed25519 -out report.pem", exit_status=EXIT_USAGE
        ) from None
    except OSError as error:
        name = error.filename or out
        raise CommandFailed(f"{name} cannot be used: {error.strerror}", exit_status=EXIT_USAGE) from None


def _write_reasons(path: Path, made: "Mapping[str, Any]") -> None:
    """Writes why rows of the export were rejected or repeated, where an import was named."""
    from xacthuc.backfill.adapters import campaign_report

    if "reasons" in made:
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(campaign_report.as_reasons(made))

"""`xacthuc backfill`: brings the accounts that a platform has already to a lawful state by a deadline."""

import typer

from xacthuc.cli.commands import (
    backfill_campaign,
    backfill_check,
    backfill_import,
    backfill_plan,
    backfill_report,
    backfill_restrict,
    backfill_sample,
)

app = typer.Typer(help="Brings the accounts a platform has already to a lawful state.", no_args_is_help=True)
app.command("check")(backfill_check.check)
app.command("plan")(backfill_plan.plan)
app.command("sample")(backfill_sample.sample)
app.command("split")(backfill_import.split)
app.command("import")(backfill_import.import_accounts)
app.command("merge")(backfill_import.merge)
app.command("start")(backfill_campaign.start)
app.command("status")(backfill_campaign.status)
app.command("pause")(backfill_campaign.pause)
app.command("resume")(backfill_campaign.resume)
app.command("kill")(backfill_campaign.kill)
app.command("restrict")(backfill_restrict.restrict)
app.command("undo")(backfill_restrict.undo)
app.command("report")(backfill_report.report)
app.command("verify")(backfill_report.verify)

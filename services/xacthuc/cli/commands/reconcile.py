"""`xacthuc reconcile`: finds numbers that are no longer of who proved them."""

import typer

from xacthuc.cli.commands import number_lists, reconciliation_report, reconciliations

app = typer.Typer(help="Finds numbers that are no longer of who proved them.", no_args_is_help=True)
app.command("start")(reconciliations.start)
app.command("show")(reconciliations.show)
app.command("list")(reconciliations.list_runs)
app.command("findings")(reconciliations.findings)
app.command("report")(reconciliation_report.report)
app.command("cancel")(reconciliations.cancel)
app.command("resume")(reconciliations.resume)
app.command("import")(number_lists.import_list)
app.command("lists")(number_lists.lists)

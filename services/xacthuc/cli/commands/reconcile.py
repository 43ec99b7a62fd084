"""`xacthuc reconcile`: finds numbers that are no longer of who proved them."""

import typer

from xacthuc.cli.commands import number_lists

app = typer.Typer(help="Finds numbers that are no longer of who proved them.", no_args_is_help=True)
app.command("import")(number_lists.import_list)
app.command("lists")(number_lists.lists)

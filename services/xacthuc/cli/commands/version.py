"""`xacthuc version`."""

# ruff: noqa: PLC0415 - imported when asked for, so that `xacthuc --help` stays quick

import platform

from xacthuc.cli.options import Json
from xacthuc.cli.output import print_record


def version(*, as_json: Json = False) -> None:
    """Prints the version."""
    from xacthuc.client.endpoint import version as installed

    record = {"version": installed(), "python": platform.python_version()}
    print_record(record, {"version": "xacthuc", "python": "python"}, as_json=as_json)

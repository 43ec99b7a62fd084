"""Why a command failed, what to do about it, and how both are printed to standard error.

Light on purpose: `xacthuc --help` loads it.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

EXIT_FAILED: Final = 1
EXIT_USAGE: Final = 2
EXIT_UNREACHABLE: Final = 3
EXIT_LEFT: Final = 4
"""Done, and something is left for a person to look at."""
EXIT_INCOMPLETE: Final = 5
"""Not done, and nothing written: one of the services whose answers make the whole did not answer."""


class CommandFailed(Exception):  # noqa: N818 - it is an outcome, not a defect
    """Ends a command with `exit_status`."""

    def __init__(
        self,
        message: str,
        *,
        advice: str = "",
        exit_status: int = EXIT_FAILED,
        lines: tuple[str, ...] = (),
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        """`message` says what happened, `lines` adds particulars, `advice` says what to do, `facts` are for programs."""
        super().__init__(message)
        self.message = message
        self.lines = lines
        self.advice = advice
        self.exit_status = exit_status
        self.facts = dict(facts or {})


def print_failure(failed: CommandFailed, *, as_json: bool) -> None:
    """Prints to standard error, for people or as one JSON object `{"error": {...}}`."""
    if as_json:
        error = {"message": failed.message, **failed.facts, "advice": failed.advice}
        sys.stderr.write(json.dumps({"error": error}, ensure_ascii=False) + "\n")
        return
    lines = [f"xacthuc: {failed.message}", *(f"  {line}" for line in failed.lines), failed.advice]
    sys.stderr.write("\n".join(line for line in lines if line) + "\n")

"""Where an operator's session is kept between commands: one file that only they can read."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from xacthuc.cli.failure import EXIT_USAGE, CommandFailed

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAME = "staff-session.json"


@dataclass(frozen=True, slots=True)
class KeptSession:
    """The file, which is there only while somebody is signed in."""

    path: Path

    @classmethod
    def beside(cls, data: Path) -> KeptSession:
        """Returns the one of the stack whose data directory is at hand, else that of the user (XDG Base Directory)."""
        if data.is_dir():
            return cls(data / _NAME)
        state = os.environ.get("XDG_STATE_HOME", "")
        return cls((Path(state) if state else Path.home() / ".local" / "state") / "xacthuc" / _NAME)

    def secret(self) -> str:
        """Returns the session's secret; empty when nobody is signed in."""
        try:
            return str(json.loads(self.path.read_text("utf-8"))["secret"])
        except FileNotFoundError:
            return ""
        except (OSError, ValueError, KeyError, TypeError):
            raise CommandFailed(
                f"{self.path} cannot be read", advice="Sign in again: xacthuc staff sign-in", exit_status=EXIT_USAGE
            ) from None

    def keep(self, signed_in: Mapping[str, object]) -> None:
        """Writes a session down."""
        from xacthuc.up.layout import write_private  # noqa: PLC0415 - only who signs in needs it

        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private(self.path, json.dumps(signed_in).encode())

    def forget(self) -> None:
        """Removes it."""
        self.path.unlink(missing_ok=True)

"""The secret for emergencies, as its key file holds it: read at each try, so that making one needs no restart."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from xacthuc.credentials.break_glass import BreakGlass
from xacthuc.telemetry.logs import get_logger

if TYPE_CHECKING:
    from pathlib import Path


class BreakGlassFile:
    """The port `Emergency`."""

    def __init__(self, path: Path) -> None:
        """Takes where it is kept."""
        self._path = path

    async def matches(self, secret: str) -> bool | None:
        """Compares in a thread, which takes a tenth of a second."""
        return await asyncio.to_thread(self._matches, secret)

    def _matches(self, secret: str) -> bool | None:
        try:
            kept = BreakGlass.parse(self._path.read_text("ascii"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            get_logger().error("break_glass_file_unusable", cause=type(error).__name__)
            return None
        return kept.matches(secret)

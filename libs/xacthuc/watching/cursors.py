"""Cursors that nobody can go on behind."""

from __future__ import annotations

from enum import StrEnum


class Fault(StrEnum):
    """Why nobody can go on behind a cursor."""

    UNKNOWN = "UNKNOWN"
    """It was not made here."""
    EXPIRED = "EXPIRED"
    """What comes behind it is not kept any more."""
    AHEAD = "AHEAD"
    """It is of a record that was lost: the database was restored from before."""


class CursorRefusedError(Exception):
    """Nobody can go on behind this cursor."""

    def __init__(self, fault: Fault) -> None:
        """Takes why."""
        super().__init__(fault.value)
        self.fault = fault

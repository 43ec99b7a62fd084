"""How long somebody who tells who people are is left alone."""

from __future__ import annotations

from typing import Final

from xacthuc import circuit

LONGEST_PAUSE_MS: Final = 60_000
"""Accounts wait pending while a provider is down, and none of them needs an answer within the minute."""

LONGEST_HOLD_MS: Final = 600_000


class Circuit(circuit.Circuit):
    """The state of one provider as one process sees it."""

    longest_pause_ms = LONGEST_PAUSE_MS
    longest_hold_ms = LONGEST_HOLD_MS

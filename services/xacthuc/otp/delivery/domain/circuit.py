"""How long a message provider is left alone."""

from __future__ import annotations

from typing import Final

from xacthuc import circuit

LONGEST_PAUSE_MS: Final = 32_000
"""A code lives five minutes: a provider that is back is found again well within the life of what waits for it."""


class Circuit(circuit.Circuit):
    """The state of one provider as one worker sees it."""

    longest_pause_ms = LONGEST_PAUSE_MS
    longest_hold_ms = LONGEST_PAUSE_MS

"""How often one message may be tried. The store counts, so no worker, restart or misread answer gets around it."""

from __future__ import annotations

MOST_COPIES = 2
"""Requests after which nobody knows whether the message went out: a crash in the middle, an answer that never came or
says neither yes nor no. The person gets one extra copy at the most."""

MOST_REQUESTS = 4
"""Requests that were answered by a refusal. Two providers are asked twice each. A provider that sends and reports an
error all the same would otherwise repeat a message for as long as its code lives."""

HELD_PAUSE_MS = 2_000
HELD_NOTICE_PAUSE_MS = 15_000
"""How long what a kill switch holds back waits until it looks again: a code is of use for minutes, a notice for days."""

_PAUSES_MS = (1_000, 2_000, 4_000, 8_000, 15_000)


def pause_ms(rounds: int) -> int:
    """Returns how long to wait after all providers were asked in vain for the `rounds`-th time, counted from 1.

    A person looks at the phone for about half a minute: the first rounds are quick.
    """
    return _PAUSES_MS[min(rounds, len(_PAUSES_MS)) - 1]

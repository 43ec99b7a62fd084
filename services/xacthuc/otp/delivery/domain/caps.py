"""How often one message may be tried. The store counts, so no worker, restart or misread answer gets around it."""

from __future__ import annotations

MOST_UNEXPLAINED = 2
"""Copies of which nobody knows what became of them, since the worker that asked died in the middle: a message goes out
twice at the most because of crashes, however many there are."""

MOST_COPIES = 4
"""Copies in all. A living worker knows whom it asked and got no clear answer from, and whose receipt did not come: such
a doubt is explained, and the message may go to somebody else. Two providers that fail in silence leave a third one to
try within the 40 seconds that a person looks at the phone, and one more by another channel."""

MOST_REQUESTS = 4
"""Requests that were answered by a refusal. Two providers are asked twice each. A provider that sends and reports an
error all the same would otherwise repeat a message for as long as its code lives."""

MOST_OVERDUE = 64
"""Receipts that did not come, looked at in one partition at a time: an outage makes thousands overdue in one second."""

HELD_PAUSE_MS = 2_000
HELD_NOTICE_PAUSE_MS = 15_000
"""How long what a kill switch holds back waits until it looks again: a code is of use for minutes, a notice for days."""

_PAUSES_MS = (1_000, 2_000, 4_000, 8_000, 15_000)


def may_copy(copies: int, doubts: int) -> bool:
    """Tells whether one more copy of a message may be risked. The store's scripts decide by the same rule.

    `copies` are the requests that may have sent the message and were not said to have failed; `doubts` are those among
    them that a living worker told of: no clear answer, or no receipt in time.
    """
    return copies - doubts < MOST_UNEXPLAINED and copies < MOST_COPIES


def pause_ms(rounds: int) -> int:
    """Returns how long to wait after all providers were asked in vain for the `rounds`-th time, counted from 1.

    A person looks at the phone for about half a minute: the first rounds are quick.
    """
    return _PAUSES_MS[min(rounds, len(_PAUSES_MS)) - 1]

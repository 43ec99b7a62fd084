"""Verbs of operators and of services that watch."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from xacthuc.grpckit.errors import OutOfRange
from xacthuc.grpckit.reasons import Reason
from xacthuc.otp.ports import CursorExpired
from xacthuc.otp.usecases.otp import mobile
from xacthuc.phone import Refusal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection

    from xacthuc.otp.ports import OutcomeBatch, Outcomes
    from xacthuc.otp.ports.administration import Administration
    from xacthuc.otp.usecases.otp import Otp


async def watch_outcomes(
    outcomes: Outcomes, cursor: bytes, kinds: Collection[str], *, only_notices: bool
) -> AsyncIterator[OutcomeBatch]:
    """Yields outcomes of some kinds from a cursor on, for ever."""
    try:
        async for batch in outcomes.watch(cursor, kinds, only_notices=only_notices):
            yield batch
    except CursorExpired:
        raise OutOfRange(
            Reason.CURSOR_EXPIRED, "outcomes behind this cursor are no longer kept; start anew with an empty cursor"
        ) from None


async def block_numbers(
    otp: Otp, admin: Administration, texts: list[str], duration_ms: int, source: str, *, actor: str
) -> tuple[int, list[tuple[int, Refusal]]]:
    """Blocks every text that is a number; returns how many, and the others with their place and reason."""
    now_ms, refused, blocking = otp.clock.now_ms(), [], []
    for index, text in enumerate(texts):
        number = otp.plan.parse(text)
        if isinstance(number, Refusal):
            refused.append((index, number))
        else:
            blocking.append(admin.block(number.e164, source, now_ms + duration_ms, now_ms, actor=actor))
    # Together: a thousand of them are a few writes to the store, and one after the other a thousand trips.
    await asyncio.gather(*blocking)
    return len(blocking), refused


async def unblock_number(
    otp: Otp, admin: Administration, text: str, platform: str, reason: str, *, actor: str, pass_ms: int = 0
) -> None:
    """Lifts what keeps codes from a number, and lets it pass for `pass_ms`."""
    now_ms = otp.clock.now_ms()
    until_ms = now_ms + pass_ms if pass_ms else 0
    number = mobile(otp, text, "en").e164
    await admin.unblock(number, platform, reason, now_ms, actor=actor, pass_until_ms=until_ms)

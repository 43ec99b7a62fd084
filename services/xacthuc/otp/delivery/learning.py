"""Keeps what is believed of the providers up to date, beside the sending: no message waits for it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from xacthuc.telemetry.logs import get_logger
from xacthuc.valkey import StoreError

if TYPE_CHECKING:
    from xacthuc.clock import Clock
    from xacthuc.otp.delivery.routes import Routes
    from xacthuc.otp.ports.figures import Experience

_log: Final = get_logger()

LEARN_SECONDS: Final = 5.0
"""Outcomes take a minute to settle before they count: looking oftener would tell nothing."""

_TIDY_EVERY: Final = 120
"""Looks between two at which the names of tallies that are gone are dropped: ten minutes."""


async def learn(routes: Routes, experience: Experience, clock: Clock) -> None:
    """Reads what was tried, again and again, until canceled. While the store is away the last belief stands."""
    rounds = 0
    while True:
        try:
            routes.judgement.learn(await experience.tried(routes.judgement.half_life_ms, clock.now_ms()))
            if rounds % _TIDY_EVERY == 0:
                await experience.forget_gone()
        except StoreError as error:
            _log.warning("choices_not_learned", cause=str(error))
        rounds += 1
        await asyncio.sleep(LEARN_SECONDS)

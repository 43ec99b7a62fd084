"""Leaves alone the providers whose codes are no longer entered, as the fraud guard judges them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from xacthuc.otp.domain.guard import Kind, Subject, Verdict
from xacthuc.telemetry.logs import get_logger
from xacthuc.valkey import StoreError

if TYPE_CHECKING:
    from collections.abc import Collection

    from xacthuc.clock import Clock
    from xacthuc.otp.adapters.valkey_guard_subjects import ValkeyGuardSubjects
    from xacthuc.otp.delivery.routes import Routes
    from xacthuc.otp.ports.guard import GuardSubject

_log: Final = get_logger()

REFRESH_SECONDS: Final = 1.0


@dataclass(slots=True, kw_only=True)
class Suspension:
    """Whom the guard wants left alone, refreshed every second. Nobody, while the store does not say."""

    subjects: ValkeyGuardSubjects
    routes: Routes
    clock: Clock
    names: frozenset[str] = frozenset()

    def suspended(self, provider: str, _now_ms: int) -> bool:
        """Tells whether a provider is to be left alone; what `Routes.suspended` asks."""
        return provider in self.names

    async def run(self) -> None:
        """Looks again and again, until canceled."""
        while True:
            await self.refresh()
            await asyncio.sleep(REFRESH_SECONDS)

    async def refresh(self) -> None:
        """Looks once."""
        asked = [Subject(Kind.PROVIDER, route.provider.name) for route in self.routes.all]
        try:
            standing = await self.subjects.read(asked, self.clock.now_ms())
        except StoreError as error:
            _log.warning("providers_not_judged", cause=str(error))
            self.names = frozenset()
            return
        convicted = {each.subject.value for each in standing if each.decision.verdict is Verdict.CHALLENGED}
        names = spared(convicted, [(route.provider.name, route.provider.channels) for route in self.routes.all])
        self._tell(names, standing)
        self.names = names

    def _tell(self, names: frozenset[str], standing: Collection[GuardSubject]) -> None:
        for each in standing:
            name, decision = each.subject.value, each.decision
            if name in names - self.names:
                _log.warning(
                    "provider_suspended",
                    provider=name,
                    unverified_hour=decision.hour_count,
                    limit_hour=decision.hour_limit,
                    unverified_day=decision.day_count,
                    limit_day=decision.day_limit,
                )
            elif name in self.names - names:
                _log.info("provider_resumed", provider=name)


def spared(convicted: Collection[str], providers: Collection[tuple[str, Collection[int]]]) -> frozenset[str]:
    """Returns whom of `convicted` to leave alone: not the last ones of a channel, whose codes are better than none."""
    kept: set[str] = set()
    for channel in {channel for _, channels in providers for channel in channels}:
        serving = {name for name, channels in providers if channel in channels}
        if serving <= set(convicted):
            kept |= serving
    return frozenset(convicted) - kept

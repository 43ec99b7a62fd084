"""What the staff works with: sessions, operators, and what takes two of them; put together from the process's settings."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from xacthuc.credentials.publisher import SessionPublisher
from xacthuc.credentials.session_directory import SessionDirectory
from xacthuc.identity.adapters.key_publication import KeyPublication
from xacthuc.identity.adapters.staff.emergency import BreakGlassFile
from xacthuc.identity.adapters.staff.flows import SqlFlows
from xacthuc.identity.adapters.staff.sql_operators import SqlOperators
from xacthuc.identity.adapters.staff.sql_sessions import SqlSessions
from xacthuc.identity.adapters.staff.sweep import StaffSweep
from xacthuc.identity.usecases.staff import Staff

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from sqlalchemy.ext.asyncio import AsyncEngine

    from xacthuc.clock import Clock
    from xacthuc.credentials.sessions import SessionRecord
    from xacthuc.identity.adapters.sql_requests import SqlRequests
    from xacthuc.identity.domain.staff import Means
    from xacthuc.identity.ports.staff import StaffProvider
    from xacthuc.identity.settings import IdentitySettings
    from xacthuc.sealing import Sealer
    from xacthuc.telemetry.metrics import Metrics
    from xacthuc.valkey import Store

_INTERVAL: Final = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class _Publication:
    """Tells every server, this one before the answer: who has just signed in goes on at once."""

    everywhere: KeyPublication[SessionRecord]
    here: SessionDirectory

    async def publish(self, records: Sequence[SessionRecord]) -> None:
        """Tells them."""
        await self.everywhere.publish(records)
        await self.here.refresh()


@dataclass(frozen=True, slots=True)
class StaffAssembly:
    """The verbs of the staff, and the work beside them."""

    staff: Staff
    directory: SessionDirectory
    """What calls of operators are checked against."""
    publication: KeyPublication[SessionRecord]
    sweep: StaffSweep

    @classmethod
    def of(
        cls,
        settings: IdentitySettings,
        engine: AsyncEngine,
        store: Store,
        signing: Ed25519PrivateKey,
        *,
        provider: StaffProvider | None,
        requests: SqlRequests,
        sealer: Sealer,
        clock: Clock,
        metrics: Metrics,
    ) -> StaffAssembly:
        """Makes everything, starts nothing."""
        sessions, publisher = SqlSessions(engine), SessionPublisher(store, signing)
        publication = KeyPublication(publisher, sessions, _INTERVAL)
        directory = SessionDirectory(store, signing.public_key(), clock, metrics)

        def counted(means: Means, outcome: str) -> None:
            metrics.staff_sign_ins.add(means.value, outcome)

        staff = Staff(
            clock=clock,
            operators=SqlOperators(engine, requests),
            sessions=sessions,
            flows=SqlFlows(engine, sealer),
            publication=_Publication(publication, directory),
            provider=provider,
            emergency=BreakGlassFile(settings.break_glass_file),
            life=settings.staff_session_life,
            idle=settings.staff_session_idle,
            counted=counted,
        )
        return cls(staff, directory, publication, StaffSweep(engine, publisher, clock))


@asynccontextmanager
async def opened_staff_provider(settings: IdentitySettings, clock: Clock) -> AsyncIterator[StaffProvider | None]:
    """Keeps the client of the staff's identity provider for as long as it is entered, where there is one."""
    async with AsyncExitStack() as stack:
        if settings.staff_provider_file is None:
            yield None
            return
        # What speaks OpenID Connect is imported where somebody signs in by it.
        from xacthuc.identity.adapters.staff.provider import opened_provider  # noqa: PLC0415

        yield await stack.enter_async_context(opened_provider(settings.staff_provider_file, clock))

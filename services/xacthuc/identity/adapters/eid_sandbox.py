"""A provider of electronic authentication that plays scripts for reserved numbers. Only in development."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from xacthuc.identity.domain.sandbox import Script, script_of
from xacthuc.identity.ports.eid import Confirmation, Pending, ProviderDown, Refused

if TYPE_CHECKING:
    from xacthuc.clock import Clock
    from xacthuc.identity.ports.eid import Person

_LEVEL: Final = "2"
_RETRY_SECONDS: Final = 2.0
_HANG_SECONDS: Final = 4.0
"""As long as a real provider is waited for at most, by default."""
_SOMEBODY_ELSE: Final = "Lê Văn Khác"


class SandboxAuthenticator:
    """Implements `ports.eid.Authenticator`. Keeps nothing: a transaction says by itself what it ends in."""

    name: Final = "sandbox"

    def __init__(self, clock: Clock) -> None:
        """Confirms by `clock`."""
        self._clock = clock
        self._seen: set[str] = set()

    async def confirm(self, person: Person, request_id: str) -> Confirmation | Refused | Pending:
        """Plays the script of the number. Raises ProviderDown where the script says so."""
        match script_of(person.personal_id):
            case Script.NOT_CONFIRMED:
                return Refused.NOT_CONFIRMED
            case Script.PENDING:
                return Pending(request_id, _RETRY_SECONDS)
            case Script.DOWN:
                raise ProviderDown(_RETRY_SECONDS)
            case Script.HANGS:
                await asyncio.sleep(_HANG_SECONDS)
                raise ProviderDown(_RETRY_SECONDS)
            case Script.OUTAGE if request_id not in self._seen:
                self._seen.add(request_id)
                raise ProviderDown(_RETRY_SECONDS)
            case Script.ANOTHER:
                return self._confirmation(request_id, person, _SOMEBODY_ELSE)
            case _:
                return self._confirmation(request_id, person, person.full_name)

    async def ask_again(self, transaction_id: str) -> Confirmation | Refused | Pending:
        """Confirms what was pending, as a provider does that repeats nothing of the question."""
        return self._confirmation(transaction_id)

    def _confirmation(self, transaction_id: str, person: Person | None = None, full_name: str = "") -> Confirmation:
        return Confirmation(
            provider=self.name,
            level=_LEVEL,
            transaction_id=transaction_id,
            confirm_time=self._clock.now(),
            personal_id=person.personal_id if person else None,
            full_name=full_name if person else None,
            birth_date=person.birth_date if person else None,
        )

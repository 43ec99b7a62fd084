"""Facts, as decisions ask for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from xacthuc.identity.domain.facts import Facts


@dataclass(frozen=True, slots=True)
class Standing:
    """Facts as they were read from the database."""

    facts: Facts
    read_ms: int


class StandingUnavailable(Exception):  # noqa: N818 - the state it names
    """The cache of facts does not answer."""


class StandingStore(Protocol):
    """The cache of facts, shared by all processes. Every method raises StandingUnavailable when it does not answer."""

    async def read(self, platform: str, account_id: str) -> Standing | None:
        """Returns what is kept, however old; None when nothing is."""
        ...

    async def lease(self, platform: str, account_id: str) -> bytes | None:
        """Returns the right to fill, which a write takes away; None while another process has it."""
        ...

    async def fill(self, platform: str, account_id: str, lease: bytes, standing: Standing, kept_ms: int) -> None:
        """Keeps `standing` for `kept_ms` if the lease still stands, else does nothing."""
        ...

    async def drop(self, platform: str, account_ids: Collection[str]) -> None:
        """Removes what is kept and every lease: call it after a commit that changed the accounts' facts."""
        ...


class FactsSource(Protocol):
    """The database, asked for facts alone, through a pool of its own."""

    async def read(self, platform: str, account_id: str) -> Facts:
        """Returns the facts of an account, or those of an unregistered one."""
        ...

    async def read_many(self, platform: str, account_ids: Sequence[str]) -> Mapping[str, Facts]:
        """Returns the same for each of many accounts at the cost of about one."""
        ...

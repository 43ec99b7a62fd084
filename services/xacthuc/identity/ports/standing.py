"""Facts, as decisions ask for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from xacthuc.identity.domain.facts import Facts


class Standing(NamedTuple):
    """Facts as they were read from the database."""

    facts: Facts
    read_ms: int


class StandingColumns(NamedTuple):
    """Standings of many accounts in the order they were asked for; an object for each costs more than deciding does."""

    facts: Sequence[Facts | None]
    """None where nothing is kept, or the cache cannot tell."""
    read_ms: Sequence[int]
    """0 where there are no facts."""
    untold: frozenset[int]
    """Positions of which the cache cannot tell."""


class StandingUnavailable(Exception):  # noqa: N818 - the state it names
    """The cache of facts does not answer."""


class StandingStore(Protocol):
    """The cache of facts, shared by all processes. It may be down in part."""

    async def read(self, platform: str, account_id: str) -> Standing | None:
        """Returns what is kept, however old; None when nothing is. Raises StandingUnavailable."""
        ...

    async def read_all(self, platform: str, account_ids: Collection[str]) -> StandingColumns:
        """Returns the same of many accounts, read in one trip."""
        ...

    async def lease(self, platform: str, account_ids: Sequence[str]) -> Mapping[str, bytes]:
        """Returns the right to fill, which a write takes away, for each account of which no other process has it.

        Where the cache does not answer nothing may be filled.
        """
        ...

    async def fill(self, platform: str, account_id: str, lease: bytes, standing: Standing, kept_ms: int) -> None:
        """Keeps `standing` for `kept_ms` if the lease still stands, else does nothing. Raises StandingUnavailable."""
        ...

    async def drop(self, platform: str, account_ids: Collection[str]) -> None:
        """Removes what is kept and every lease: call it after a commit that changed the accounts' facts.

        Raises StandingUnavailable when it could not be done for all.
        """
        ...


class FactsSource(Protocol):
    """The database, asked for facts alone, through a pool of its own."""

    async def read(self, platform: str, account_ids: Sequence[str]) -> Mapping[str, Facts]:
        """Returns the facts of all these accounts, of one that is not registered too."""
        ...

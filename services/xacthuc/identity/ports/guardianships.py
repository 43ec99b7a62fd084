"""Who answers for children, kept as the guardian service says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from xacthuc.identity.commands import Order
    from xacthuc.identity.domain.facts import Facts
    from xacthuc.identity.domain.guardianship import Candidate, Ending, GuardianRefusal, Guardianship, WardRefusal


class Guardianships(Protocol):
    """Who answers for which child."""

    async def put(
        self,
        order: Order,
        child_id: str,
        wanted: Guardianship,
        judge: Callable[[Facts, Mapping[str, Candidate]], WardRefusal | GuardianRefusal | None],
        *,
        now: datetime,
        ends: Callable[[Facts], Ending],
        purge_time: datetime,
    ) -> Guardianship | WardRefusal | GuardianRefusal:
        """Locks the child and its guardians in key order, asks `judge`, and keeps a newer version in one commit.

        With the first guardian no clock runs any more; with the end of the last one follows what `ends` says.
        The record of a guardian who answers for nobody any more is kept to `purge_time`.
        """
        ...

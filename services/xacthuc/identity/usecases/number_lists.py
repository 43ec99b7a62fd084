"""What operators do about lists of numbers that mobile operators and regulators send (R30, R31)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xacthuc.grpckit.errors import FailedPrecondition
from xacthuc.grpckit.reasons import Reason

if TYPE_CHECKING:
    from xacthuc.identity.commands import Order
    from xacthuc.identity.domain.number_lists import Batch, NumberList
    from xacthuc.identity.ports.number_lists import Taken
    from xacthuc.identity.usecases.identity import Identity


async def import_findings(identity: Identity, order: Order, given: NumberList, batch: Batch) -> NumberList:
    """Takes the next rows of a list; those that were taken before are left out."""
    return await identity.shield.finish(_import(identity, order, given, batch))


async def list_number_lists(identity: Identity, after: str, limit: int) -> tuple[list[NumberList], str]:
    """Returns a page of lists, and what to ask the next page with; empty at the end."""
    found = await identity.number_lists.lists(after, limit + 1)
    return found[:limit], found[limit - 1].list_id if len(found) > limit else ""


async def _import(identity: Identity, order: Order, given: NumberList, batch: Batch) -> NumberList:
    taken = await identity.number_lists.take(order, given, batch)
    for platform, changed in taken.changed:
        await identity.follow(platform, changed)
    return _continued(taken, given, batch)


def _continued(taken: Taken, given: NumberList, batch: Batch) -> NumberList:
    kept = taken.kept
    if not kept.is_same(given):
        raise FailedPrecondition(
            Reason.NUMBER_LIST_DIFFERS, "a list of that name is another one; a name is made from the list"
        )
    if kept.row_count < batch.end or (batch.complete and kept.complete_time is None):
        raise FailedPrecondition(
            Reason.NUMBER_LIST_OUT_OF_STEP,
            "rows before these are missing, or the list has ended; go on behind the rows that were taken",
            metadata={"row_count": str(kept.row_count)},
        )
    return kept

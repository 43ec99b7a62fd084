"""What operators do about work that was given up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xacthuc.grpckit.errors import NotFound
from xacthuc.grpckit.reasons import Reason

if TYPE_CHECKING:
    from xacthuc.identity.commands import Order
    from xacthuc.identity.usecases.identity import Identity
    from xacthuc.jobs.queue import HeldJob


async def list_held(identity: Identity, token: str, limit: int) -> tuple[list[HeldJob], str]:
    """Returns a page of held jobs behind `token`, and what to ask the next page with; empty at the end."""
    kind, _, job_id = token.partition("-")
    found = await identity.held_jobs.page((kind, int(job_id or 0)), limit + 1)
    page = found[:limit]
    return page, f"{page[-1].kind}-{page[-1].id}" if len(found) > limit else ""


async def retry(identity: Identity, order: Order, job_id: int) -> None:
    """Lets a held job be tried anew, and wakes whoever does it."""
    if not await identity.held_jobs.retry(order, job_id, identity.clock.now()):
        raise NotFound(Reason.JOB_NOT_HELD, "no such job is held; `xacthuc jobs list` shows those there are")
    identity.appended()

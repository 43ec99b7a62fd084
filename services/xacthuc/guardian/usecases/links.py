"""Who answers for which child: reading it, and ending it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xacthuc.guardian.usecases.refusals import linked, not_found

if TYPE_CHECKING:
    from xacthuc.guardian.commands import ByGuardian
    from xacthuc.guardian.domain.links import Link
    from xacthuc.guardian.usecases.guardian import Guardian
    from xacthuc.order import Order


async def get_link(guardian: Guardian, platform: str, link: str) -> Link:
    """Returns a link; NotFound when there is none."""
    found = await guardian.links.get(platform, link)
    if found is None:
        raise not_found()
    return found.as_of(guardian.clock.now())


async def list_links(
    guardian: Guardian, platform: str, account_id: str, before: int | None, limit: int
) -> tuple[list[Link], int | None]:
    """Returns a part of the links of an account, newest first; none when nothing is known of it."""
    page, following = await guardian.links.list_of(platform, account_id, before, limit)
    now = guardian.clock.now()
    return [each.as_of(now) for each in page], following


async def decline_link(guardian: Guardian, command: ByGuardian) -> Link:
    """Declines an invitation, or another guardian who waits for approval."""
    work = guardian.links.decline(command.order, command.link, command.by, guardian.clock.now())
    return linked(await guardian.carry_out(work), command.link, by="declining_link")


async def revoke_link(guardian: Guardian, order: Order, link: str) -> Link:
    """Ends a link at the guardian's wish (R21). Without another guardian identity shuts the gate within a second."""
    work = guardian.links.revoke(order, link, guardian.clock.now())
    return linked(await guardian.carry_out(work), link)

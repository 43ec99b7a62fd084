"""Who answers for which child."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xacthuc.grpckit.errors import FailedPrecondition, NotFound
from xacthuc.grpckit.reasons import Reason
from xacthuc.policy import NextStep

if TYPE_CHECKING:
    from xacthuc.guardian.domain.links import Link
    from xacthuc.guardian.usecases.guardian import Guardian


async def get_link(guardian: Guardian, platform: str, link: str) -> Link:
    """Returns a link; NotFound when there is none."""
    found = await guardian.links.get(platform, link)
    if found is None:
        raise not_found()
    return found


async def list_links(
    guardian: Guardian, platform: str, account_id: str, before: int | None, limit: int
) -> tuple[list[Link], int | None]:
    """Returns a part of the links of an account, newest first; none when nothing is known of it."""
    return await guardian.links.list_of(platform, account_id, before, limit)


def not_found() -> NotFound:
    """Returns what is said of a link that is not there."""
    return NotFound(Reason.LINK_NOT_FOUND, "there is no such link on this platform; invite the guardian again")


def not_active() -> FailedPrecondition:
    """Returns what is said of a link by which nobody answers for a child."""
    return FailedPrecondition(
        Reason.LINK_STATE,
        "nobody answers for a child by this link; look at the links of the child",
        metadata={"next_step": NextStep.LINK_GUARDIAN.value},
    )


def over() -> FailedPrecondition:
    """Returns what is said of a link after which nothing comes."""
    return FailedPrecondition(Reason.LINK_STATE, "the link is over; nothing about it can change any more")

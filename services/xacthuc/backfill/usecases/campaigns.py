"""Making, starting, stopping and ending campaigns, and looking at them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from xacthuc.audit.tags import Tag
from xacthuc.backfill.domain import lifecycle
from xacthuc.backfill.domain.campaign import WaveState
from xacthuc.backfill.domain.lifecycle import Bar
from xacthuc.grpckit.errors import AlreadyExists, FailedPrecondition, FieldFault, InvalidRequest, NotFound
from xacthuc.grpckit.reasons import Reason

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from xacthuc.backfill.domain.lifecycle import Change
    from xacthuc.backfill.ports.campaigns import Figures, Kept, NewTarget
    from xacthuc.backfill.usecases.backfill import Backfill
    from xacthuc.order import Order

T = TypeVar("T")

_STATES: Final = {
    Bar.STARTED: "the campaign was started already",
    Bar.NOT_RUNNING: "the campaign does not run; start or resume it",
    Bar.NOT_STOPPED: "the campaign is not paused, and no wave of it is held",
    Bar.OVER: "the campaign is over; create another one, with a deadline that is still to come",
    Bar.EMPTY: "the campaign has no accounts; import some for it first",
    Bar.NOT_STARTED: "nobody was asked anything yet; start the campaign first",
}


async def create_campaign(backfill: Backfill, order: Order, new: Kept) -> Kept:
    """Makes a campaign, which asks nobody anything before it is started."""
    if new.plan.end <= new.create_time:
        raise InvalidRequest(FieldFault("plan.end_time", "must lie in the future", "IN_PAST"))
    made = await backfill.shield.finish(backfill.campaigns.create(order, new))
    if made is None:
        raise AlreadyExists(
            Reason.CAMPAIGN_ALREADY_EXISTS, "the platform has a campaign of this id; give each one its own"
        )
    return made


async def add_targets(backfill: Backfill, order: Order, name: str, added: Sequence[NewTarget]) -> int:
    """Adds accounts; returns how many were not in the campaign before."""
    now = backfill.clock.now()
    return there(await backfill.shield.finish(backfill.campaigns.add(order, name, added, now)))


async def preview_start(backfill: Backfill, platform: str, name: str) -> Figures:
    """Tells what a start would ask whom; FailedPrecondition where it would be refused."""
    figures = await get_figures(backfill, platform, name)
    there(_started(figures, backfill))
    return figures


async def start_campaign(backfill: Backfill, order: Order, name: str) -> Figures:
    """Has a campaign ask its accounts from now on."""
    await backfill.campaigns.survey()
    await _change(backfill, order, name, lambda figures: _started(figures, backfill), Tag.CAMPAIGN_STARTED)
    return await get_figures(backfill, order.platform, name)


async def pause_campaign(backfill: Backfill, order: Order, name: str, reason: str) -> Kept:
    """Stops a campaign for a while."""

    def decide(figures: Figures) -> Change | Bar:
        return lifecycle.pause(figures.kept.state, figures.kept.plan)

    return await _change(backfill, order, name, decide, Tag.CAMPAIGN_PAUSED, reason=reason)


async def resume_campaign(backfill: Backfill, order: Order, name: str, reason: str) -> Kept:
    """Lets a campaign go on, and opens its waves that were held."""

    def decide(figures: Figures) -> Change | Bar:
        held = any(wave.state is WaveState.HELD for wave in figures.waves)
        return lifecycle.resume(figures.kept.state, figures.kept.plan, held=held)

    return await _change(backfill, order, name, decide, Tag.CAMPAIGN_RESUMED, reason=reason)


async def kill_campaign(backfill: Backfill, order: Order, name: str, reason: str) -> Kept:
    """Ends a campaign for good."""

    def decide(figures: Figures) -> Change | Bar:
        return lifecycle.kill(figures.kept.state, figures.kept.plan)

    return await _change(backfill, order, name, decide, Tag.CAMPAIGN_KILLED, reason=reason)


async def get_figures(backfill: Backfill, platform: str, name: str) -> Figures:
    """Returns a campaign with what became of how many accounts."""
    return there(await backfill.campaigns.figures(platform, name))


async def list_campaigns(backfill: Backfill, platform: str, after: str, limit: int) -> tuple[list[Kept], str]:
    """Returns a part of a platform's campaigns, and behind which name the next part begins; empty at the end."""
    found = await backfill.campaigns.page(platform, after, limit + 1)
    return found[:limit], found[limit - 1].name if len(found) > limit else ""


def _started(figures: Figures, backfill: Backfill) -> Change | Bar:
    return lifecycle.start(figures.kept.state, figures.kept.plan, figures.accounts, backfill.clock.now())


async def _change(
    backfill: Backfill,
    order: Order,
    name: str,
    decide: Callable[[Figures], Change | Bar],
    tag: Tag,
    *,
    reason: str = "",
) -> Kept:
    changing = backfill.campaigns.change(order, name, decide, backfill.clock.now(), tag=tag, reason=reason)
    kept = there(await backfill.shield.finish(changing))
    backfill.due()
    return kept


def there(found: T | Bar | None) -> T:
    """Returns what was found; NotFound or FailedPrecondition otherwise."""
    if found is None:
        raise NotFound(Reason.CAMPAIGN_NOT_FOUND, "the platform has no campaign of this id; create it first")
    if isinstance(found, Bar):
        raise FailedPrecondition(Reason.CAMPAIGN_STATE, _STATES[found], metadata={"bar": found})
    return found

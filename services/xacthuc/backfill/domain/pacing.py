"""How many notices may go: by the day's money, and by the pace of those providers that work. Pure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from xacthuc.backfill.domain.campaign import NO_CAP

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from xacthuc.backfill.domain.campaign import Budget, Provider, Purse


def room(providers: Sequence[Provider], seconds: float, down: Collection[str] = ()) -> int:
    """Returns how many notices the providers that are not `down` carry in `seconds`."""
    return sum(math.floor(each.per_second * seconds) for each in providers if each.name not in down)


def affordable(budget: Budget, purse: Purse, price_vnd: int) -> int | None:
    """Returns how many more notices of a price may go today; None when nothing bounds them."""
    bounds = [
        (cap - spent) // unit
        for cap, spent, unit in (
            (budget.vnd_per_day, purse.today_vnd, price_vnd),
            (budget.vnd, purse.vnd, price_vnd),
            (budget.notices_per_day, purse.today_notices, 1),
        )
        if cap != NO_CAP and unit > 0
    ]
    if 0 in (budget.vnd_per_day, budget.vnd):
        return 0  # as with `spend cap 0`: not even what is free goes out
    return max(0, min(bounds)) if bounds else None


def shared(count: int, providers: Sequence[Provider], seconds: float, down: Collection[str] = ()) -> dict[str, int]:
    """Returns how many of `count` notices each provider carries in `seconds`: by weight, as far as its pace allows.

    What is beyond the pace of one goes to the others by the same rule; what is beyond that of all is left.
    """
    free = {each.name: math.floor(each.per_second * seconds) for each in providers if each.name not in down}
    taken = dict.fromkeys((each.name for each in providers), 0)
    left = min(count, sum(free.values()))
    while left > 0:
        open_ = [each for each in providers if free.get(each.name, 0) > taken[each.name]]
        weight = sum(each.weight for each in open_)
        for each in sorted(open_, key=lambda each: -each.weight):
            share = min(-(-left * each.weight // weight), free[each.name] - taken[each.name], left)
            taken[each.name] += share
            left -= share
            weight -= each.weight
            if left == 0:
                break
    return taken

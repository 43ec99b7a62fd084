"""Verbs of operators over what platforms spend on messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xacthuc.otp.domain.spending import Budget, Spending
    from xacthuc.otp.ports import Money
    from xacthuc.otp.usecases.otp import Otp


async def set_spend_cap(
    otp: Otp, money: Money, platform: str, budget: Budget, *, cap_vnd: int, reason: str, actor: str
) -> Spending:
    """Bounds what one budget may spend a day, from the next message on; returns it with what is spent already."""
    return await money.set_cap(platform, budget, cap_vnd, reason, otp.clock.now_ms(), actor=actor)


async def list_spending(otp: Otp, money: Money) -> list[Spending]:
    """Returns what platforms have spent today and may spend."""
    return await money.spendings(otp.clock.now_ms())

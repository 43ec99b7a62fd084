"""Numbers of accounts as they are kept: sealed for whoever sends to them, and as what stands for the person."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

from xacthuc.backfill.domain.campaign import SPOTS, TargetState
from xacthuc.backfill.domain.classes import OF_CHILDREN
from xacthuc.sealing import BlindIndex

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from xacthuc.backfill.ports.campaigns import Kept, NewTarget
    from xacthuc.sealing import KeyRing, Sealer

_SPOT_BYTES = 8


class Numbers:
    """Seals and opens them."""

    def __init__(self, sealer: Sealer, index_ring: KeyRing) -> None:
        """Takes what seals, and the masters of the keys by which two accounts on one number are recognised."""
        self._sealer = sealer
        self._people = BlindIndex(index_ring, "backfill-person")

    def rows(self, kept: Kept, added: Sequence[NewTarget], now: datetime) -> list[dict[str, Any]]:
        """Returns the rows of accounts that are added to a campaign; they are looked at once it runs.

        Of a child no number is kept, whoever gives one.
        """
        numbers = ["" if target.account_class in OF_CHILDREN else target.number for target in added]
        people = self._people.of_each(kept.platform, numbers)
        places = [_place(kept.platform, kept.name, target.account_id) for target in added]
        sealed = self._sealer.seal_many([number.encode() for number in numbers], places)
        return [
            {
                "platform": kept.platform,
                "campaign": kept.name,
                "account": target.account_id,
                "class": target.account_class,
                "spot": spot(kept.plan.campaign_id, target.account_id),
                "person": person if number else None,
                "number": blob if number else None,
                "state": TargetState.OPEN,
                "wave": 0,
                "due_time": now,
                "state_time": now,
            }
            for target, number, person, blob in zip(added, numbers, people, sealed, strict=True)
        ]

    def open(self, platform: str, name: str, account_id: str, sealed: bytes) -> str:
        """Returns the number of an account of a campaign, in E.164."""
        return self._sealer.open(sealed, _place(platform, name, account_id)).decode()


def spot(campaign_id: UUID, account_id: str) -> int:
    """Draws an account's spot: the same however often it is added, and another one in another campaign."""
    drawn = sha256(campaign_id.bytes + account_id.encode()).digest()
    return int.from_bytes(drawn[:_SPOT_BYTES], "big") % SPOTS


def _place(platform: str, name: str, account_id: str) -> bytes:
    return f"backfill/number/{platform}/{name}/{account_id}".encode()

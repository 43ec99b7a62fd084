"""Secrets of webhooks, sealed under the service's ring: signing needs them back, so a hash would not do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import or_, select, update

from xacthuc.identity.adapters.webhooks.tables import webhook_secrets
from xacthuc.sql.engine import transaction

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from xacthuc.identity.adapters.rotation.paging import Key, OldRows
    from xacthuc.masked import Sealed
    from xacthuc.sealing import Sealer


class WebhookSecrets:
    """Seals and opens them, each for its own place."""

    def __init__(self, sealer: Sealer) -> None:
        """Takes what seals."""
        self._sealer = sealer

    def seal(self, platform: str, webhook_id: str, secret_id: str, secret: bytes) -> Sealed:
        """Returns a secret as it is kept."""
        return self._sealer.seal(secret, _place(platform, webhook_id, secret_id))

    async def read(self, connection: AsyncConnection, platform: str, webhook_id: str, now: datetime) -> list[bytes]:
        """Returns a webhook's secrets that are good at `now`, newest first."""
        of = webhook_secrets.c
        good = or_(of.expire_time.is_(None), of.expire_time > now)
        rows = await connection.execute(
            select(webhook_secrets)
            .where(of.platform == platform, of.webhook == webhook_id, good)
            .order_by(of.create_time.desc())
        )
        return [self._sealer.open(row.secret, _place(platform, webhook_id, row.secret_id)) for row in rows]

    async def renew(self, rows: OldRows, after: Key | None, last: Key) -> int:
        """Seals a stretch anew under the current key; returns how many."""
        of = webhook_secrets.c
        found = select(webhook_secrets).where(rows.between(after, last), rows.is_old).with_for_update(skip_locked=True)
        renewed = 0
        async with transaction(rows.engine) as connection:
            for row in (await connection.execute(found)).all():
                place = (row.platform, row.webhook, row.secret_id)
                secret = self._sealer.open(row.secret, _place(*place))
                await connection.execute(
                    update(webhook_secrets)
                    .where(of.platform == row.platform, of.webhook == row.webhook, of.secret_id == row.secret_id)
                    .values(secret=self.seal(*place, secret))
                )
                renewed += 1
        return renewed


def _place(platform: str, webhook_id: str, secret_id: str) -> bytes:
    return f"identity/webhook/{platform}/{webhook_id}/{secret_id}".encode()

"""Graces of the law, ended and given back in PostgreSQL: some accounts in a commit.

The approval's row is locked first and says how many accounts it has ended so far, and whether it was undone. So calls of one
approval follow each other, whoever makes them, and none ends more than two people agreed to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import Text, any_, bindparam, func, null, select, update
from sqlalchemy.dialects.postgresql import ARRAY

from xacthuc.audit.tags import Tag
from xacthuc.identity.adapters.account_writes import entry, event, lock_accounts
from xacthuc.identity.adapters.approvals.rows import find
from xacthuc.identity.adapters.approvals.tables import approvals
from xacthuc.identity.adapters.events import EventKind
from xacthuc.identity.adapters.second_look import second_look
from xacthuc.identity.adapters.tables import accounts, outbox, trail
from xacthuc.identity.domain.approvals import ApprovalKind, Executed
from xacthuc.identity.domain.grace import Ended, Restored, TransitionBar, ending, restoring
from xacthuc.identity.ports.transitions import Running
from xacthuc.sql.engine import transaction

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from xacthuc.identity.adapters.account_database import AccountDatabase
    from xacthuc.identity.adapters.account_keys import AccountKey
    from xacthuc.identity.commands import Order
    from xacthuc.identity.domain.approvals import Approval
    from xacthuc.identity.domain.facts import Facts
    from xacthuc.sql.columns import Json

_ENDED: Final = "ended"
_RESTORED: Final = "restored"
_UNDO_TIME: Final = "undo_time"
"""What the result of an approval says of it."""


class _Known(NamedTuple):
    """What is known of an account under its lock."""

    facts: Facts
    approval: str | None
    """By what its grace was ended."""


class SqlTransitions:
    """The port `Transitions`."""

    def __init__(self, database: AccountDatabase) -> None:
        """Takes where accounts lie."""
        self._engine = database.engine
        self._keys = database.keys
        self._rows = database.rows

    async def running(self, platform: str, account_ids: Sequence[str], now: datetime) -> Running:
        """Counts them by key."""
        of = accounts.c
        counted = select(func.count(), func.max(of.transition_until)).where(
            of.platform == platform, of.account == _any(account_ids), of.transition_until > now
        )
        async with transaction(self._engine) as connection:
            return Running(*(await connection.execute(counted)).one())

    @second_look
    async def end(
        self, order: Order, approval_id: str, account_ids: Sequence[str], now: datetime
    ) -> Sequence[Ended] | TransitionBar:
        """Ends them at once."""
        keys, now_ms = await self._keys.get_many(order.platform, account_ids), _ms(now)
        async with transaction(self._engine) as connection:
            approval = await find(connection, approval_id, order.platform, lock=True)
            result = _result(approval)
            if approval is None or result is None:
                return TransitionBar.NOT_EXECUTED
            if _UNDO_TIME in result:
                return TransitionBar.UNDONE
            known = await self._read(connection, order.platform, keys)
            became = {
                account: ending(each.facts, by_this=each.approval == approval_id, now_ms=now_ms)
                for account, each in known.items()
            }
            new = [each for each in account_ids if became[each] is Ended.ENDED and known[each].approval != approval_id]
            ended = int(result.get(_ENDED, "0")) + len(new)
            if ended > int(approval.act.text("account_count")):
                return TransitionBar.TOO_MANY
            await _write(connection, order, new, {"transition_approval": approval_id, **_ending_at(now)}, now)
            detail: Json = {"approval": approval_id, "basis": approval.act.text("basis")}
            await _tell(
                connection, order, new, Tag.TRANSITION_ENDED, EventKind.TRANSITION_ENDED, now=now, detail=detail
            )
            await _keep(connection, approval_id, {**result, _ENDED: str(ended)})
        return [became[account] for account in account_ids]

    @second_look
    async def restore(
        self, order: Order, approval_id: str, account_ids: Sequence[str], reason: str, now: datetime
    ) -> Sequence[Restored] | TransitionBar:
        """Gives them back; of who is verified nothing is left of it."""
        keys, now_ms = await self._keys.get_many(order.platform, account_ids), _ms(now)
        async with transaction(self._engine) as connection:
            approval = await find(connection, approval_id, order.platform, lock=True)
            result = _result(approval)
            if result is None:
                return TransitionBar.NOT_EXECUTED
            known = await self._read(connection, order.platform, keys)
            became = {
                account: restoring(each.facts, by_this=each.approval == approval_id, now_ms=now_ms)
                for account, each in known.items()
            }
            back = [account for account in account_ids if became[account] is Restored.RESTORED]
            of = accounts.c
            until = func.greatest(of.transition_until, of.transition_before)
            await _write(connection, order, back, {"transition_until": until, **_NOTHING_ENDED}, now)
            rest = [account for account in account_ids if became[account] is Restored.VERIFIED]
            await _write(connection, order, rest, _NOTHING_ENDED, now)
            detail: Json = {"approval": approval_id, "reason": reason}
            tag, kind = Tag.TRANSITION_RESTORED, EventKind.TRANSITION_RESTORED
            await _tell(connection, order, back, tag, kind, now=now, detail=detail)
            restored = int(result.get(_RESTORED, "0")) + len(back)
            undone = {_UNDO_TIME: now.isoformat(), **result, _RESTORED: str(restored)}
            await _keep(connection, approval_id, undone)
        return [became[account] for account in account_ids]

    async def _read(
        self, connection: AsyncConnection, platform: str, keys: Mapping[str, AccountKey]
    ) -> dict[str, _Known]:
        """Locks accounts, and reads them; also those that there are not."""
        await lock_accounts(connection, platform, list(keys))
        of = accounts.c
        query = select(of.account, of.transition_approval).where(of.platform == platform, of.account == _any(keys))
        by = {row.account: row.transition_approval for row in await connection.execute(query)}
        found = await self._rows.read(connection, platform, list(keys))
        return {
            account: _Known(self._rows.told_facts(found, account, key), by.get(account))
            for account, key in keys.items()
        }


_NOTHING_ENDED: Final[Mapping[str, object]] = {"transition_approval": null(), "transition_before": null()}


def _ending_at(now: datetime) -> dict[str, object]:
    return {"transition_until": now, "transition_before": accounts.c.transition_until}


async def _write(
    connection: AsyncConnection, order: Order, account_ids: Sequence[str], values: Mapping[str, object], now: datetime
) -> None:
    if account_ids:
        of = accounts.c
        changed = update(accounts).where(of.platform == order.platform, of.account == _any(account_ids))
        await connection.execute(changed.values(**values, update_time=now))


async def _tell(
    connection: AsyncConnection,
    order: Order,
    account_ids: Sequence[str],
    tag: Tag,
    kind: EventKind,
    *,
    now: datetime,
    detail: Json,
) -> None:
    await trail.write(connection, [entry(order, tag, each, now, detail) for each in account_ids])
    await outbox.append(connection, [event(order, kind, each, now) for each in account_ids])


async def _keep(connection: AsyncConnection, approval_id: str, result: Mapping[str, str]) -> None:
    kept = update(approvals).where(approvals.c.approval == approval_id)
    await connection.execute(kept.values(result=dict(result)))


def _result(approval: Approval | None) -> Mapping[str, str] | None:
    """Returns what came so far of an approval of this kind; None where nothing may be done by it."""
    if approval is None or approval.act.kind is not ApprovalKind.TRANSITION_END:
        return None
    return approval.outcome.result if isinstance(approval.outcome, Executed) else None


def _any(account_ids: Any) -> Any:
    return any_(bindparam(None, list(account_ids), type_=ARRAY(Text)))


def _ms(now: datetime) -> int:
    return int(now.timestamp() * 1000)

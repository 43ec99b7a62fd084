"""Tells the old number of an account that another one took its place: whoever holds it may know nothing of that.

A durable job, because the change is committed before anybody can be told. Best effort, because nothing that failed here
may undo it: an hour's budget, a block or a number out of use ends it within a day.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid5

from sqlalchemy import select

from xacthuc.grpckit.errors import AlreadyExists, FailedPrecondition, InvalidRequest, LimitExceeded
from xacthuc.identity.adapters.account_keys import NoKey
from xacthuc.identity.adapters.job_kinds import JobKind
from xacthuc.identity.adapters.tables import evidence
from xacthuc.jobs.job import Done, Job, RetryAt
from xacthuc.sql.engine import transaction

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from xacthuc.clock import Clock
    from xacthuc.identity.adapters.account_keys import AccountKeys
    from xacthuc.identity.adapters.otp_client import OtpClient
    from xacthuc.identity.commands import Order
    from xacthuc.sql.columns import Json

TEMPLATE: Final = "number_moved"
"""Of the policy's notices; it has neither code nor URL."""

_WORTH_TELLING: Final = timedelta(hours=20)
"""The one-time-code service knows a repeated notice for 24 hours, and later it is no news."""
_PAUSE: Final = timedelta(hours=1)


def notice_to(order: Order, account_id: str, evidence_id: int) -> Job:
    """Returns the job of telling the number that this evidence was of."""
    payload: Json = {
        "platform": order.platform,
        "account": account_id,
        "evidence": evidence_id,
        "request_id": str(uuid5(UUID(order.request_id), TEMPLATE)),
    }
    return Job(JobKind.NUMBER_NOTICE, str(evidence_id), payload)


class NumberNotices:
    """Does these jobs."""

    def __init__(self, engine: AsyncEngine, keys: AccountKeys, otp: OtpClient, clock: Clock) -> None:
        """Takes where numbers are kept sealed, what opens them, and who sends."""
        self._engine = engine
        self._keys = keys
        self._otp = otp
        self._clock = clock

    async def tell(self, job: Job) -> Done | RetryAt:
        """Sends one notice; the same one however often it runs."""
        platform, account_id = str(job.payload["platform"]), str(job.payload["account"])
        key = await self._keys.get(platform, account_id)
        of = evidence.c
        ended = select(of.number, of.lapse_time).where(
            of.platform == platform, of.account == account_id, of.id == job.payload["evidence"]
        )
        async with transaction(self._engine) as connection:
            row = (await connection.execute(ended)).one_or_none()
        if row is None or isinstance(key, NoKey):
            return Done("ERASED")
        now = self._clock.now()
        if now > row.lapse_time + _WORTH_TELLING:
            return Done("TOO_LATE")
        try:
            await self._otp.send_notice(platform, key.number(row.number), TEMPLATE, str(job.payload["request_id"]))
        except LimitExceeded as refused:
            return RetryAt(now + (refused.retry_after or _PAUSE), "NO_BUDGET")
        except (AlreadyExists, FailedPrecondition, InvalidRequest):  # told before, or not to be told
            return Done("REFUSED")
        return Done()

"""`kill -9` of the guardian service at any moment: nothing is half written, nothing is done twice, identity is told in the end."""

from __future__ import annotations

import asyncio
import logging
import os
import random
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
from google.type.date_pb2 import Date
from guardian_home import Home
from guardian_process import GuardianProcess

from xacthuc.api.guardian.v1 import resources_pb2
from xacthuc.api.guardian.v1 import service_pb2 as pb2
from xacthuc.api.identity.v1 import resources_pb2 as identity_pb2
from xacthuc.api.identity.v1 import service_pb2 as accounts_pb2
from xacthuc.sql.migrations import dsn

ROUNDS, TURNS = (60, 40) if os.environ.get("XACTHUC_SOAK") else (3, 2)
LOOKS_KILLED = 6 if os.environ.get("XACTHUC_SOAK") else 2
FAMILIES = 6
CHILD = (datetime.now(UTC).year - 12, 1, 1)
WHOLE = {
    "a link without a history that ends where it stands": (
        "SELECT count(*) FROM guardian.links l WHERE state IS DISTINCT FROM (SELECT c.state FROM guardian.link_changes c"
        " WHERE (c.platform, c.link) = (l.platform, l.link) ORDER BY c.number DESC LIMIT 1)"
    ),
    "a link that was made active more or less often than it was told": (
        "SELECT count(*) FROM guardian.links l WHERE 1 <> (SELECT count(*) FROM guardian.outbox o"
        " WHERE o.subject = l.child AND o.kind = 'LINK_ACTIVE' AND o.detail ->> 'link' = l.link)"
    ),
    "a link that was confirmed more or less often than the trail says": (
        "SELECT count(*) FROM guardian.links l WHERE 1 <> (SELECT count(*) FROM guardian.audit a"
        " WHERE a.tag = 'guardian:link:confirmed' AND a.detail ->> 'link' = l.link)"
    ),
    "more than one answering for a child": (
        "SELECT count(*) FROM (SELECT FROM guardian.links WHERE state = 'ACTIVE' GROUP BY platform, child"
        " HAVING count(*) > 1) AS doubled"
    ),
}
ENDED_OTHER_THAN_ONCE = (
    "SELECT count(*) FROM guardian.links l WHERE 1 <> (SELECT count(*) FROM guardian.audit a"
    " WHERE a.tag = 'guardian:link:ended' AND a.detail ->> 'link' = l.link)"
)
BEHIND = (
    "SELECT count(*) FROM guardian.children c WHERE version IS DISTINCT FROM (SELECT s.version"
    " FROM identity.supervisions s WHERE (s.platform, s.child) = (c.platform, c.child))"
)
"""Children of whom identity has not heard the newest, or anything."""


class Moments:
    """When something was done, for whoever kills next."""

    def __init__(self) -> None:
        self._done, self._over = asyncio.Semaphore(0), False

    def came(self) -> None:
        self._done.release()

    def end(self) -> None:
        """From now on nobody is to be killed any more."""
        self._over = True
        self.came()

    async def several(self) -> bool:
        """Waits for some to come from now on; returns whether there is still anybody to kill.

        From now on: a service that is killed as soon as it is back does nothing at all.
        """
        while not self._done.locked():
            await self._done.acquire()
        for _ in range(random.randint(1, FAMILIES)):
            if self._over:
                return False
            await self._done.acquire()
        return not self._over


async def test_a_service_that_is_killed_leaves_nothing_half_written_and_does_nothing_twice(
    home: Home, service: GuardianProcess
):
    moments = Moments()
    answers: list[tuple[resources_pb2.Link, resources_pb2.Link]] = []

    async def grow_up(family: int) -> None:
        for turn in range(TURNS):
            child, number = f"be{family}-{turn}", f"+84912{family}{turn:05d}"
            await home.accounts.register(child, CHILD)
            link = await home.invite(child, number)
            moments.came()
            confirmation = home.confirmation(link, number)
            first = await home.insist("ConfirmLink", confirmation)
            answers.append((first, await home.insist("ConfirmLink", confirmation)))
            moments.came()
            if turn:
                await home.insist("RevokeLink", pb2.RevokeLinkRequest(name=link.name, request_id=str(uuid4())))

    async def grow() -> None:
        async with asyncio.TaskGroup() as families:
            for family in range(FAMILIES):
                families.create_task(grow_up(family))
        moments.end()

    async def kill() -> None:
        killed = 0
        while killed < ROUNDS and await moments.several():
            service.kill()
            await asyncio.to_thread(service.start)
            killed += 1
        logging.getLogger(__name__).info("%d kills, %d families", killed, FAMILIES * TURNS)

    async with asyncio.TaskGroup() as group:
        group.create_task(kill())
        group.create_task(grow())

    assert all(first == again and first.state == resources_pb2.Link.ACTIVE for first, again in answers)
    connection = await asyncpg.connect(dsn(service.environment["XACTHUC_DATABASE_URL"]))
    try:
        assert {wrong: await connection.fetchval(query) for wrong, query in WHOLE.items()} == dict.fromkeys(WHOLE, 0)
        async with asyncio.timeout(120):  # a job of a killed process is taken again after its lease of 15 s
            while await connection.fetchval(BEHIND):
                await asyncio.sleep(0.1)
    finally:
        await connection.close()
    for family in range(FAMILIES):
        assert (await home.accounts.get(f"be{family}-0")).state == identity_pb2.Account.VERIFIED
        assert (await home.accounts.get(f"be{family}-1")).state == identity_pb2.Account.PENDING_GUARDIAN


async def test_identity_that_is_down_is_told_once_it_is_back_and_its_gate_stays_shut_until_then(
    home: Home, service: GuardianProcess, eventually
):
    await home.accounts.register("be", CHILD)
    link = await home.invite("be", "+84912345678")
    await home.insist("ConfirmLink", home.confirmation(link, "+84912345678"))
    await eventually(lambda: state_of(home, identity_pb2.Account.VERIFIED), within=timedelta(seconds=30))

    service.identity.kill()
    ended = await home.call("RevokeLink", pb2.RevokeLinkRequest(name=link.name, request_id=str(uuid4())))
    assert ended.state == resources_pb2.Link.ENDED
    service.identity.start()

    await eventually(lambda: state_of(home, identity_pb2.Account.PENDING_GUARDIAN), within=timedelta(seconds=90))


async def state_of(home: Home, state: identity_pb2.Account.State.ValueType) -> bool:
    return (await home.accounts.get("be")).state == state


async def test_a_look_that_dies_is_taken_again_and_ends_each_link_once(home: Home, service: GuardianProcess):
    """Children turn out to be 17: identity says so once, and whoever follows it or looks dies over it."""
    moments = asyncio.Semaphore(0)
    for family in range(FAMILIES):
        await home.accounts.register(f"be{family}", CHILD)
        link = await home.invite(f"be{family}", f"+8491234567{family}")
        await home.insist("ConfirmLink", home.confirmation(link, f"+8491234567{family}"))

    async def grow_up() -> None:
        for family in range(FAMILIES):
            correction = accounts_pb2.CorrectAccountRequest(
                name=f"accounts/be{family}", birth_date=Date(year=CHILD[0] - 5, month=1, day=1), request_id=str(uuid4())
            )
            await home.accounts.ask("CorrectAccount", correction)
            moments.release()

    async def kill() -> None:
        for _ in range(LOOKS_KILLED):
            await moments.acquire()
            service.kill()
            await asyncio.to_thread(service.start)

    async with asyncio.TaskGroup() as group:
        group.create_task(kill())
        group.create_task(grow_up())

    connection = await asyncpg.connect(dsn(service.environment["XACTHUC_DATABASE_URL"]))
    try:
        async with asyncio.timeout(120):  # a job of a killed process is taken again after its lease of 15 s
            while await connection.fetchval("SELECT count(*) FROM guardian.links WHERE state <> 'ENDED'"):
                await asyncio.sleep(0.1)
        assert await connection.fetchval(ENDED_OTHER_THAN_ONCE) == 0
    finally:
        await connection.close()

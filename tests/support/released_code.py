"""The code that knew revision 0001, as far as PostgreSQL can tell: its statements, in its transactions.

It keeps one connection and prepares every statement once, as the real one does, so that it also meets what a migration
does to statements that were prepared before it.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import asyncpg

from xacthuc.sql.migrations import dsn

FILE = Path(__file__).resolve().parents[1] / "data" / "identity" / "released_0001.sql"
NAMED = re.compile(r"^-- name: (\w+)\n(.+?)(?=^-- name: |\Z)", re.MULTILINE | re.DOTALL)
STATEMENTS = dict(NAMED.findall(FILE.read_text("utf-8")))

PLATFORM = "forum"
NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
NUMBER_INDEX = b"\x01" * 16


class ReleasedCode:
    """What processes of revision 0001 do."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self.connection = connection
        self.said: set[str] = set()

    @classmethod
    async def connect(cls, url: str) -> ReleasedCode:
        return cls(await asyncpg.connect(dsn(url)))

    async def close(self) -> None:
        await self.connection.close()

    async def say(self, name: str, *values: object) -> list[asyncpg.Record]:
        self.said.add(name)
        return await self.connection.fetch(STATEMENTS[name], *values)

    async def found(self, platform: str = PLATFORM) -> None:
        """CreatePlatform and CreatePlatformKey, and the end of that key."""
        await self.say("create_platform", platform, "Forum", NOW)
        assert len(await self.say("lock_platform", platform)) == 1
        key_id = uuid4().hex
        await self.say("create_key", platform, key_id, b"\x02" * 32, ["identity.read"], "ACTIVE", NOW, None, 1)
        await self.say("save_key", "REVOKED", NOW, 2, platform, key_id)

    async def register(self, account: str, platform: str = PLATFORM) -> None:
        """RegisterAccount."""
        request = (platform, "RegisterAccount", str(uuid4()))
        async with self.connection.transaction():
            assert await self.say("find_request", *request) == []
            await self.say("insert_account", platform, account, b"sealed", NOW, NOW)
            await self.say("insert_consent", platform, account, "1", NOW, NOW)
            await self._tell(request, account, "identity:account:registered", "ACCOUNT_REGISTERED")
            await self.say("record_request", *request, b"print", b"answer", NOW)

    async def verify(self, account: str, displaced: str, index: bytes = NUMBER_INDEX) -> None:
        """VerifyPhone with a number that another account held, in its two transactions."""
        request = (PLATFORM, "VerifyPhone", str(uuid4()))
        async with self.connection.transaction():
            assert await self.say("find_request", *request) == []
            assert await self.read(account)
            await self.say("record_request", *request, b"print", None, NOW)
        async with self.connection.transaction():
            assert [tuple(row) for row in await self.say("lock_request", *request)] == [(b"print", None)]
            await self.say("lock_number", 7)
            await self.say("read_claims", PLATFORM, index)
            assert len(await self.say("lock_two_accounts", PLATFORM, account, displaced)) == 2
            await self.say("use_proof", uuid4().hex, PLATFORM, account, NOW)
            await self.say("lapse_evidence", NOW, "MOVED", PLATFORM, "PHONE", displaced)
            await self.say("give_up_claims", PLATFORM, displaced)
            await self.say("touch_account", NOW, PLATFORM, displaced)
            await self.say("insert_evidence", PLATFORM, account, "PHONE", "otp/sms", NOW, b"sealed", index)
            await self.say("claim_number", PLATFORM, index, account, NOW)
            await self._tell(request, account, "identity:account:phone_verified", "PHONE_VERIFIED")
            await self.say("answer_request", b"answer", *request)

    async def read(self, account: str) -> list[asyncpg.Record]:
        """GetAccount and CheckAction."""
        return await self.say("read_account", PLATFORM, account)

    async def standing(self, account: str) -> list[str]:
        """Returns the kinds of what stands proven of an account."""
        return [row["kind"] for row in await self.read(account) if row["kind"] and row["lapse_time"] is None]

    async def place(self) -> int:
        """One pass of the relay."""
        async with self.connection.transaction():
            assert [tuple(row) for row in await self.say("lock_relay", "identity.outbox")] == [(True,)]
            (pass_,) = await self.say("place_events")
        return int(pass_["placed"])

    async def events(self) -> list[int]:
        """Returns the positions there are."""
        return [row["position"] for row in await self.say("read_events", 0, 100_000)]

    async def _tell(self, request: tuple[str, str, str], account: str, tag: str, kind: str) -> None:
        platform, _, request_id = request
        await self.say("write_audit", tag, NOW, platform, account, "key:test", request_id, "0" * 32, "{}")
        await self.say("append_event", platform, account, kind, NOW, "{}")

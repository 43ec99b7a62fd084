"""The source of facts as the service has it, with its questions counted and its answers held back."""

from __future__ import annotations

import asyncio


class Counted:
    """The database, with its questions counted and perhaps held back."""

    def __init__(self, source):
        self._source = source
        self.questions = []
        self.asked = self.told = 0
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def read(self, platform, account_ids):
        self.asked += 1
        self.questions.append(tuple(account_ids))
        facts = await self._source.read(platform, account_ids)
        self.told += 1
        await self.may_answer.wait()
        return facts

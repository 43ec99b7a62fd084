"""A store with challenges and notices in it, and what is known of them: the platform's side of delivery."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from xacthuc.clock import SystemClock
from xacthuc.ids import new_request_id
from xacthuc.otp.adapters.valkey_admin import ValkeyAdministration
from xacthuc.otp.adapters.valkey_challenges import ValkeyChallenges
from xacthuc.otp.adapters.valkey_notices import ValkeyNotices, notice_rules
from xacthuc.otp.adapters.valkey_spending import ValkeySpending
from xacthuc.otp.domain import challenge_id
from xacthuc.otp.domain.code import Deriver
from xacthuc.otp.domain.notices import NumberBudget
from xacthuc.otp.domain.rules import Rules
from xacthuc.otp.domain.starter import Starter
from xacthuc.otp.ports import NewChallenge, NewNotice
from xacthuc.policy import Policy, Purpose
from xacthuc.policy.vocabulary import ChoiceMethod
from xacthuc.ratelimit.limiter import Limiter
from xacthuc.sealing import KeyRing, Sealer, read_key
from xacthuc.up import keys
from xacthuc.valkey.partition import partition_of

if TYPE_CHECKING:
    from pathlib import Path

    from xacthuc.otp.domain.challenge_id import ChallengeId
    from xacthuc.valkey import Store

PLATFORM = "forum"
SEALED = {b"n", b"s"}
ACCOUNT, DEVICE, ADDRESS, PREFIX = "acc", "dev", "adr", "pre"


class Installation:
    """A store, keys and a policy; the platform's side of delivery, and what an operator sees of it."""

    def __init__(self, store: Store, url: str, directory: Path) -> None:
        self.store = store
        self.url = url
        self.clock = SystemClock()
        policy = Policy.load()
        # Notices wait for the morning, tests do not; and they say themselves who is asked first.
        self.policy = replace(
            policy,
            bulk=replace(policy.bulk, hours="00:00-24:00"),
            choice=replace(policy.choice, method=ChoiceMethod.WEIGHTED),
        )
        self.keys = directory / "keys"
        self.keys.mkdir()
        keys.make_missing(self.keys)
        self.providers = directory / "providers"
        self.providers.mkdir()
        self.texts = directory / "texts"
        self.inbox = directory / "inbox.jsonl"
        self.log = directory / "worker.log"
        self.rules = Rules.of(self.policy.otp)
        self.sealer = Sealer(KeyRing.read(self.keys / "seal.keys"))
        self.number_key = read_key(self.keys / "number-index.key")
        ring = KeyRing.read(self.keys / "otp.keys")
        self.deriver = Deriver(ring.keys, ring.current)
        self.challenges = ValkeyChallenges.over(store, self.rules, self.sealer, self.number_key)
        self.money = ValkeySpending(store=store, spend=self.policy.spend)
        self.notices = ValkeyNotices(
            store=store,
            limiter=Limiter(store),
            money=self.money,
            rules=notice_rules(self.policy.bulk),
            number=NumberBudget(per_day=100, per_30_days=100),
            sealer=self.sealer,
            number_key=self.number_key,
            keep_ms=self.rules.keep_ms,
        )
        self.administration = ValkeyAdministration(store=store, limiter=Limiter(store), number_key=self.number_key)

    async def start(
        self,
        number: str = "+84912345678",
        *,
        platform: str = PLATFORM,
        purpose: int = 1,
        locale: str = "vi",
        channel: int = 1,
        operator: str = "viettel",
        autofill: int = 0,
        trace: str = "",
    ) -> ChallengeId:
        """Queues a code."""
        partition = partition_of(number, self.number_key)
        identity = challenge_id.make(partition, self.deriver.current, challenge_id.random_part())
        new = NewChallenge(
            id=identity,
            starter=Starter(platform=platform, account=ACCOUNT, device=DEVICE, address=ADDRESS, prefix=PREFIX),
            purpose=purpose,
            subject="accounts/someone",
            number=number,
            masked_number="+84 91 *** **78",
            locale=locale,
            brand="Forum",
            channel=int(channel),
            operator=operator,
            autofill=autofill,
            trace=trace,
        )
        answered = await self.challenges.start(new, self.clock.now_ms())
        assert answered.view is not None, answered.outcome
        return identity

    async def notice(
        self, number: str = "+84912345678", *, platform: str = PLATFORM, template: str | None = None
    ) -> str:
        """Queues a notice and returns its id."""
        partition = partition_of(number, self.number_key)
        identity = challenge_id.make(partition, self.deriver.current, challenge_id.random_part()).text
        new = NewNotice(
            id=identity,
            partition=partition,
            platform=platform,
            number=number,
            template=template or next(iter(self.policy.notices)),
            locale="vi",
            brand="Forum",
            operator="viettel",
            request_id=new_request_id(),
            fingerprint="f",
        )
        await self.notices.queue(new, self.clock.now_ms())
        return identity

    async def block(self, number: str, *, for_ms: int = 60_000) -> None:
        """Blocks a number."""
        now_ms = self.clock.now_ms()
        await self.administration.block(number, "test", now_ms + for_ms, now_ms, actor="peer:cli")

    async def switch(self, platform: str, *, engaged: bool) -> None:
        """Turns a kill switch; the empty platform's stops all."""
        await self.administration.set_kill_switch(
            platform, "test", self.clock.now_ms(), actor="peer:cli", engaged=engaged
        )

    def code(self, identity: ChallengeId) -> str:
        """Returns the code of a challenge."""
        return self.deriver.code(identity, PLATFORM)

    def text(self, identity: ChallengeId) -> str:
        """Returns the message of a challenge that `start` made with its defaults."""
        return self.policy.code_message(Purpose.ACCOUNT_VERIFICATION, "vi", brand="Forum", code=self.code(identity))

    async def check(self, identity: ChallengeId, *, right: bool) -> None:
        """Checks a code."""
        await self.challenges.check(
            identity, PLATFORM, request_id=new_request_id(), matches=right, now_ms=self.clock.now_ms()
        )

    async def record(self, identity: ChallengeId) -> dict[str, str]:
        """Returns what the store has of a challenge, without what is sealed."""
        words = await self.store.execute("HGETALL", f"{{p:{identity.partition:03d}}}:c:{identity.text}")
        pairs = zip(words[::2], words[1::2], strict=True)
        return {key.decode(): value.decode() for key, value in pairs if key not in SEALED}

    async def state(self, identity: ChallengeId) -> str:
        """Returns the delivery state."""
        return (await self.record(identity))["ds"]

    async def outcomes(self, partition: int) -> list[dict[str, str]]:
        """Returns the outcomes of a partition."""
        entries = await self.store.execute("XRANGE", f"{{p:{partition:03d}}}:out", "-", "+")
        return [
            {
                key.decode(): value.decode()
                for key, value in zip(fields[::2], fields[1::2], strict=True)
                if key not in SEALED
            }
            for _, fields in entries
        ]

    async def kinds(self, identity: ChallengeId) -> list[str]:
        """Returns the kinds of a challenge's outcomes, in order."""
        return [o["k"] for o in await self.outcomes(identity.partition) if o["c"] == identity.text]

    async def sent(self, identity: ChallengeId, copies: int = 1) -> bool:
        """Tells whether providers took so many copies of a challenge's messages, as the outcomes say."""
        return (await self.kinds(identity)).count("SENT") >= copies

    async def waits(self, count: int) -> bool:
        """Tells whether so many messages are in the lanes."""
        return await self.waiting() == count

    async def failure(self) -> dict[str, str]:
        """Returns the only outcome that is a failure."""
        streams = await self.store.execute("KEYS", "*:out", key="")
        [failed] = [o for s in streams for o in await self.outcomes(int(s[3:6])) if o["k"] == "FAILED"]
        return failed

    async def ended(self, identity: ChallengeId) -> tuple[str, str]:
        """Returns the delivery state and why it failed."""
        return await self.state(identity), (await self.failure())["d"]

    async def deadlines(self, identity: ChallengeId) -> dict[str, int]:
        """Returns until when the receipts of a challenge are waited for, in ms, by send and provider."""
        words = await self.store.execute("ZRANGE", f"{{p:{identity.partition:03d}}}:due", 0, -1, "WITHSCORES")
        found = {member.decode(): int(score) for member, score in zip(words[::2], words[1::2], strict=True)}
        return {
            member.removeprefix(f"{identity.text} "): until
            for member, until in found.items()
            if member.startswith(identity.text)
        }

    async def run_out(self, identity: ChallengeId) -> None:
        """Lets the waiting for the receipts of a challenge be over."""
        for member in await self.deadlines(identity):
            due = f"{{p:{identity.partition:03d}}}:due"
            await self.store.execute("ZADD", due, "XX", 1, f"{identity.text} {member}")

    async def waiting(self) -> int:
        """Returns how many messages are in the lanes."""
        found = await self.store.execute("KEYS", "*:dlv*", key="")
        return sum([await self.store.execute("XLEN", key) for key in found])

"""The scripts and the pure state machine are the same machine: every sequence of calls gets the same answers."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from xacthuc.otp.adapters import layout
from xacthuc.otp.adapters.valkey_challenges import ValkeyChallenges
from xacthuc.otp.domain import challenge as machine
from xacthuc.otp.domain import challenge_id
from xacthuc.otp.domain.allowance import STRANGERS, Allowance, of_strangers, pools, wrong_in_day
from xacthuc.otp.domain.challenge import Question, Redemption, State
from xacthuc.otp.domain.rules import Rules
from xacthuc.otp.domain.starter import Starter
from xacthuc.otp.ports import NewChallenge, StartOutcome
from xacthuc.policy import Policy
from xacthuc.ratelimit import gcra
from xacthuc.sealing import KeyRing, Sealer
from xacthuc.valkey import Store
from xacthuc.valkey.partition import partition_of

pytestmark = [pytest.mark.engine, pytest.mark.rule("R33")]

KEY = bytes(32)
NUMBER = "+84912345678"
PLATFORM = "forum"
REQUESTS = st.integers(min_value=1, max_value=6).map(lambda n: f"00000000-0000-4000-8000-{n:012d}")
MINUTE_MS = 60_000


@dataclass
class Model:
    """What the pure machine remembers of one number."""

    challenges: dict[str, machine.Challenge]
    pool_of: dict[str, str]
    pools: dict[str, gcra.State]
    devices: dict[str, int]
    """When each device last verified the number."""
    device_of: dict[str, str]


class ChallengeMachine(RuleBasedStateMachine):
    url = ""
    started = Bundle("started")

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.rules = replace(
            Rules.of(Policy.load().otp), other_channels_from_send=3, known_devices=2, network_questions=3
        )
        self.now_ms = 1_795_000_000_000
        self.model = Model({}, {}, {}, {}, {})
        self.count = 0

    @initialize()
    def connect(self) -> None:
        self.store = self.loop.run_until_complete(Store.connect(self.url))
        self.loop.run_until_complete(self.store.execute("FLUSHALL"))
        self.adapter = ValkeyChallenges.over(
            self.store, self.rules, Sealer(KeyRing({1: KEY}, 1)), KEY, clock_tolerance_ms=0
        )

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.loop.run_until_complete(self.store.close())
        self.loop.close()

    @rule(
        target=started,
        account=st.sampled_from(["lan", "minh"]),
        device=st.sampled_from(["", "phone", "tablet", "laptop"]),
        captcha=st.booleans(),
        channel=st.sampled_from([machine.SMS, machine.SMS, machine.NETWORK]),
    )
    def start(self, account: str, device: str, captcha: bool, channel: int) -> str:
        self.count += 1
        identity = challenge_id.make(partition_of(NUMBER, KEY), 1, self.count.to_bytes(16, "big"))
        starter = Starter(
            platform=PLATFORM, account=account, device=device, address="ip", prefix="pre", captcha_solved=captcha
        )
        new = NewChallenge(
            id=identity,
            starter=starter,
            purpose=1,
            subject="accounts/a",
            number=NUMBER,
            masked_number="+84 91 *** **78",
            locale="vi",
            brand="Forum",
            channel=channel,
            operator="vinaphone",
            trace="",
        )
        answered = self.loop.run_until_complete(self.adapter.start(new, self.now_ms))
        known = device if self.now_ms < self.model.devices.get(device, -(10**15)) + self.rules.known_device_ms else ""
        refusals = []
        for pool in pools(account=account, known_device=known, captcha_solved=captcha):
            spent = self._allowance(pool).spent(self.rules, 1, self.now_ms)
            if isinstance(spent, gcra.Refusal):
                refusals.append(spent.retry_at_ms)
                continue
            self._keep(pool, spent)
            self.model.pool_of[identity.text] = pool
            self.model.device_of[identity.text] = device
            self.model.challenges[identity.text] = machine.start(self.now_ms, self.rules, channel)
            assert answered.outcome is StartOutcome.STARTED
            return identity.text
        assert answered.outcome is StartOutcome.NUMBER_LIMIT
        assert answered.retry_at_ms == min(refusals)
        return ""

    def _allowance(self, pool: str) -> Allowance:
        kept = self.model.pools
        strangers = kept.get(STRANGERS, gcra.State()) if of_strangers(pool) else None
        return Allowance(kept.get(pool, gcra.State()), strangers)

    def _keep(self, pool: str, left: Allowance) -> None:
        self.model.pools[pool] = left.own
        if left.strangers is not None:
            self.model.pools[STRANGERS] = left.strangers

    @rule(challenge=started, request=REQUESTS, matches=st.booleans())
    def check(self, challenge: str, request: str, matches: bool) -> None:
        if challenge:
            self._check(challenge, request, matches=matches)

    def _check(self, challenge: str, request: str, *, matches: bool, operator: str = "") -> None:
        answered = self.loop.run_until_complete(
            self.adapter.check(
                challenge_id.parse(challenge),
                PLATFORM,
                request_id=request,
                matches=matches,
                now_ms=self.now_ms,
                operator=operator,
            )
        )
        pool = self.model.pool_of[challenge]
        after, allowance, verdict = machine.check(
            self.model.challenges[challenge],
            self.model.pools[pool],
            request_id=request,
            matches=matches,
            now_ms=self.now_ms,
            rules=self.rules,
            network=bool(operator),
        )
        newly = after.state is State.VERIFIED and self.model.challenges[challenge].state is not State.VERIFIED
        if newly and (device := self.model.device_of[challenge]):
            self.model.devices[device] = self.now_ms
            newest = sorted(self.model.devices.items(), key=lambda item: (item[1], item[0]), reverse=True)
            self.model.devices = dict(newest[: self.rules.known_devices])
        self.model.challenges[challenge], self.model.pools[pool] = after, allowance
        assert answered is not None
        assert answered.outcome is verdict

    @rule(challenge=started, request=REQUESTS, said=st.sampled_from([True, False, False, None]))
    def check_network(self, challenge: str, request: str, said: bool | None) -> None:
        """Asks, and hands on what the operator said, unless it said nothing."""
        if not challenge:
            return
        asked = self.loop.run_until_complete(
            self.adapter.ask(challenge_id.parse(challenge), PLATFORM, request_id=request, now_ms=self.now_ms)
        )
        self.model.challenges[challenge], outcome = machine.ask(
            self.model.challenges[challenge],
            self.model.pools[self.model.pool_of[challenge]],
            request_id=request,
            now_ms=self.now_ms,
            rules=self.rules,
        )
        assert asked is not None
        assert asked.outcome is outcome
        assert (asked.number == NUMBER) is (outcome is Question.ASK)
        if outcome is Question.ASK and said is not None:
            self._check(challenge, request, matches=said, operator="viettel")

    @rule(challenge=started, guesses=st.integers(min_value=2, max_value=6), finish=st.booleans())
    def guess(self, challenge: str, guesses: int, finish: bool) -> None:
        """A guesser does not repeat request ids; whether the right code comes last must not matter past a cap."""
        for _ in range(guesses):
            self.count += 1
            self.check(challenge, f"guess-{self.count}", matches=False)
        if finish:
            self.check(challenge, f"guess-{self.count}-right", matches=True)

    @rule(challenge=started, request=REQUESTS, channel=st.sampled_from([0, 1, 3]))
    def resend(self, challenge: str, request: str, channel: int) -> None:
        if not challenge:
            return
        answered = self.loop.run_until_complete(
            self.adapter.resend(
                challenge_id.parse(challenge), PLATFORM, request_id=request, channel=channel, now_ms=self.now_ms
            )
        )
        pool = self.model.pool_of[challenge]
        self.model.challenges[challenge], left, outcome = machine.resend(
            self.model.challenges[challenge],
            self._allowance(pool),
            request_id=request,
            channel=channel,
            now_ms=self.now_ms,
            rules=self.rules,
        )
        self._keep(pool, left)
        assert answered is not None
        assert answered.outcome is outcome

    @rule(challenge=started)
    def cancel(self, challenge: str) -> None:
        if not challenge:
            return
        answered = self.loop.run_until_complete(
            self.adapter.cancel(challenge_id.parse(challenge), PLATFORM, self.now_ms)
        )
        self.model.challenges[challenge], canceled = machine.cancel(self.model.challenges[challenge], self.now_ms)
        assert answered is not None
        assert answered.outcome is canceled

    @rule(challenge=started, request=REQUESTS)
    def redeem(self, challenge: str, request: str) -> None:
        if not challenge:
            return
        redeemed = self.loop.run_until_complete(
            self.adapter.redeem(challenge_id.parse(challenge), PLATFORM, request_id=request, now_ms=self.now_ms)
        )
        self.model.challenges[challenge], outcome = machine.redeem(
            self.model.challenges[challenge], request_id=request, now_ms=self.now_ms, rules=self.rules
        )
        assert redeemed.outcome is outcome
        assert (redeemed.number == NUMBER) is (outcome is Redemption.REDEEMED)
        if outcome is Redemption.REDEEMED:
            assert redeemed.channel == self.model.challenges[challenge].proof_channel

    @rule(minutes=st.sampled_from([0, 1, 1, 2, 4, 6, 11, 60, 24 * 60]))
    def wait(self, minutes: int) -> None:
        self.now_ms += minutes * MINUTE_MS
        # The engine's own clock does not move, so nothing is collected: a TTL may never be what ends a challenge.

    @invariant()
    def every_view_agrees(self) -> None:
        for text, expected in self.model.challenges.items():
            view = self.loop.run_until_complete(self.adapter.view(challenge_id.parse(text), PLATFORM, self.now_ms))
            assert view is not None
            pool = self.model.pools[self.model.pool_of[text]]
            assert view.state_at(self.now_ms) is expected.state_at(self.now_ms)
            assert (view.expire_ms, view.next_send_ms) == (expected.expire_ms, expected.next_send_ms)
            assert (view.sends, view.wrong, view.channel) == (expected.sends, expected.wrong, expected.channel)
            assert view.number_wrong == wrong_in_day(pool, self.now_ms)

    @invariant()
    def no_challenge_sends_more_than_the_ladder_has(self) -> None:
        """One message and three resends, whether the first came with the start or after an operator was asked."""
        for challenge in self.model.challenges.values():
            assert challenge.sends <= 1 + len(self.rules.send_gaps_ms)
            assert (challenge.questions or 0) <= self.rules.network_questions

    @invariant()
    def what_is_queued_is_what_was_sent(self) -> None:
        lane = layout.delivery_key(partition_of(NUMBER, KEY))
        queued = self.loop.run_until_complete(self.store.execute("XLEN", lane)) if self.model.challenges else 0
        assert queued == sum(challenge.sends for challenge in self.model.challenges.values())

    @invariant()
    def no_message_goes_out_that_no_permit_was_spent_for(self) -> None:
        """However starts, silent ones and resends are mixed: of strangers no more than the day's cap in a day."""
        a_day_ago_ms = self.now_ms - 24 * 60 * MINUTE_MS
        recent = [
            challenge.sends
            for text, challenge in self.model.challenges.items()
            if challenge.created_ms > a_day_ago_ms and of_strangers(self.model.pool_of[text])
        ]
        assert sum(recent) <= self.rules.strangers.sent_cap

    @invariant()
    def no_pool_ever_evaluates_more_wrong_codes_than_the_cap(self) -> None:
        for state in self.model.pools.values():
            assert wrong_in_day(state, self.now_ms) <= self.rules.number.wrong_cap


def test_the_scripts_are_the_pure_state_machine(valkey_url: str) -> None:
    """Holds for any order of starts, checks, resends, cancels, redemptions and waits."""
    machine_on_engine = type("ChallengeMachineOnEngine", (ChallengeMachine,), {"url": valkey_url})
    run_state_machine_as_test(
        machine_on_engine, settings=settings(max_examples=100, stateful_step_count=30, deadline=None)
    )

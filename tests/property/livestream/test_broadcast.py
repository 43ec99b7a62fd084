"""What holds of a broadcast whatever happens to its account, in whatever order its platform calls."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xacthuc.livestream.domain import broadcast as rules
from xacthuc.livestream.domain.broadcast import Bar, Broadcast, Commerce, Outcome, State
from xacthuc.livestream.domain.broadcaster import Broadcaster, Verdict, judge
from xacthuc.policy import DeclarationKind, NextStep, Policy, Reason, Ruling

POLICY = Policy.load()
BEGIN = datetime(2026, 11, 28, 12, tzinfo=UTC)
CAP = POLICY.livestream.parallel_broadcasts
ACCOUNTS = st.sampled_from(["an", "binh"])
IDS = st.sampled_from(["1", "2", "3", "4", "5"])
KINDS = st.lists(st.sampled_from(DeclarationKind), min_size=1, max_size=3)


def verdict(reason):
    allowed = reason is Reason.VERIFIED
    return Verdict(allowed, reason, NextStep.NONE if allowed else NextStep.CONTACT_PLATFORM, "D147", "v")


def somebody(ordinary, commercial, *, is_child=False, proven=True):
    return Broadcaster(
        verdict(ordinary), verdict(commercial), is_child, BEGIN if proven else None, "eid/vneid" if proven else "", None
    )


# Identity is not believed to know what selling asks for: it may allow it to a child, or without a personal ID.
PEOPLE = [
    somebody(Reason.VERIFIED, Reason.VERIFIED),
    somebody(Reason.VERIFIED, Reason.VERIFIED, proven=False),
    somebody(Reason.VERIFIED, Reason.VERIFIED, is_child=True),
    somebody(Reason.VERIFIED, Reason.PERSONAL_ID_REQUIRED, proven=False),
    somebody(Reason.VERIFIED, Reason.NOT_FOR_CHILDREN, is_child=True, proven=False),
    somebody(Reason.QUIET_HOURS, Reason.NOT_FOR_CHILDREN, is_child=True),
    somebody(Reason.NOT_VERIFIED, Reason.VERIFIED),
    somebody(Reason.LOCKED, Reason.LOCKED),
]
CHANGES = st.one_of(st.none(), st.integers(0, 900).map(lambda late: BEGIN + timedelta(seconds=late)))
BROADCASTERS = st.builds(lambda who, change: who._replace(change_time=change), st.sampled_from(PEOPLE), CHANGES)


def may_sell(who: Broadcaster) -> bool:
    return who.ordinary.allowed and who.commercial.allowed and who.personal_id_time is not None and not who.is_child


@dataclass
class World:
    """A platform's broadcasts as the service keeps them, and who its accounts are."""

    who: dict[str, Broadcaster]
    now: datetime = BEGIN
    kept: dict[str, Broadcast] = field(default_factory=dict)

    def step(self, data):
        verb = data.draw(st.sampled_from([self.authorize, self.renew, self.declare, self.change, self.end, self.pass_]))
        before = dict(self.kept)
        verb(data)
        for key, known in before.items():
            if known.state in {State.REVOKED, State.ENDED}:
                assert self.kept[key].state is known.state

    def authorize(self, data):
        key, account = data.draw(IDS), data.draw(ACCOUNTS)
        others = [each for other, each in self.kept.items() if other != key and each.account_id == account]
        on_air = sum(each.state is State.LIVE for each in others)
        known, who, selling = self.kept.get(key), self.who[account], data.draw(st.booleans())
        outcome = rules.authorize(known, account, who, self.now, POLICY, selling=selling, on_air=on_air)
        if known is not None and known.account_id != account:
            assert outcome is Bar.OTHER_ACCOUNT
        self._take(key, outcome)

    def renew(self, data):
        key = self._drawn(data)
        if key:
            self._take(key, rules.renew(self.kept[key], self._owner(key), self.now, POLICY))

    def declare(self, data):
        key = self._drawn(data)
        if key:
            kinds = data.draw(KINDS)
            self._take(key, rules.declare(self.kept[key], kinds, self._owner(key), self.now, POLICY))

    def change(self, data):
        """Something happens to an account, and the service hears of it."""
        account = data.draw(ACCOUNTS)
        self.who[account] = data.draw(BROADCASTERS)
        for key, known in self.kept.items():
            if known.account_id == account and known.state is State.LIVE:
                self._take(key, rules.review(known, self.who[account], self.now, POLICY))

    def end(self, data):
        key = self._drawn(data)
        if key:
            ended = rules.end(self.kept[key], self.now)
            assert ended is Bar.NOT_LIVE or ended.state in {State.ENDED, State.REVOKED}
            self.kept[key] = self.kept[key] if isinstance(ended, Bar) else ended

    def pass_(self, data):
        self.now += timedelta(seconds=data.draw(st.integers(1, 400)))
        self.kept = {key: rules.close(known, self.now) for key, known in self.kept.items()}

    def _drawn(self, data):
        return data.draw(st.sampled_from(sorted(self.kept))) if self.kept else None

    def _owner(self, key):
        return self.who[self.kept[key].account_id]

    def _take(self, key, outcome):
        if isinstance(outcome, Outcome):
            assert (outcome.judgement.ruling is Ruling.CUT) == (outcome.broadcast.state is not State.LIVE)
            self.kept[key] = outcome.broadcast


@pytest.mark.rule("R3")
@pytest.mark.rule("R47")
@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_broadcast_ever_sells_whose_account_has_no_authenticated_personal_id(data):
    world = World({"an": data.draw(BROADCASTERS), "binh": data.draw(BROADCASTERS)})

    for _ in range(data.draw(st.integers(10, 40))):
        world.step(data)

        live = {key: known for key, known in world.kept.items() if known.state is State.LIVE}
        for known in live.values():
            who = world.who[known.account_id]
            assert who.ordinary.allowed
            assert not known.sells or may_sell(who)
            assert known.close_time is not None
            assert known.close_time > world.now
            assert known.close_time > known.grant_time
        for account in world.who:
            assert sum(known.account_id == account for known in live.values()) <= CAP


@given(BROADCASTERS)
def test_selling_is_let_go_on_exactly_where_it_may_be_done(who):
    assert (judge(who, POLICY, selling=True).ruling is Ruling.CONTINUE) == may_sell(who)


@given(BROADCASTERS, st.booleans())
def test_what_must_not_go_on_says_what_to_do_and_on_which_legal_basis(who, selling):
    ruling, verdict = judge(who, POLICY, selling=selling)

    assert (ruling is Ruling.CONTINUE) == verdict.allowed
    if not verdict.allowed:
        assert verdict.next_step is not NextStep.NONE
        assert verdict.legal_basis


@given(BROADCASTERS, st.booleans())
def test_a_grant_ends_before_the_answer_changes_by_itself(who, selling):
    outcome = rules.authorize(None, "an", who, BEGIN, POLICY, selling=selling, on_air=0)

    if outcome.broadcast.state is State.LIVE and who.change_time is not None:
        assert outcome.broadcast.grant_time <= max(who.change_time, BEGIN + rules.SHORTEST_GRANT)


@given(BROADCASTERS, BROADCASTERS)
def test_a_renewal_never_brings_hidden_goods_on_air(before, after):
    hidden = Broadcast(
        account_id="an", state=State.LIVE, commerce=Commerce.HIDDEN, create_time=BEGIN, review_time=before.change_time
    )

    assert rules.renew(hidden, after, BEGIN, POLICY).broadcast.commerce is Commerce.HIDDEN

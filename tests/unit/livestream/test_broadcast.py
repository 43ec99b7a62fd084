"""The steps of a broadcast, one by one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from xacthuc.livestream.domain import broadcast as rules
from xacthuc.livestream.domain.broadcast import Bar, Broadcast, Commerce, EndReason, Outcome, State
from xacthuc.livestream.domain.broadcaster import Broadcaster, Verdict
from xacthuc.policy import DeclarationKind, NextStep, Policy, Reason, Ruling

POLICY = Policy.load()
NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)
SELLING_LAW = "Decree 147/2024/NĐ-CP Art. 23(3)(e), 27(3)(b); Law 122/2025/QH15"


def refused(reason: Reason, next_step: NextStep) -> Verdict:
    return Verdict(allowed=False, reason=reason, next_step=next_step, legal_basis="", policy_version="v")


ALLOWED = Verdict(allowed=True, reason=Reason.VERIFIED, next_step=NextStep.NONE, legal_basis="", policy_version="v")
LOCKED = refused(Reason.LOCKED, NextStep.CONTACT_PLATFORM)
UNPROVEN = refused(Reason.PERSONAL_ID_REQUIRED, NextStep.VERIFY_PERSONAL_ID)
NOT_FOR_CHILDREN = refused(Reason.NOT_FOR_CHILDREN, NextStep.ASK_GUARDIAN)

SELLER = Broadcaster(ALLOWED, ALLOWED, False, NOW, "eid/vneid", None)
BY_PHONE = SELLER._replace(commercial=UNPROVEN, personal_id_time=None, personal_id_source="")
CHILD = BY_PHONE._replace(commercial=NOT_FOR_CHILDREN, is_child=True)
IN_LOCK = SELLER._replace(ordinary=LOCKED, commercial=LOCKED)


def begun(who: Broadcaster, *, selling: bool) -> Broadcast:
    outcome = rules.authorize(None, "an", who, NOW, POLICY, selling=selling, on_air=0)
    assert isinstance(outcome, Outcome)
    return outcome.broadcast


def declared(known: Broadcast, who: Broadcaster) -> Outcome:
    outcome = rules.declare(known, [DeclarationKind.PRICE], who, LATER, POLICY)
    assert isinstance(outcome, Outcome)
    return outcome


def test_a_cleared_broadcast_is_live_for_five_minutes_and_closed_two_minutes_later():
    live = begun(SELLER, selling=True)

    assert (live.state, live.commerce, live.authorize_time) == (State.LIVE, Commerce.CLEARED, NOW)
    assert live.grant_time == NOW + timedelta(minutes=5)
    assert live.close_time == NOW + timedelta(minutes=7)


@pytest.mark.rule("R3")
def test_a_seller_with_a_phone_alone_is_led_to_a_personal_id_and_not_on_air():
    outcome = rules.authorize(None, "an", BY_PHONE, NOW, POLICY, selling=True, on_air=0)

    assert outcome.broadcast.state is State.REFUSED
    assert outcome.judgement == (Ruling.CUT, UNPROVEN)


def test_a_refused_broadcast_may_be_asked_for_again():
    refusal = begun(BY_PHONE, selling=True)

    outcome = rules.authorize(refusal, "an", SELLER, LATER, POLICY, selling=True, on_air=0)

    assert (outcome.broadcast.state, outcome.broadcast.create_time) == (State.LIVE, NOW)


@pytest.mark.parametrize(
    ("who", "ruling", "commerce", "state"),
    [
        pytest.param(SELLER, Ruling.CONTINUE, Commerce.CLEARED, State.LIVE, id="proven"),
        pytest.param(BY_PHONE, Ruling.HIDE_GOODS, Commerce.HIDDEN, State.LIVE, id="by phone"),
        pytest.param(CHILD, Ruling.CUT, Commerce.NONE, State.REVOKED, id="a child"),
        pytest.param(IN_LOCK, Ruling.CUT, Commerce.NONE, State.REVOKED, id="locked"),
    ],
)
@pytest.mark.rule("R3")
def test_a_declaration_is_decided_on_the_spot(who, ruling, commerce, state):
    outcome = declared(begun(who._replace(ordinary=ALLOWED), selling=False), who)

    assert (outcome.judgement.ruling, outcome.broadcast.commerce, outcome.broadcast.state) == (ruling, commerce, state)


def test_a_declaration_that_the_policy_does_not_call_selling_changes_nothing(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text('version = "own"\n[livestream.declarations]\nPRICE = false\n', "utf-8")

    outcome = rules.declare(begun(BY_PHONE, selling=False), [DeclarationKind.PRICE], BY_PHONE, LATER, Policy.load(path))

    assert (outcome.judgement.ruling, outcome.broadcast.commerce) == (Ruling.CONTINUE, Commerce.NONE)


@pytest.mark.parametrize(
    ("is_child", "personal_id_time", "reason"),
    [(True, NOW, Reason.NOT_FOR_CHILDREN), (False, None, Reason.PERSONAL_ID_REQUIRED)],
    ids=["a child", "nothing proven"],
)
@pytest.mark.rule("R3")
def test_whatever_identity_allows_nobody_sells_without_a_personal_id_or_as_a_child(is_child, personal_id_time, reason):
    lax = SELLER._replace(is_child=is_child, personal_id_time=personal_id_time)

    verdict = rules.authorize(None, "an", lax, NOW, POLICY, selling=True, on_air=0).judgement.verdict

    assert (verdict.allowed, verdict.reason, verdict.legal_basis) == (False, reason, SELLING_LAW)


def test_losing_the_personal_id_hides_the_goods_of_a_running_broadcast():
    outcome = rules.review(begun(SELLER, selling=True), BY_PHONE, LATER, POLICY)

    assert (outcome.judgement.ruling, outcome.broadcast.commerce) == (Ruling.HIDE_GOODS, Commerce.HIDDEN)


@pytest.mark.rule("R47")
def test_a_lock_cuts_a_running_broadcast():
    outcome = rules.review(begun(SELLER, selling=False), IN_LOCK, LATER, POLICY)

    assert (outcome.broadcast.state, outcome.broadcast.revoke_time) == (State.REVOKED, LATER)
    assert outcome.broadcast.close_time is None


def test_a_review_lets_nothing_be_on_air_for_longer():
    live = begun(SELLER, selling=True)

    assert rules.review(live, SELLER, LATER, POLICY).broadcast == live


def test_goods_come_back_by_a_declaration_alone():
    hidden = declared(begun(BY_PHONE, selling=False), BY_PHONE).broadcast

    assert rules.renew(hidden, SELLER, LATER, POLICY).judgement.ruling is Ruling.HIDE_GOODS
    assert declared(hidden, SELLER).broadcast.commerce is Commerce.CLEARED


@pytest.mark.parametrize(
    ("account", "selling", "bar"),
    [("binh", True, Bar.OTHER_ACCOUNT), ("an", False, Bar.DECLARE)],
    ids=["of another account", "not selling any more"],
)
def test_a_running_broadcast_is_not_begun_as_another_one(account, selling, bar):
    live = begun(SELLER, selling=True)

    assert rules.authorize(live, account, SELLER, LATER, POLICY, selling=selling, on_air=0) is bar


def test_asking_for_a_running_broadcast_again_renews_it():
    again = rules.authorize(begun(SELLER, selling=True), "an", SELLER, LATER, POLICY, selling=True, on_air=2)

    assert (again.broadcast.authorize_time, again.broadcast.grant_time) == (NOW, LATER + timedelta(minutes=5))


def test_an_account_is_on_air_three_times_at_most():
    assert rules.authorize(None, "an", SELLER, NOW, POLICY, selling=False, on_air=3) is Bar.TOO_MANY


def test_who_may_not_be_on_air_is_told_so_rather_than_how_often():
    outcome = rules.authorize(None, "an", IN_LOCK, NOW, POLICY, selling=False, on_air=3)

    assert outcome.judgement.verdict is LOCKED


@pytest.mark.parametrize("over", ["ended", "cut"])
def test_what_is_over_stays_over(over):
    live = begun(SELLER, selling=True)
    known = rules.end(live, LATER) if over == "ended" else rules.review(live, IN_LOCK, LATER, POLICY).broadcast

    assert rules.authorize(known, "an", SELLER, LATER, POLICY, selling=True, on_air=0) is Bar.OVER
    assert rules.renew(known, SELLER, LATER, POLICY) is Bar.OVER
    assert rules.declare(known, [DeclarationKind.PRICE], SELLER, LATER, POLICY) is Bar.OVER


def test_nothing_is_renewed_or_ended_that_never_began():
    refusal = begun(IN_LOCK, selling=False)

    assert rules.renew(refusal, SELLER, LATER, POLICY) is Bar.NOT_LIVE
    assert rules.end(refusal, LATER) is Bar.NOT_LIVE


def test_a_broadcast_that_was_cut_is_told_when_it_went_off_air():
    cut = rules.review(begun(SELLER, selling=True), IN_LOCK, LATER, POLICY).broadcast

    told = rules.end(cut, LATER)

    assert (told.state, told.revoke_time, told.end_time, told.end_reason) == (State.REVOKED, LATER, LATER, None)


def test_ending_twice_keeps_the_first_end():
    ended = rules.end(begun(SELLER, selling=True), LATER)

    assert ended.end_reason is EndReason.FINISHED
    assert rules.end(ended, LATER + timedelta(hours=1)) is ended


def test_a_broadcast_that_nobody_renews_is_closed_in_its_time():
    live = begun(SELLER, selling=True)

    assert rules.close(live, live.close_time - timedelta(seconds=1)) is live
    closed = rules.close(live, live.close_time)
    assert (closed.state, closed.end_reason, closed.end_time) == (State.ENDED, EndReason.UNRENEWED, live.close_time)


def test_a_grant_ends_when_the_answer_changes_but_not_before_it_can_arrive():
    def granted(seconds: int) -> datetime | None:
        return begun(SELLER._replace(change_time=NOW + timedelta(seconds=seconds)), selling=True).grant_time

    assert granted(40) == NOW + timedelta(seconds=40)
    assert granted(1) == NOW + rules.SHORTEST_GRANT


def test_a_broadcast_does_not_name_its_account_in_logs():
    assert "an'" not in repr(replace(begun(SELLER, selling=True), account_id="an"))

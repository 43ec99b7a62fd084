"""What becomes of a notice does not depend on the order in which receipts come, nor on how often."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from xacthuc.backfill.domain.campaign import Budget, Campaign, Canary, Provider, Wave
from xacthuc.backfill.domain.receipts import Ending, Fate, Heard, Word, out_of_use, settled
from xacthuc.policy import DeliveryChannel
from xacthuc.policy.hours import Hours

BEGIN = datetime(2026, 12, 1, 1, tzinfo=UTC)
DEAREST = 800
PLAN = Campaign(
    campaign_id=UUID(int=1),
    begin=BEGIN,
    end=BEGIN + timedelta(days=90),
    hours=Hours.of("08:00-20:00"),
    ladder=(Wave(after_days=0),),
    canary=Canary(percent=0, watch_hours=0, least=1, most_failed_percent=100),
    budget=Budget(vnd_per_day=-1, person_notices=1, person_gap_days=1),
    providers=(
        Provider(name="first", channel=DeliveryChannel.SMS, cost_vnd=DEAREST, per_second=1),
        Provider(name="second", channel=DeliveryChannel.ZALO_ZNS, cost_vnd=300, per_second=1),
    ),
)
NEW = Fate(DEAREST)
sent = st.builds(Heard, st.just(Word.SENT), st.sampled_from(["first", "second", "other"]), st.sampled_from([0, 250]))
ends = st.sets(st.sampled_from([Word.DELIVERED, Word.FAILED, Word.OUT_OF_USE])).map(lambda of: [Heard(w) for w in of])
heard = st.tuples(st.lists(sent, max_size=1), ends).map(lambda both: [*both[0], *both[1]])


@given(told=heard, data=st.data())
def test_the_order_of_receipts_changes_nothing(told, data):
    fate = NEW
    for each in data.draw(st.permutations([*told, *told])):
        fate = settled(fate, [each], PLAN)

    assert fate == settled(NEW, told, PLAN)
    assert settled(fate, told, PLAN) == fate


@given(told=heard)
def test_no_notice_costs_more_than_was_set_aside_for_it(told):
    fate = settled(NEW, told, PLAN)

    assert 0 <= fate.vnd <= DEAREST
    assert fate.provider is not None or fate.vnd in {0, DEAREST}
    assert fate.vnd or fate.ending == Ending.FAILED


def test_what_a_provider_took_costs_what_otp_says_or_else_the_plan():
    assert settled(NEW, [Heard(Word.SENT, "second", 250)], PLAN) == Fate(250, "second")
    assert settled(NEW, [Heard(Word.SENT, "second")], PLAN) == Fate(300, "second")
    assert settled(NEW, [Heard(Word.SENT, "unheard")], PLAN) == Fate(DEAREST, "unheard")


def test_what_nobody_took_costs_nothing():
    assert settled(NEW, [Heard(Word.FAILED)], PLAN) == Fate(0, None, Ending.FAILED)


@given(told=heard)
def test_a_number_is_out_of_use_only_where_nothing_arrived(told):
    fate = settled(NEW, told, PLAN)
    words = {each.word for each in told}

    assert out_of_use(fate, told) == (Word.OUT_OF_USE in words and Word.DELIVERED not in words)

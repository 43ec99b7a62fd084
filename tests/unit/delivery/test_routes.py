"""Who is asked next: by capability, circuit, suspension and belief, and by a channel that stands in for another."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

import pytest

from xacthuc.circuit import FAILURES_TO_OPEN, FIRST_PAUSE_MS
from xacthuc.otp.delivery.domain.belief import Tried
from xacthuc.otp.delivery.domain.figures import Place, Trials
from xacthuc.otp.delivery.domain.judgement import Judgement
from xacthuc.otp.delivery.domain.offer import Offer
from xacthuc.otp.delivery.ports import Accepted, Answer, Channel, Left, Message, Rejected
from xacthuc.otp.delivery.routes import Route, Routes, outcome_of
from xacthuc.policy import Policy

NOW_MS = 1_795_402_800_000
MESSAGE = Message(id="m", to="+84912345678", channel=Channel.SMS, text="t", operator="viettel")


@dataclass
class Vendor:
    """A provider that is never asked."""

    name: str
    channels: tuple[Channel, ...] = (Channel.SMS,)
    refuses: frozenset[Channel] = field(default_factory=frozenset)
    reports: bool = True

    def takes(self, message: Message) -> bool:
        return message.channel not in self.refuses

    async def send(self, message: Message) -> Answer:
        return Accepted("never")


def route(name: str, *channels: Channel, weight: int = 100, operators: frozenset[str] = frozenset(), **vendor) -> Route:
    offer = Offer(weight=weight, concurrency=1, operators=operators, cost_vnd={"viettel": 320, "other": 450})
    return Route(provider=Vendor(name, channels or (Channel.SMS,), **vendor), offer=offer)


def chosen(routes: Routes, *tried: str, message: Message = MESSAGE) -> tuple[str, Channel] | None:
    found = routes.choose(message, tried, NOW_MS)
    return None if found is None else (found.route.provider.name, found.channel)


def test_by_default_the_greatest_weight_is_asked_then_the_next() -> None:
    routes = Routes([route("light", weight=1), route("heavy")])

    assert chosen(routes) == ("heavy", Channel.SMS)
    assert chosen(routes, "heavy") == ("light", Channel.SMS)
    assert chosen(routes, "heavy", "light") is None


def test_a_provider_is_asked_for_the_operator_ranges_it_names() -> None:
    routes = Routes([route("only_mobifone", operators=frozenset({"mobifone"})), route("all", weight=1)])

    assert chosen(routes) == ("all", Channel.SMS)


def test_an_open_circuit_or_a_suspension_lets_another_be_asked() -> None:
    routes = Routes([failing := route("failing"), route("suspended", weight=50), route("sound", weight=1)])
    for _ in range(FAILURES_TO_OPEN):
        failing.circuit.failed(NOW_MS)
    routes.suspended = lambda provider, _now_ms: provider == "suspended"

    found = routes.choose(MESSAGE, (), NOW_MS)

    assert found is not None
    assert found.why == ("sound: weight 1, 320 đ; failing: circuit open; suspended: suspended by the fraud guard")


def test_another_channel_stands_in_only_when_nobody_is_left_for_the_own() -> None:
    routes = Routes([route("zalo", Channel.ZALO_ZNS), route("text", weight=1)])
    routes.fallback = {Channel.SMS: (Channel.VOICE, Channel.ZALO_ZNS)}

    assert chosen(routes) == ("text", Channel.SMS)
    assert chosen(routes, "text") == ("zalo", Channel.ZALO_ZNS)


def test_who_cannot_take_the_message_by_the_other_channel_is_not_asked() -> None:
    routes = Routes([route("zalo", Channel.ZALO_ZNS, refuses=frozenset({Channel.ZALO_ZNS}))])
    routes.fallback = {Channel.SMS: (Channel.ZALO_ZNS,)}

    assert chosen(routes) is None


@pytest.mark.parametrize(("fallback", "served"), [({}, False), ({Channel.VOICE: (Channel.SMS,)}, True)])
def test_a_channel_is_served_when_one_that_stands_in_for_it_is(fallback, served) -> None:
    routes = Routes([route("text")])
    routes.fallback = fallback

    assert routes.serves(Channel.VOICE) is served
    assert routes.ready(Channel.VOICE, NOW_MS) is served


def test_what_was_learned_decides_over_weight() -> None:
    routes = Routes([route("heavy"), route("better", weight=1)])
    routes.judgement = Judgement(Policy.load().choice, Random(1))
    routes.judgement.learn(
        {
            Place("heavy", "viettel", Channel.SMS): Tried(Trials(2_000, 1_000), 2_000),
            Place("better", "viettel", Channel.SMS): Tried(Trials(2_000, 1_900), 2_000),
        }
    )

    assert {chosen(routes) for _ in range(50)} == {("better", Channel.SMS)}


def test_what_is_learned_later_replaces_what_was_believed() -> None:
    judgement = Judgement(Policy.load().choice, Random(1))
    place = Place("vendor", "viettel", 1)
    before = judgement.of(place, 1.0)

    judgement.learn({place: Tried(Trials(100, 10), 100)})

    assert judgement.of(place, 1.0).mean < before.mean


PACED = Rejected(reason="paced", left=Left.NOTHING)
THROTTLED = Rejected(reason="throttled", hold_ms=1_000)


def test_a_message_that_only_waited_for_the_pace_says_nothing_against_the_provider() -> None:
    paced = route("paced")
    for _ in range(2 * FAILURES_TO_OPEN):
        paced.record(PACED, NOW_MS)

    assert (paced.sent, paced.failed, paced.circuit.allows(NOW_MS)) == (0, 0, True)
    assert outcome_of(PACED) == "paced"


def test_a_trial_that_only_waited_for_the_pace_lets_another_be_the_trial() -> None:
    broken = route("broken")
    for _ in range(FAILURES_TO_OPEN):
        broken.circuit.failed(NOW_MS)
    later_ms = NOW_MS + FIRST_PAUSE_MS
    broken.circuit.trying(later_ms)
    assert not broken.circuit.allows(later_ms)

    broken.record(PACED, later_ms)

    assert broken.circuit.open()
    assert broken.circuit.allows(later_ms)


def test_a_provider_that_throttles_all_that_is_under_way_is_left_alone_for_as_long_as_it_asked() -> None:
    busy = route("busy")
    for _ in range(10):
        busy.record(THROTTLED, NOW_MS)

    assert not busy.circuit.allows(NOW_MS + 999)
    assert busy.circuit.allows(NOW_MS + 1_000)
    assert busy.failed == 10


def test_a_provider_that_throttles_and_does_not_say_for_how_long_counts_as_failing() -> None:
    busy = route("busy")
    for _ in range(FAILURES_TO_OPEN):
        busy.record(Rejected(reason="throttled"), NOW_MS)

    assert busy.circuit.open()

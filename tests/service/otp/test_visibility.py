"""What operators are told over gRPC of delivery: figures, and whom the workers would ask."""

from __future__ import annotations

import itertools
from datetime import timedelta
from random import Random

import grpc
import orjson
import pytest
from google.protobuf.duration_pb2 import Duration
from otp_service import Deployment, Refused, answer

from xacthuc.api.otp.v1 import admin_pb2
from xacthuc.api.otp.v1.resources_pb2 import Challenge
from xacthuc.circuit import FAILURES_TO_OPEN
from xacthuc.otp.adapters.layout import PROVIDERS_KEY
from xacthuc.otp.adapters.valkey_figures import ValkeyFigures
from xacthuc.otp.delivery.adapters.valkey_reports import rows
from xacthuc.otp.delivery.adapters.valkey_tallies import Tallies
from xacthuc.otp.delivery.domain.figures import Entry, Figures, Place, timed
from xacthuc.otp.delivery.domain.judgement import Judgement
from xacthuc.otp.delivery.domain.offer import Offer
from xacthuc.otp.delivery.ports import Accepted, Answer, Channel, Message
from xacthuc.otp.delivery.routes import Route, Routes
from xacthuc.policy import Policy

pytestmark = [pytest.mark.engine, pytest.mark.rule("R38")]

SMS_TO_VIETTEL = Place("vendor_a", "viettel", 1)
sequence = itertools.count()


class Vendor:
    """A provider as workers report it."""

    reports = True

    def __init__(self, name: str, *channels: Channel) -> None:
        self.name = name
        self.channels = channels or (Channel.SMS,)

    def takes(self, message: Message) -> bool:
        return True

    async def send(self, message: Message) -> Answer:
        return Accepted("never")


def route(name: str, *channels: Channel, cost_vnd: int = 320, **terms) -> Route:
    offer = Offer(**{"weight": 100, "concurrency": 1, "cost_vnd": {"other": cost_vnd}, **terms})
    return Route(provider=Vendor(name, *channels), offer=offer)


async def report(otp: Deployment, *routes: Route, worker: str = "w1") -> Routes:
    """Says what a worker says every five seconds."""
    known = Routes(routes)
    await otp.store.execute("HSET", PROVIDERS_KEY, worker, rows(known, otp.clock.now_ms()))
    return known


async def tell(otp: Deployment, place: Place, change: Figures, *, ago: timedelta = timedelta(minutes=5)) -> None:
    """Counts what a worker's fold would."""
    now_ms = otp.clock.now_ms()
    tallies = Tallies(store=otp.store, clock=otp.clock, operators=(), counted=lambda *_: None, clock_tolerance_ms=0)
    at_ms = now_ms - round(ago.total_seconds() * 1000)
    entry = Entry(0, (now_ms, next(sequence)), at_ms, change)
    assert await tallies.count({place: [entry]}) == {place: [entry]}


async def figures(otp: Deployment, window: timedelta | None = None) -> list[admin_pb2.DeliveryFigures]:
    span = None
    if window is not None:
        span = Duration()
        span.FromTimedelta(window)
    answered = await answer(
        otp.admin.ListDeliveryFigures(admin_pb2.ListDeliveryFiguresRequest(window=span), timeout=10)
    )
    return list(answered.figures)


async def explained(
    otp: Deployment, operator: str = "viettel", channel: int = Challenge.SMS
) -> admin_pb2.ExplainChoiceResponse:
    request = admin_pb2.ExplainChoiceRequest(channel=channel, operator=operator)
    return await answer(otp.admin.ExplainChoice(request, timeout=10))


async def test_before_anything_was_sent_there_are_no_figures(otp: Deployment) -> None:
    assert await figures(otp) == []


async def test_figures_tell_what_became_of_the_codes_of_a_place(otp: Deployment) -> None:
    await tell(otp, SMS_TO_VIETTEL, Figures(sent=100, failed=1, verified=88, cost_vnd=32_000))
    for latency_ms in (4_000, 5_000):
        await tell(otp, SMS_TO_VIETTEL, Figures(delivered=1, latency_ms=latency_ms, timed=timed(latency_ms)))

    [row] = await figures(otp)

    assert (row.provider, row.operator, row.channel) == ("vendor_a", "viettel", Challenge.SMS)
    counts = (row.sent_count, row.delivered_count, row.failed_count, row.verified_count, row.cost_vnd)
    assert counts == (100, 2, 1, 88, 32_000)
    assert row.mean_delivery_duration.ToTimedelta() == timedelta(seconds=4.5)
    assert row.p95_delivery_duration.ToTimedelta() == timedelta(seconds=5)


async def test_without_receipts_the_times_are_absent(otp: Deployment) -> None:
    await tell(otp, SMS_TO_VIETTEL, Figures(sent=1))

    [row] = await figures(otp)

    assert not row.HasField("mean_delivery_duration")
    assert not row.HasField("p95_delivery_duration")


async def test_the_window_reaches_back_so_many_whole_hours(otp: Deployment) -> None:
    await tell(otp, SMS_TO_VIETTEL, Figures(sent=1))
    await tell(otp, SMS_TO_VIETTEL, Figures(sent=10), ago=timedelta(hours=1))
    await tell(otp, SMS_TO_VIETTEL, Figures(sent=100), ago=timedelta(hours=30))

    windows = (timedelta(hours=1), None, timedelta(days=14))
    assert [(await figures(otp, window))[0].sent_count for window in windows] == [11, 11, 111]


async def test_the_place_that_sent_most_comes_first(otp: Deployment) -> None:
    await tell(otp, Place("few", "viettel", 1), Figures(sent=1))
    await tell(otp, Place("many", "unknown", 3), Figures(sent=2))

    assert [row.provider for row in await figures(otp)] == ["many", "few"]


@pytest.mark.parametrize("window", [timedelta(minutes=59), timedelta(days=15)])
async def test_a_window_outside_what_is_kept_is_refused(otp: Deployment, window: timedelta) -> None:
    with pytest.raises(Refused) as refused:
        await figures(otp, window)

    assert (refused.value.code, refused.value.fields) == (grpc.StatusCode.INVALID_ARGUMENT, ["window"])


async def test_a_choice_is_explained_by_what_is_known_of_each_provider(otp: Deployment) -> None:
    await report(otp, route("vendor_a"), route("vendor_b", cost_vnd=450), route("new"))
    await tell(otp, SMS_TO_VIETTEL, Figures(sent=1_000, verified=900))
    await tell(otp, SMS_TO_VIETTEL._replace(provider="vendor_b"), Figures(sent=1_000, verified=700))

    answered = await explained(otp)

    assert answered.sampled
    best, tried, worse = answered.candidates
    assert (best.provider, tried.provider, worse.provider) == ("vendor_a", "new", "vendor_b")
    assert best.share_percent > 90
    assert 2 < tried.share_percent < 8
    assert worse.share_percent < 1
    assert best.share_percent + tried.share_percent + worse.share_percent == pytest.approx(100)
    assert best.expected_conversion == pytest.approx(0.9, abs=0.01)
    assert (best.cost_vnd, worse.cost_vnd) == (320, 450)
    assert best.explanation == "Conversion 0.88…0.92 at 320 đ a message."
    assert tried.explanation.endswith("from too few codes to know: tried out with 5 % of choices.")


async def test_an_explanation_tells_why_a_provider_is_not_asked(otp: Deployment) -> None:
    broken = route("broken")
    for _ in range(FAILURES_TO_OPEN):
        broken.circuit.failed(otp.clock.now_ms())
    await report(
        otp,
        broken,
        route("narrow", operators=frozenset({"mobifone"})),
        route("sandbox", reserved_only=True),
        route("sound"),
        route("voices", Channel.VOICE),
    )

    told = {each.provider: each.explanation for each in (await explained(otp)).candidates}

    assert told.pop("sound").startswith("Conversion")
    assert told == {
        "broken": "Not asked: circuit open.",
        "narrow": "Not asked: does not send to viettel.",
        "sandbox": "Not asked: sends to the sandbox's reserved numbers alone.",
    }


async def test_two_workers_reports_of_a_provider_are_one_candidate_whose_circuit_is_open_if_one_found_it_so(
    otp: Deployment,
) -> None:
    broken = route("vendor_a")
    for _ in range(FAILURES_TO_OPEN):
        broken.circuit.failed(otp.clock.now_ms())
    await report(otp, broken, worker="w1")
    await report(otp, route("vendor_a"), worker="w2")

    [candidate] = (await explained(otp)).candidates

    assert (candidate.share_percent, candidate.explanation) == (0, "Not asked: circuit open.")


async def test_a_newer_worker_s_report_is_read_for_what_is_known_of_it(otp: Deployment) -> None:
    [row] = orjson.loads(rows(Routes([route("vendor_a")]), otp.clock.now_ms()))
    newer = {**row, "mood": "fine", "offer": {**row["offer"], "colour": "red"}}
    await otp.store.execute("HSET", PROVIDERS_KEY, "w1", orjson.dumps([newer]))

    [candidate] = (await explained(otp)).candidates

    assert (candidate.provider, candidate.share_percent) == ("vendor_a", 100)


async def test_an_explanation_is_the_same_until_something_is_learned(otp: Deployment) -> None:
    await report(otp, route("vendor_a"), route("vendor_b"))
    before = await explained(otp)

    assert await explained(otp) == before


async def test_a_broken_provider_s_weight_is_what_the_others_are_measured_by_as_workers_measure_them(
    otp: Deployment,
) -> None:
    """What is believed of a weight must not change with somebody else's circuit."""
    heavy, light = route("heavy"), route("light", weight=10)
    for _ in range(FAILURES_TO_OPEN):
        heavy.circuit.failed(otp.clock.now_ms())
    routes = await report(otp, heavy, light)

    told = {each.provider: each.expected_conversion for each in (await explained(otp)).candidates}

    routes.judgement = Judgement(Policy.load().choice, Random(7))
    message = Message(id="m", to="+84912345678", channel=Channel.SMS, text="t", operator="viettel")
    pick = routes.choose(message, (), otp.clock.now_ms())
    assert pick is not None
    assert pick.route is light
    assert told["light"] == routes.judgement.of(Place("light", "viettel", 1), 0.1).mean


async def test_what_is_explained_is_what_workers_do(otp: Deployment) -> None:
    routes = await report(otp, route("vendor_a"), route("vendor_b"))
    await tell(otp, SMS_TO_VIETTEL, Figures(sent=60, verified=54))
    await tell(otp, SMS_TO_VIETTEL._replace(provider="vendor_b"), Figures(sent=60, verified=51))
    share = next(each.share_percent for each in (await explained(otp)).candidates if each.provider == "vendor_a")

    routes.judgement = Judgement(Policy.load().choice, Random(7))
    book = ValkeyFigures(otp.store)
    routes.judgement.learn(await book.tried(routes.judgement.half_life_ms, otp.clock.now_ms()))
    message = Message(id="m", to="+84912345678", channel=Channel.SMS, text="t", operator="viettel")
    picks = [routes.choose(message, (), otp.clock.now_ms()) for _ in range(1_000)]
    asked = sum(pick is not None and pick.route.provider.name == "vendor_a" for pick in picks)

    assert asked / 10 == pytest.approx(share, abs=6)  # four standard errors of the difference of two such shares

"""What delivery leaves behind for operators: a trace that goes on, and nothing about a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from prometheus_client import generate_latest

from xacthuc.otp.delivery.ports import Status
from xacthuc.telemetry import start as telemetry

if TYPE_CHECKING:
    from delivery_world import Eventually, World
    from fake_vendor import FakeVendor

    from xacthuc.telemetry.tracing import Span

pytestmark = pytest.mark.engine

TRACE = "0af7651916cd43dd8448eb211c80319c"


class Recorder:
    """Keeps finished spans."""

    def __init__(self) -> None:
        self.spans: list[Span] = []

    def record(self, span: Span) -> None:
        self.spans.append(span)

    def named(self, name: str) -> list[Span]:
        """Returns those of one kind."""
        return [span for span in self.spans if span.name == name]

    def shutdown(self) -> None:
        """Has nothing to export."""


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    recorder, start = Recorder(), telemetry.start

    def recording(*args: Any, **options: Any) -> Any:
        return start(*args, **{**options, "recorder": recorder})

    monkeypatch.setattr(telemetry, "start", recording)
    return recorder


async def test_a_sampled_trace_goes_on_to_the_provider(
    world: World, vendor: FakeVendor, recorder: Recorder, eventually: Eventually
) -> None:
    vendor.file(world.providers)
    async with world.working():
        await world.start(trace=f"00-{TRACE}-b7ad6b7169203331-01")
        await eventually(lambda: recorder.named("otp.deliver"))

    # A machine that stands still for a second has the message sent again.
    *_, provider = recorder.named("provider.send")
    (delivery,) = recorder.named("otp.deliver")
    assert {provider.context.trace_id_hex, delivery.context.trace_id_hex} == {TRACE}
    assert delivery.context.parent_id == 0xB7AD6B7169203331
    assert provider.context.parent_id == delivery.context.span_id
    assert (provider.attributes["provider"], provider.attributes["outcome"]) == ("vendor", "accepted")
    assert str(provider.attributes["choice"]).startswith("vendor: ")


async def test_the_receipt_of_a_traced_message_points_back_to_the_request_it_belongs_to(
    world: World, vendor: FakeVendor, recorder: Recorder, eventually: Eventually
) -> None:
    vendor.file(world.providers)
    async with world.working() as running:
        identity = await world.start(trace=f"00-{TRACE}-b7ad6b7169203331-01")
        await eventually(lambda: world.sent(identity))
        await running.told("vendor", Status.DELIVERED)

    request = next(span for span in recorder.spans if span.name == "provider.send")
    receipt = next(span for span in recorder.spans if span.name == "otp.receipt")
    assert receipt.context.linked is not None
    assert (receipt.context.linked.trace_id, receipt.context.linked.span_id) == (
        request.context.trace_id,
        request.context.span_id,
    )
    assert receipt.context.trace_id != request.context.trace_id
    assert receipt.attributes == {"provider": "vendor", "outcome": "delivered"}


async def test_the_second_provider_s_request_is_part_of_the_same_trace(
    world: World, vendor: FakeVendor, other_vendor: FakeVendor, recorder: Recorder, eventually: Eventually
) -> None:
    vendor.file(world.providers, "first", weight=200)
    other_vendor.file(world.providers, "second")
    async with world.working():
        identity = await world.start(trace=f"00-{TRACE}-b7ad6b7169203331-01")
        await eventually(lambda: world.sent(identity))
        await world.run_out(identity)
        await eventually(lambda: world.sent(identity, 2))

    requests = [span for span in recorder.spans if span.name == "provider.send"]
    assert [span.attributes["provider"] for span in requests] == ["first", "second"]
    assert {span.context.trace_id_hex for span in requests} == {TRACE}


async def test_an_unsampled_trace_makes_no_span(
    world: World, vendor: FakeVendor, recorder: Recorder, eventually: Eventually
) -> None:
    vendor.file(world.providers)
    async with world.working():
        await world.start(trace=f"00-{TRACE}-b7ad6b7169203331-00")
        await eventually(lambda: vendor.received)

    assert recorder.spans == []


async def test_neither_number_nor_code_reaches_logs_metrics_spans_or_keys(
    world: World, vendor: FakeVendor, recorder: Recorder, eventually: Eventually
) -> None:
    vendor.file(world.providers)
    async with world.working(log_level="debug", trace_sample_ratio=1.0) as running:
        identity = await world.start("+84912345678")
        notice = await world.notice("+84912345678")
        await eventually(lambda: len(vendor.received) == 2)
        metrics = generate_latest(running.receipts.metrics.registry)
        keys = await world.store.execute("KEYS", "*", key="")

    left = [world.log.read_bytes(), metrics, *keys, str([span.attributes for span in recorder.spans]).encode()]
    for secret in ("912345678", world.code(identity)):
        assert not [place for place in left if secret.encode() in place]
    assert notice.encode() not in world.log.read_bytes()

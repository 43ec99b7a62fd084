"""SMPP carries no trace, so a receipt finds the request that it belongs to by the message's id."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import smsc
from delivery_world import SOON
from kept_spans import KeptSpans

from xacthuc.telemetry import start as telemetry
from xacthuc.telemetry.tracing import Kind

if TYPE_CHECKING:
    from delivery_world import Eventually, World

    from xacthuc.telemetry.tracing import Span

pytestmark = pytest.mark.engine

TRACE = "0af7651916cd43dd8448eb211c80319c"
CALL = 0xB7AD6B7169203331


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> KeptSpans:
    """What the workers of a test traced."""
    kept, start = KeptSpans(), telemetry.start

    def recording(*args: Any, **options: Any) -> Any:
        return start(*args, **{**options, "recorder": kept})

    monkeypatch.setattr(telemetry, "start", recording)
    return kept


def points_back(receipt: Span, request: Span) -> bool:
    """Says whether a receipt is a trace of its own, linked to a request."""
    linked = receipt.context.linked
    return (
        linked is not None
        and receipt.context.trace_id != request.context.trace_id
        and (linked.trace_id, linked.span_id) == (request.context.trace_id, request.context.span_id)
    )


@pytest.mark.parametrize("step", [{}, {"early": True}])
async def test_the_receipt_of_a_center_points_back_to_the_request_it_belongs_to(
    center: smsc.Center, world: World, spans: KeptSpans, eventually: Eventually, step: dict[str, Any]
) -> None:
    smsc.file(world.providers, center.port)
    await center.plan(step)
    async with world.working(inbox_file=None):
        await world.start(trace=f"00-{TRACE}-{CALL:x}-01")
        await eventually(lambda: spans.named("otp.receipt") and spans.named("otp.deliver"), within=SOON)

    receipt, delivery = spans.named("otp.receipt")[0], spans.one("otp.deliver")
    # A machine that stands still for a second has the message sent again.
    [request] = [each for each in spans.named("provider.send") if points_back(receipt, each)]
    assert receipt.kind is Kind.CONSUMER
    assert receipt.attributes == {"provider": "center", "outcome": "delivered"}
    assert request.context.parent_id == delivery.context.span_id
    assert (delivery.context.trace_id_hex, delivery.context.parent_id) == (TRACE, CALL)


async def test_a_receipt_that_reaches_another_worker_points_back_all_the_same(
    node: smsc.Center, world: World, spans: KeptSpans, eventually: Eventually
) -> None:
    smsc.file(world.providers, node.port)
    async with world.working(inbox_file=None), world.working(inbox_file=None):

        async def bound() -> bool:
            return bool((await node.report())["bound"] == 2)

        await eventually(bound, within=SOON)
        await node.plan({"elsewhere": True})
        await world.start(trace=f"00-{TRACE}-{CALL:x}-01")
        await eventually(lambda: spans.named("otp.receipt"), within=SOON)

    assert any(points_back(spans.named("otp.receipt")[0], each) for each in spans.named("provider.send"))

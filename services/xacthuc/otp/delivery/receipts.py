"""What is done with a receipt, whoever brings it: the listener, the sandbox, or the answer to a send."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from xacthuc.otp.delivery.ports import Status
from xacthuc.telemetry.tracing import Kind, Span

if TYPE_CHECKING:
    from xacthuc.clock import Clock
    from xacthuc.otp.delivery.ports import Receipt, ReceiptBook, Target
    from xacthuc.telemetry.metrics import Metrics
    from xacthuc.telemetry.tracing import Tracer


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipts:
    """Joins receipts to sends, in whatever order they come."""

    book: ReceiptBook
    clock: Clock
    metrics: Metrics
    tracer: Tracer

    async def expect(self, provider: str, message_id: str, target: Target) -> None:
        """Makes receipts of a message find their send, and applies the one that was quicker."""
        parked = await self.book.link(provider, message_id, target)
        if parked is not None:
            await self._apply(provider, target, parked)

    async def receive(self, provider: str, receipt: Receipt) -> None:
        """Applies a receipt once, or parks it until its message is known. StoreUnavailable: ask to be told again."""
        target = await self.book.find(provider, receipt)
        if target is None:
            self.metrics.receipts.add(provider, "unmatched")
        else:
            await self._apply(provider, target, receipt)

    async def _apply(self, provider: str, target: Target, receipt: Receipt) -> None:
        """Applies it in a trace of its own, which points back to the request that it belongs to."""
        context = self.tracer.linked(target.trace)
        if not context.sampled:
            await self._record(provider, target, receipt)
            return
        with Span("otp.receipt", context, Kind.CONSUMER, {"provider": provider}) as step:
            step.set("outcome", await self._record(provider, target, receipt))

    async def _record(self, provider: str, target: Target, receipt: Receipt) -> str:
        now_ms = self.clock.now_ms()
        queued_ms = await self.book.apply(provider, target, receipt, now_ms)
        if queued_ms is None:
            self.metrics.receipts.add(provider, "repeated")
            return "repeated"
        outcome = "delivered" if receipt.status is Status.DELIVERED else "failed"
        self.metrics.receipts.add(provider, outcome)
        if receipt.status is Status.DELIVERED:
            self.metrics.delivery_seconds.cell(provider).observe((now_ms - queued_ms) / 1000)
        return outcome

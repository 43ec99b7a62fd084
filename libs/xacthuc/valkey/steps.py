"""What a traced call asks of the store, as spans (OpenTelemetry's conventions for databases, 1.33).

A span names the command and the script, never a key or an argument: keys hold digests, arguments may hold anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xacthuc.telemetry.tracing import Kind, Span, child_of

if TYPE_CHECKING:
    import asyncio

    from xacthuc.telemetry.tracing import AttributeValue, TraceContext


def follow(future: asyncio.Future[Any], parent: TraceContext, operation: str, script: str = "") -> None:
    """Records from now until `future` is settled as a step of `parent`, which is sampled."""
    attributes: dict[str, AttributeValue] = {"db.system.name": "redis", "db.operation.name": operation}
    if script:
        attributes["db.stored_procedure.name"] = script
    step = Span(f"{operation} {script}" if script else operation, child_of(parent), Kind.CLIENT, attributes)

    def settled(done: asyncio.Future[Any]) -> None:
        if done.cancelled():
            step.failure = "CancelledError"
        elif (error := done.exception()) is not None:
            step.failure = type(error).__name__
        step.end()

    future.add_done_callback(settled)

"""The operators of a process: read from files, opened together. Loads no HTTP client where none is configured."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from xacthuc.otp.adapters.camara import operator_file

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping
    from pathlib import Path

    from xacthuc.clock import Clock
    from xacthuc.otp.ports.network import Operator
    from xacthuc.telemetry.metrics import Metrics


@asynccontextmanager
async def opened_operators(directory: Path, clock: Clock, metrics: Metrics) -> AsyncIterator[Mapping[str, Operator]]:
    """Reads every operator file of `directory` and keeps their connections; DataFileError for a faulty file."""
    described = operator_file.read_all(directory)
    if not described:
        yield {}
        return
    from xacthuc.otp.adapters.camara.number_verification import opened  # noqa: PLC0415 - httpx weighs 15 MB

    def observed(name: str) -> Callable[[str, float], None]:
        return lambda outcome, seconds: metrics.network_seconds.cell(name, outcome).observe(seconds)

    async with AsyncExitStack() as closing:
        yield {
            each.name: await closing.enter_async_context(opened(each, clock, observed(each.name))) for each in described
        }

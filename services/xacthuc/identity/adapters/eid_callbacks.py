"""Takes what providers report about pending questions by themselves: `POST /callbacks/<provider>`, signed."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import Route

from xacthuc import posted
from xacthuc.sql.errors import DatabaseUnavailable
from xacthuc.telemetry.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

    from starlette.requests import Request

    from xacthuc.identity.adapters.eauth.callback import CallbackReader
    from xacthuc.identity.ports.eid import Confirmation, Refused

    Settle: TypeAlias = Callable[[str, str, Confirmation | Refused], Awaitable[bool]]

_log: Final = get_logger()


def application(readers: Mapping[str, CallbackReader], settle: Settle) -> Starlette:
    """Returns the application, which knows the providers in `readers`; `settle` takes provider, transaction and answer."""
    return Starlette(routes=[Route("/callbacks/{provider}", _Desk(readers, settle).take, methods=["POST"])])


@dataclass(frozen=True, slots=True)
class _Desk:
    readers: Mapping[str, CallbackReader]
    settle: Settle

    async def take(self, request: Request) -> Response:
        """Answers 200 when taken, 404 and 503 when it is worth repeating, other 4xx when not.

        A report may overtake the answer that names its transaction to us, so one about an unknown transaction is asked
        for again; one that comes twice is no harm.
        """
        provider = request.path_params["provider"]
        reader = self.readers.get(provider)
        if reader is None:
            return Response(status_code=404)
        try:
            body = await posted.body_of(request)
        except ClientDisconnect:
            return Response(status_code=400)  # which nobody will read
        if body is None:
            return Response(status_code=413)
        if not reader.authentic(request.headers, body):
            return _refused(provider, "unsigned", 401)
        return await self._hand_over(provider, reader.read(request.headers, body))

    async def _hand_over(self, provider: str, found: tuple[str, Confirmation | Refused] | None) -> Response:
        if found is None:
            return _refused(provider, "unreadable", 400)
        try:
            known = await self.settle(provider, *found)
        except DatabaseUnavailable:
            return Response(status_code=503, headers={"Retry-After": "5"})
        return Response(status_code=200) if known else _refused(provider, "unknown_transaction", 404)


def _refused(provider: str, cause: str, status: int) -> Response:
    _log.warning("eid_report_refused", provider=provider, cause=cause)
    return Response(status_code=status)


@asynccontextmanager
async def listening(address: str, readers: Mapping[str, CallbackReader], settle: Settle) -> AsyncIterator[None]:
    """Listens at `host:port` for as long as it is entered; OSError when that is taken."""
    async with posted.listening(address, application(readers, settle)) as taken:
        _log.info("eid_reports_listening", address=taken)
        yield

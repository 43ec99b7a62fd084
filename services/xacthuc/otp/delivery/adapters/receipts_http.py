"""Takes receipts over HTTP: `POST /receipts/<provider>`. TLS ends at the edge; who sent them is proven by signature."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import Route

from xacthuc import posted
from xacthuc.telemetry.logs import get_logger
from xacthuc.valkey import StoreError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from starlette.requests import Request

    from xacthuc.otp.delivery.ports import Receipt
    from xacthuc.otp.delivery.receipts import Receipts

_log: Final = get_logger()


class Reader(Protocol):
    """Judges and reads what one provider posts. Raises for nothing but what is said here, whatever the bytes are."""

    def authentic(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Tells whether the provider sent this, just now. Compares in constant time."""
        ...

    def read(self, body: bytes) -> list[Receipt | None]:
        """Returns what is final in `body`, None for each receipt that says nothing; ValueError for what is none."""
        ...


def application(readers: Mapping[str, Reader], receipts: Receipts) -> Starlette:
    """Returns the application, which knows the providers in `readers`."""
    return Starlette(routes=[Route("/receipts/{provider}", _Desk(readers, receipts).take, methods=["POST"])])


@dataclass(frozen=True, slots=True)
class _Desk:
    readers: Mapping[str, Reader]
    receipts: Receipts

    async def take(self, request: Request) -> Response:
        """Answers 200 when taken, 4xx when not worth repeating, 503 when it is.

        200 and not 204: Zalo and some vendors take any other status for a failure and repeat the receipt.
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
            return self._refused(provider, "unsigned", 401)
        found = _found(reader, body)
        if found and not any(found):
            return self._refused(provider, "unreadable", 400)
        return await self._hand_over(provider, found)

    async def _hand_over(self, provider: str, found: list[Receipt | None]) -> Response:
        try:
            for receipt in found:
                if receipt is None:
                    self.receipts.metrics.receipts.add(provider, "unreadable")
                else:
                    await self.receipts.receive(provider, receipt)
        except StoreError:
            return Response(status_code=503, headers={"Retry-After": "5"})
        return Response(status_code=200)

    def _refused(self, provider: str, cause: str, status: int) -> Response:
        self.receipts.metrics.receipts.add(provider, cause)
        _log.warning("receipt_refused", provider=provider, cause=cause)
        return Response(status_code=status)


def _found(reader: Reader, body: bytes) -> list[Receipt | None]:
    try:
        return reader.read(body)
    except ValueError:
        return [None]


@asynccontextmanager
async def listening(address: str, readers: Mapping[str, Reader], receipts: Receipts) -> AsyncIterator[None]:
    """Listens at `host:port` for as long as it is entered; OSError when that is taken."""
    async with posted.listening(address, application(readers, receipts)) as taken:
        _log.info("receipts_listening", address=taken)
        yield

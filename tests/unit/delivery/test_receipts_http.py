"""The listener for receipts, asked as a server asks it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xacthuc.otp.delivery.adapters.receipts_http import application

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xacthuc.otp.delivery.ports import Receipt


class NeverAsked:
    """Reads nothing."""

    def authentic(self, headers: Mapping[str, str], body: bytes) -> bool:
        raise AssertionError("half a body was judged")

    def read(self, body: bytes) -> list[Receipt | None]:
        raise AssertionError("half a body was read")


async def test_a_sender_that_hangs_up_in_the_middle_is_no_error_of_ours() -> None:
    """Else anybody could fill the log with tracebacks."""
    heard = [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}]
    answered: list[Any] = []

    async def receive() -> Any:
        return heard.pop(0)

    async def send(message: Any) -> None:
        answered.append(message)

    asked = application({"vendor": NeverAsked()}, None)  # type: ignore[arg-type]  # nothing gets so far
    scope = {"type": "http", "method": "POST", "path": "/receipts/vendor", "headers": [], "query_string": b""}
    await asked(scope, receive, send)

    assert answered[0]["status"] == 400

"""One call as a value: which method, with what, and how its answer is read. Sending it is a transport's work."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from google.protobuf.message import Message

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Call(Generic[R]):
    """A call that is ready to be sent, once or, with the same `request_id`, again."""

    service: str
    """Full name of the proto service."""

    method: str
    request: Message = field(repr=False)
    answer: type[Message]
    read: Callable[[Any], R] = field(repr=False)

    @property
    def path(self) -> str:
        """What HTTP/2 calls the path: `/package.Service/Method`."""
        return f"/{self.service}/{self.method}"

    @property
    def request_id(self) -> str:
        """The id that makes the call idempotent. Empty for reads."""
        return str(getattr(self.request, "request_id", ""))

"""Calls as values: which method, with what, and how its answer is read. Sending them is a transport's work."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
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


@dataclass(frozen=True, slots=True)
class Page(Generic[R]):
    """A part of a list."""

    items: tuple[R, ...]
    next_token: str
    """What the next part is asked for with. Empty at the end."""


@dataclass(frozen=True, slots=True)
class Watch(Generic[R]):
    """A stream without an end, which is resumed wherever it breaks off."""

    call: Callable[[str], Call[R]] = field(repr=False)
    """Describes the call that goes on behind a cursor."""

    cursor: str
    """Where to begin. Empty: from the oldest that is kept."""

    cursor_of: Callable[[R], str] = field(repr=False)
    """Returns the cursor behind an answer."""

    longest_pause: timedelta = timedelta(seconds=30)
    """Before it is taken up again after failures in a row."""

    silence: timedelta | None = None
    """After how long without an answer it is taken up anew; None leaves that to the connection."""

    lasting: bool = False
    """Whether every error is outlasted that is not about the request, also a defect of the server."""


@dataclass(frozen=True, slots=True)
class Listing(Generic[R]):
    """A list that comes in pages, each a call of its own."""

    page: Callable[[str], Call[Page[R]]] = field(repr=False)
    """Describes the call for the page that a token leads to; an empty one leads to the first."""

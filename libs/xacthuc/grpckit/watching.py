"""What every stream of an outbox answers alike: refused cursors, and responses that are rendered once for all watchers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from xacthuc.grpckit.endpoint import Serialized
from xacthuc.grpckit.errors import FieldFault, InvalidRequest, OutOfRange, XacthucError
from xacthuc.grpckit.reasons import Reason
from xacthuc.watching.cursors import Fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from google.protobuf.message import Message

B = TypeVar("B")


class RenderedOnce(Generic[B]):
    """Renders batches. What thousands of watchers are told alike is rendered once, and kept for as long as the batch."""

    def __init__(self, render: Callable[[B, str], Message]) -> None:
        """`render` makes the response that tells of a batch, with the cursor behind it."""
        self._render = render
        self._rendered: WeakKeyDictionary[Any, Serialized] = WeakKeyDictionary()

    def __call__(self, batch: B, cursor: str) -> Serialized:
        """Returns the response that tells of a batch."""
        rendered = self._rendered.get(batch)
        if rendered is None:
            rendered = self._rendered[batch] = Serialized(self._render(batch, cursor).SerializeToString())
        return rendered


def refusal(fault: Fault, anew: str) -> XacthucError:
    """Returns what a caller is told about a cursor; `anew` is how to begin again once it is worth nothing."""
    if fault is Fault.UNKNOWN:
        return InvalidRequest(
            FieldFault("cursor", "must be one that this service gave, unchanged; leave it out to begin", "NOT_OURS")
        )
    if fault is Fault.AHEAD:
        return OutOfRange(Reason.CURSOR_AHEAD, f"the record ends before this cursor, since it was restored; {anew}")
    return OutOfRange(Reason.CURSOR_EXPIRED, f"events behind this cursor are no longer kept; {anew}")

"""The one rule of the one request that this process serves, without the engine that asks all rules of all contracts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from xacthuc.grpckit.errors import FieldFault, InvalidRequest

if TYPE_CHECKING:
    from google.protobuf.message import Message

_CURSOR: Final = "^([A-Za-z0-9_-]{22})?$"
"""As `WatchRevocationsRequest` states it; a test holds both to one answer."""
_KEPT: Final = re.compile(_CURSOR.removesuffix("$") + r"\Z")
"""Python's `$` would let a line's end pass."""


class CursorRule:
    """Checks requests for revocations."""

    def warm(self, message: Message) -> None:
        """Has nothing to prepare."""

    def check(self, message: Any) -> Any:
        """Returns the request; InvalidRequest, as the contract's rules would say it, when its cursor cannot be one."""
        if _KEPT.match(message.cursor) is None:
            raise InvalidRequest(FieldFault("cursor", f"does not match regex pattern `{_CURSOR}`", "STRING_PATTERN"))
        return message

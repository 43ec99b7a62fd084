"""What a caller is told when what is kept of an account does not open, beside what every service says of outages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from xacthuc.grpckit import outages
from xacthuc.grpckit.errors import DataLoss, XacthucError
from xacthuc.grpckit.reasons import Reason
from xacthuc.sealing import UnsealError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def unreadable(_error: UnsealError) -> XacthucError:
    """No other server can open it either, and no repetition will: it has to be restored."""
    return DataLoss(
        Reason.ACCOUNT_UNREADABLE,
        "what is kept of the account, or its key, is damaged; nothing was changed: have the operator restore it from a"
        " backup (docs/keys.md), a retry fails until then",
    )


TRANSLATIONS: Final[Mapping[type[BaseException], Callable[[Any], XacthucError]]] = {
    **outages.TRANSLATIONS,
    UnsealError: unreadable,
}
"""For the server builder."""

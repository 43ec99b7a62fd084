"""What operators look at, as it is written down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xacthuc.identity.wire.admin import PLATFORM_PREFIX, platform_of

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from xacthuc.grpckit.call import Call

_NAMING: Final = ("name", "parent", "operator")
"""Fields that say what a request is about (AIP-122, AIP-132)."""


def looked_at(request: Message, call: Call) -> tuple[str, str, str]:
    """Reads what an operator asks to see: the platform, the id of the account or of what else is named, and the method.

    Where nothing is named but a platform, the method stands for the id.
    """
    fields, method = request.DESCRIPTOR.fields_by_name, call.method.rpartition(".")[2]
    named = next((getattr(request, field) for field in _NAMING if field in fields), "")
    platform = call.platform if call.has_platform else ""
    if named.startswith(PLATFORM_PREFIX):
        platform, _, named = platform_of(named).partition("/")
    return platform, named.rpartition("/")[2] or method, method

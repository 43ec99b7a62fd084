"""What a caller is told when the store of challenges does not do its part."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from xacthuc.grpckit.errors import Internal, Unavailable, XacthucError
from xacthuc.grpckit.reasons import Reason
from xacthuc.sealing import UnknownSealKeyError
from xacthuc.valkey.errors import ScriptError, StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def store_unavailable(error: StoreUnavailable) -> XacthucError:
    """Guesses and sends must be counted, so there is no answer without the store."""
    return Unavailable(
        Reason.STORE_UNAVAILABLE,
        "the store of challenges does not answer; repeat with the same request_id",
        retry_after=timedelta(seconds=error.retry_after_seconds),
    )


def script_refused(error: ScriptError) -> XacthucError:
    """A script refuses by itself only a clock that is off; anything else is a defect of ours."""
    if error.code != "CLOCK":
        return Internal()
    return Unavailable(
        Reason.STORE_UNAVAILABLE,
        "the clocks of this server and of its store are more than 2 s apart; an operator must act",
    )


def seal_key_unknown(_error: UnknownSealKeyError) -> XacthucError:
    """Another server, whose key file is ahead, sealed this. Damaged data is no outage, and stays an internal error."""
    return Unavailable(
        Reason.KEYS_UNAVAILABLE, "this server lacks a key that others have; repeat with the same request_id"
    )


TRANSLATIONS: Final[Mapping[type[BaseException], Callable[[Any], XacthucError]]] = {
    StoreUnavailable: store_unavailable,
    ScriptError: script_refused,
    UnknownSealKeyError: seal_key_unknown,
}
"""For the server builder: which exceptions of the store, and of what was sealed into it, mean what to a caller."""

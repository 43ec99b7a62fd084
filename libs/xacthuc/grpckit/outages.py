"""What a caller is told when the database, the state store or a key does not do its part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from xacthuc.grpckit.errors import Internal, Unavailable, XacthucError
from xacthuc.grpckit.reasons import Reason
from xacthuc.sealing import UnknownSealKeyError
from xacthuc.sql.errors import DatabaseUnavailable
from xacthuc.valkey.errors import StoreError, StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def database_unavailable(_error: DatabaseUnavailable) -> XacthucError:
    """A commit may have happened without our hearing of it, so a write is only to be repeated with its own id."""
    return Unavailable(
        Reason.DATABASE_UNAVAILABLE, "the database does not answer; repeat a write with the same request_id"
    )


def store_unavailable(_error: StoreUnavailable) -> XacthucError:
    """Only what tells servers about keys needs the store; facts are read from the database instead."""
    return Unavailable(
        Reason.STORE_UNAVAILABLE, "the change is kept, but servers could not be told; repeat it to tell them"
    )


def store_refused(_error: StoreError) -> XacthucError:
    """A store that answers with a refusal is set up wrongly, or a defect of ours."""
    return Internal()


def seal_key_unknown(_error: UnknownSealKeyError) -> XacthucError:
    """Another server, whose key file is ahead, sealed this."""
    return Unavailable(
        Reason.KEYS_UNAVAILABLE, "this server lacks a key that others have; repeat with the same request_id"
    )


TRANSLATIONS: Final[Mapping[type[BaseException], Callable[[Any], XacthucError]]] = {
    DatabaseUnavailable: database_unavailable,
    StoreUnavailable: store_unavailable,
    StoreError: store_refused,
    UnknownSealKeyError: seal_key_unknown,
}
"""For the server builder."""

"""Addresses of the session log: each bound to its row, under the key of its day."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from xacthuc.sealing import UnsealError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Row

    from xacthuc.identity.adapters.account_cipher import AccountCipher

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def place_of(account_id: str, occur_us: int, kind: str) -> str:
    """Returns what binds an origin to its row; none of the parts can hold a slash."""
    return f"session/{account_id}/{occur_us}/{kind}"


def opened_origin(account_id: str, row: Row[Any], ciphers: Iterable[AccountCipher | None]) -> bytes:
    """Returns address and port of a row, as `domain.sessions` packs them; empty when none was told, or its key is gone.

    UnsealError when there are keys and none of them opens it.
    """
    there = [cipher for cipher in ciphers if cipher is not None]
    if row.origin is None or not there:
        return b""
    place = place_of(account_id, microseconds(row.time), row.kind)
    for cipher in there[:-1]:
        with suppress(UnsealError):
            return cipher.open(place, row.origin)
    return there[-1].open(place, row.origin)


def instant(us: int) -> datetime:
    """Returns the instant so many microseconds after the Unix epoch."""
    return _EPOCH + timedelta(microseconds=us)


def microseconds(at: datetime) -> int:
    """Returns an instant as microseconds since the Unix epoch."""
    return (at - _EPOCH) // _MICROSECOND

"""The evidence of an account's erasures, as a statement that an inspector keeps.

It says what is on record when it is signed, and is good for ten years; the keys it is verified with are rotated, so whoever
keeps it keeps the JWK Set of that day beside it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from xacthuc.tokens import statement

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from xacthuc.tokens.signer import Signer

KIND: Final = statement.Kind(typ="xacthuc-erasure+jwt", longest_life=timedelta(days=3653))


def issue(
    signer: Signer, *, platform: str, account: str, erasures: Sequence[Mapping[str, object]], now: datetime
) -> str:
    """Returns the statement; `erasures` are JSON, with times as RFC 3339 spells them."""
    signed = signer.sign(
        KIND, audience=platform, subject=account, own={"erasures": list(erasures)}, now=now, ttl=KIND.longest_life
    )
    if signed is None:
        raise ValueError("ten years are more than a second")
    return signed

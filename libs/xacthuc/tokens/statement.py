"""What every statement says, whatever it states: of what kind it is, by whom, for whom, about whom, and until when.

Owns the judgement of a token by keys and a time that are given. Fetches nothing and keeps nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from xacthuc.tokens import compact
from xacthuc.tokens.errors import (
    BadSignature,
    Expired,
    Malformed,
    NotYetValid,
    WrongAudience,
    WrongIssuer,
    WrongType,
)
from xacthuc.tokens.keys import ALGORITHM

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xacthuc.tokens.keys import PublicKeys

LEEWAY_SECONDS: Final = 2
"""How far the issuer's clock may be ahead; the same as between our services and their store.

An end is never put off by it. A statement that ends too early costs a call, one that ends late allows what is revoked.
"""

REGISTERED: Final = frozenset({"iss", "aud", "sub", "iat", "exp", "nbf", "jti"})
"""Claims whose meaning RFC 7519 section 4.1 fixes; a statement's own have other names."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of statement."""

    typ: str
    """The media type without `application/`, different for each kind, so that none passes for another (RFC 8725 3.11)."""
    longest_life: timedelta
    """From issue to expiry. A token that claims more is refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What a believed token says."""

    subject: str = field(repr=False)
    issue_time: datetime
    expire_time: datetime
    own: Mapping[str, object] = field(repr=False)
    """Claims of this kind of statement; their presence and form are its reader's to check."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a token must be to be believed in one place."""

    kind: Kind
    issuer: str
    audience: str


def verify(token: str, expected: Expected, keys: PublicKeys, now: datetime) -> Claims:
    """Returns what a token says; raises a TokenError when it is not to be believed at `now`, which is aware."""
    parts = compact.split(token)
    keys.verify(_key_id(parts.header, expected.kind), parts.signature, parts.signed)
    claims = compact.read_object(parts.payload)
    if claims.get("iss") != expected.issuer:
        raise WrongIssuer
    # RFC 7519 section 4.1.3 allows several audiences; a statement of ours is for one platform.
    if claims.get("aud") != expected.audience:
        raise WrongAudience
    issued, expires = _life(claims, expected.kind, now)
    subject = claims.get("sub")
    if not isinstance(subject, str) or not subject:
        raise Malformed
    own = {name: value for name, value in claims.items() if name not in REGISTERED}
    return Claims(subject=subject, issue_time=issued, expire_time=expires, own=own)


def to_seconds(instant: datetime) -> int:
    """Returns an aware instant as RFC 7519 spells it, in whole seconds since the epoch, rounded down."""
    return (instant - _EPOCH) // timedelta(seconds=1)


def _key_id(header: Mapping[str, object], kind: Kind) -> str:
    """Returns the id of the one key that may have signed. `jwk`, `jku` and the like are not looked at: keys come from us."""
    typ, algorithm, key_id = header.get("typ"), header.get("alg"), header.get("kid")
    # Extensions that must be understood are not (RFC 7515 section 4.1.11).
    if not isinstance(typ, str) or not isinstance(key_id, str) or "crit" in header:
        raise Malformed
    if typ != kind.typ:
        raise WrongType
    if algorithm != ALGORITHM:
        raise BadSignature
    return key_id


def _life(claims: Mapping[str, object], kind: Kind, now: datetime) -> tuple[datetime, datetime]:
    issued, expires = _seconds(claims, "iat"), _seconds(claims, "exp")
    starts = max(issued, _seconds(claims, "nbf")) if "nbf" in claims else issued
    if not 0 < expires - issued <= kind.longest_life // timedelta(seconds=1):
        raise Malformed
    present = to_seconds(now)
    if expires <= present:
        raise Expired
    if starts > present + LEEWAY_SECONDS:
        raise NotYetValid
    # By now both are within a life of the present, so neither is out of range.
    return _EPOCH + timedelta(seconds=issued), _EPOCH + timedelta(seconds=expires)


def _seconds(claims: Mapping[str, object], name: str) -> int:
    value = claims.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise Malformed
    return value

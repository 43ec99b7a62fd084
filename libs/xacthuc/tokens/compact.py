"""The compact form of a JSON Web Signature (RFC 7515 section 7.1), written in one way and read in no other.

Every part has one spelling: canonical base64url, UTF-8, JSON objects without a repeated member. What two readers could
understand differently is refused (RFC 8725 section 2.4 and 2.6). Knows nothing of what is stated.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NoReturn

from xacthuc import ids
from xacthuc.tokens.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_CHARACTERS: Final = 2048
"""A standing has about 500. The bound keeps a stranger from having much parsed before a signature is looked at."""

_PARTS: Final = 3
"""Header, payload, signature."""


@dataclass(frozen=True, slots=True)
class Compact:
    """A token taken apart. Nothing of it is to be believed before `signature` was verified over `signed`."""

    header: Mapping[str, object]
    payload: bytes = field(repr=False)
    signed: bytes = field(repr=False)
    """What the signature is over: header and payload as they came (RFC 7515 section 5.2)."""
    signature: bytes = field(repr=False)


def join(*parts: str) -> str:
    """Returns parts of a token as one text."""
    return ".".join(parts)


def split(token: str) -> Compact:
    """Takes a token apart; Malformed when it is not in the compact form."""
    if len(token) > MOST_CHARACTERS or token.count(".") != _PARTS - 1:
        raise Malformed
    signed, _, signature = token.rpartition(".")
    header, _, payload = signed.partition(".")
    return Compact(read_object(_decoded(header)), _decoded(payload), signed.encode("ascii"), _decoded(signature))


def write_object(members: Mapping[str, object]) -> str:
    """Returns a JSON object as a part of a token."""
    return ids.encode(_ENCODER.encode(members).encode("ascii"))


def read_object(raw: bytes) -> Mapping[str, object]:
    """Returns the members of a JSON object in UTF-8; Malformed when it is none, or has one twice."""
    # Raised where the parser's own error, which quotes what it read, is no longer the context.
    value: object = None
    with suppress(ValueError, RecursionError):
        value = _DECODER.decode(raw.decode("utf-8"))
    if not isinstance(value, dict):
        raise Malformed
    return value


def _decoded(part: str) -> bytes:
    raw: bytes | None = None
    with suppress(ValueError):
        raw = ids.decode(part)
    if not raw:
        raise Malformed
    return raw


def _once(members: list[tuple[str, object]]) -> dict[str, object]:
    """Takes the members of an object, of which parsers disagree which counts when one is repeated (RFC 8259 section 4)."""
    named = dict(members)
    if len(named) != len(members):
        raise ValueError("a member is repeated")
    return named


def _no_number(_spelling: str) -> NoReturn:
    """Refuses NaN and Infinity, which Python reads though they are no JSON (RFC 8259 section 6)."""
    raise ValueError("not a number")


_ENCODER: Final = json.JSONEncoder(separators=(",", ":"), allow_nan=False)
_DECODER: Final = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_number)

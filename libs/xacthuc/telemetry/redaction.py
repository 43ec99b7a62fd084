"""The second net under the rule that nothing personal is logged: known shapes and known names are masked.

The first net is that value objects mask their own representation and that code logs no identifier of a person. This one catches what
slips through, mostly in the texts of exceptions. It cannot know a name or an address, so it excuses nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import MutableMapping

MASK: Final = "[redacted]"

_SHAPES: Final = re.compile(
    r"""
      xt_(?:live|dev)_[A-Za-z0-9_-]+                                # a platform key
    | (?i:bearer)\s+[A-Za-z0-9._~+/=-]+                             # any authorization header
    | [A-Za-z0-9_-]{24}\.[A-Za-z0-9_-]{43}                          # a proof token
    | [A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+           # an e-mail address
    | (?<![0-9A-Za-z])(?:\+|00)?84[\s.-]?\(?0?\)?(?:[\s.-]?[0-9]){9,10}(?![0-9A-Za-z])  # a number with country code
    | (?<![0-9A-Za-z])0[1-9](?:[\s.-]?[0-9]){8,9}(?![0-9A-Za-z])    # a national number, those of before 2018 included
    | (?<![0-9A-Za-z])[0-9]{12}(?![0-9A-Za-z])                      # a personal identification number (Law 26/2023 Art. 12)
    | (?<![0-9A-Za-z.:-])[0-9]{9}(?![0-9A-Za-z.:-])                 # an identity card of before 2021, or a bare number
    """,
    re.VERBOSE,
)

# Names under which a value is personal or secret whatever it looks like.
_NAMES: Final = frozenset({
    "account", "account_id", "authorization", "birth_date", "code", "device_id", "email", "full_name", "ip", "key",
    "otp", "password", "personal_id", "phone", "phone_number", "proof_token", "secret", "subject", "token",
})  # fmt: skip

_FREE_TEXTS: Final = ("basis", "reason")
"""Details in somebody's own words. What else is a detail is an id, a count, an instant or one of known words."""


def redact_text(text: str) -> str:
    """Returns `text` with every known shape masked."""
    return _SHAPES.sub(MASK, text)


def redact_texts(detail: dict[str, Any]) -> dict[str, Any]:
    """Returns details of an audit entry or an event with its free texts masked: neither can be called back later."""
    texts = {name: redact_text(str(detail[name])) for name in _FREE_TEXTS if detail.get(name)}
    return {**detail, **texts} if texts else detail


def redact(value: Any) -> Any:
    """Returns `value`, as JSON will hold it, with known shapes masked at any depth."""
    if isinstance(value, str):
        return redact_text(value)
    if isinstance(value, bool) or value is None or isinstance(value, float):
        return value
    if isinstance(value, int):
        return MASK if _SHAPES.fullmatch(str(value)) else value
    if isinstance(value, dict):
        return {str(name): MASK if str(name) in _NAMES else redact(item) for name, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [redact(item) for item in value]
    return redact_text(str(value))


def redact_event(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The structlog processor: masks every field but those this package adds itself."""
    return {
        name: value if name in {"time", "level", "trace_id"} else MASK if name in _NAMES else redact(value)
        for name, value in event.items()
    }

"""The `traceparent` header of W3C Trace Context (Recommendation of 2021-11-23), read and written without an SDK.

`tracestate` is neither kept nor sent: nothing here writes one, and section 3.3 allows dropping it.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

HEADER: Final = "traceparent"

# Section 3.2: version-traceid-parentid-flags, lower-case hex. A higher version may append "-..." fields.
_PATTERN: Final = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_SAMPLED: Final = 0x01


class Remote(NamedTuple):
    """A span of another process."""

    trace_id: int
    span_id: int
    sampled: bool


def parse(text: str) -> Remote | None:
    """Returns the span named by a header, or None when it is not usable, which section 4.3 says to treat as absent."""
    match = _PATTERN.fullmatch(text)
    if match is None:
        return None
    version, trace_id, span_id, flags, more = match.groups()
    # Section 3.2.2: version ff is forbidden, version 00 ends after the flags, ids of zeros are invalid.
    if version == "ff" or (version == "00" and more):
        return None
    remote = Remote(int(trace_id, 16), int(span_id, 16), bool(int(flags, 16) & _SAMPLED))
    return remote if remote.trace_id and remote.span_id else None


def render(trace_id: int, span_id: int, *, sampled: bool) -> str:
    """Returns the header that names a span, as version 00."""
    return f"00-{trace_id:032x}-{span_id:016x}-{'01' if sampled else '00'}"

"""Who asks for a write, and what makes a repetition of it recognisable (AIP-155): what every command of a service carries."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A write as it was asked for: who, on whose behalf, and what makes a repetition recognisable."""

    platform: str
    """Empty where no platform exists yet."""
    method: str
    request_id: str
    payload: str = field(repr=False)
    """The request without its id, in one canonical spelling; only its keyed hash is kept."""
    actor: str
    """`key:<id>`, `operator:<id>` or `peer:<service>`, for the audit trail."""
    trace_id: str

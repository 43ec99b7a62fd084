"""How a provider's answers are described in its file: where things stand, and what they mean. Reading is reading.py."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from xacthuc.identity.adapters.remote.spelling import DateFormat


class Meaning(StrEnum):
    """What an answer says."""

    CONFIRMED = "confirmed"
    NOT_CONFIRMED = "not_confirmed"
    DENIED = "denied"
    EXPIRED = "expired"
    PENDING = "pending"
    DOWN = "down"
    """The provider's own trouble, told politely."""


class TimeFormat(StrEnum):
    """How the provider writes the time of a confirmation."""

    RFC3339 = "rfc3339"
    """With an offset, which is demanded."""
    VIETNAM = "vietnam"
    """ISO 8601 without an offset, in Vietnam's time."""
    UNIX = "unix"
    UNIX_MS = "unix_ms"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One way in which an answer is recognised. All conditions that are given must hold."""

    means: Meaning
    status: tuple[int, ...] = ()
    """HTTP statuses; empty: any. A report counts as 200."""
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Dotted path in the JSON to the values that it may have."""

    def __post_init__(self) -> None:
        """Refuses a rule that says too little: a bare status comes from any proxy, and must not confirm anybody."""
        if not self.where and (self.means is Meaning.CONFIRMED or not self.status):
            raise ValueError("where: name a path and its values; a status alone never confirms")
        if not all(self.where.values()):
            raise ValueError("where: name one value at least for each path")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """Where things stand in an answer: dotted paths."""

    transaction_id: str
    level: str = ""
    fixed_level: str = ""
    """The level of every confirmation, for a provider that has one."""
    levels: tuple[str, ...] = ()
    """The levels that are enough; empty: all."""
    time: str = ""
    """Empty: when the answer came."""
    time_format: TimeFormat = TimeFormat.RFC3339
    request_id: str = ""
    """Where the provider repeats the request's id; a confirmation of another request is then none."""
    personal_id: str = ""
    full_name: str = ""
    birth_date: str = ""
    birth_date_format: DateFormat = DateFormat.ISO
    retry_after: str = ""
    """Seconds until a pending answer is worth asking for, where a header does not say it."""

    def __post_init__(self) -> None:
        """Refuses a confirmation without a level: it must be kept (R41)."""
        if bool(self.level) == bool(self.fixed_level):
            raise ValueError("level: give level or fixed_level")
        if not self.transaction_id:
            raise ValueError("transaction_id: is empty; a confirmation is kept with it")

"""The limits there are, each with whose behaviour it bounds and what happens while the store is down.

If you add a limit you must also:

1. say in FACTS what its key is made of, and how it fails;
2. give it a rule: in `DEFAULT_RULES` with the source of its numbers, or in the settings of the service that spends it;
3. fold outcomes into it in the delivery worker, if it scales with successes or caps wrong checks;
4. describe it on docs/limits.md; the counter of refusals, `xacthuc_limits_hit_total`, takes its name from here;
5. never make its key from anything a reader of the key could turn back into a person: callers pass keyed digests.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from xacthuc.ratelimit.gcra import DAY_HOURS, HOUR_MS, Rule

if TYPE_CHECKING:
    from collections.abc import Mapping


class Limit(StrEnum):
    """What is bounded. Closed: a name from outside that is not here is an error at the start. Values are in key names."""

    CHALLENGE = "chal"
    NUMBER = "num"
    ACCOUNT = "acc"
    DEVICE = "dev"
    IP = "ip"
    PREFIX = "pre"
    PLATFORM = "plat"
    SYSTEM = "sys"
    SPEND = "spend"
    NOTICE_NUMBER = "nnum"
    NOTICE_PLATFORM = "nplat"
    NOTICE_SYSTEM = "nsys"


class FailMode(StrEnum):
    """What a limit answers while its server cannot be reached."""

    CLOSED = "closed"
    OPEN = "open"


class Home(StrEnum):
    """Where a limit's counters live, which decides who spends it."""

    PARTITION = "partition"
    """In the slot of the number's partition: the challenge's own script spends it, in the same step."""
    ALONE = "alone"
    """In a slot of its own: `Limiter` spends it before."""
    ACCOUNT = "account"
    """In a platform's account, counted in dong: the delivery worker pays from it before it sends."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is fixed about a limit.

    Attributes:
        subject: what the digest in its key is made of.
        home: where its counters live.
        fail_mode: what it answers while its server is down.

    """

    subject: str
    home: Home
    fail_mode: FailMode


FACTS: Final[Mapping[Limit, Facts]] = MappingProxyType(
    {
        # Guesses and messages that cannot be counted must not happen.
        Limit.CHALLENGE: Facts("the challenge", Home.PARTITION, FailMode.CLOSED),
        Limit.NUMBER: Facts("platform and number", Home.PARTITION, FailMode.CLOSED),
        # Carries the wrong checks of an account over all its challenges: guess safety.
        Limit.ACCOUNT: Facts("platform and account", Home.ALONE, FailMode.CLOSED),
        # Never the only guard: the number's own limit stands behind them, and is closed.
        Limit.DEVICE: Facts("platform and device", Home.ALONE, FailMode.OPEN),
        Limit.IP: Facts("IPv4 address or IPv6 /64", Home.ALONE, FailMode.OPEN),
        Limit.PREFIX: Facts("number without its last four digits", Home.ALONE, FailMode.OPEN),
        # Money: what a platform, or all together, may spend on messages; and their kill switches.
        Limit.PLATFORM: Facts("platform", Home.ALONE, FailMode.CLOSED),
        Limit.SYSTEM: Facts("nothing: there is one", Home.ALONE, FailMode.CLOSED),
        # The early word of it only. The worker pays before it sends, so while nobody can be asked nothing goes out.
        Limit.SPEND: Facts("platform, and all together", Home.ACCOUNT, FailMode.OPEN),
        # What people and platforms bear of notices, apart from codes, so that those never wait for them.
        Limit.NOTICE_NUMBER: Facts("platform and number", Home.PARTITION, FailMode.CLOSED),
        Limit.NOTICE_PLATFORM: Facts("platform", Home.ALONE, FailMode.CLOSED),
        Limit.NOTICE_SYSTEM: Facts("nothing: there is one", Home.ALONE, FailMode.CLOSED),
    }
)

_DAY_MS = DAY_HOURS * HOUR_MS

DEFAULT_RULES: Final[Mapping[Limit, Rule]] = MappingProxyType(
    {
        # Four at once, one more per day, and at most five in any 24 hours.
        Limit.NUMBER: Rule(quantity=1, period_ms=_DAY_MS, burst=4, sent_cap=5, wrong_cap=10),
        # Ten guesses a day at a code of six digits keep the chance of a hit at one in 100 000 a day.
        Limit.ACCOUNT: Rule(quantity=8, period_ms=_DAY_MS, burst=8, sent_cap=8, wrong_cap=10),
        Limit.DEVICE: Rule(quantity=8, period_ms=_DAY_MS, burst=8, sent_cap=8),
        # Vietnamese mobile networks put thousands behind one address (carrier-grade NAT, RFC 6888), so these two grow by
        # what succeeds there: an address is cut off below half, a prefix below 40 % of codes entered per code sent.
        Limit.IP: Rule(quantity=20, period_ms=HOUR_MS, burst=20, scale_permille=2000),
        Limit.PREFIX: Rule(quantity=30, period_ms=HOUR_MS, burst=30, scale_permille=2500),
    }
)
"""Where a service starts from. Those of a platform and of all are budgets: their numbers come from the policy alone."""


def key_of(limit: Limit, digest: str) -> str:
    """Returns the name of the hash a limit is: `l:{ip:4fQ...}`. `digest` is a keyed hash, made by the caller."""
    return f"l:{{{limit.value}:{digest}}}"

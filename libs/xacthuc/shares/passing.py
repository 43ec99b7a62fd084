"""What the one-time-code service keeps of a number or an account for a while, and why it is not in a document of what is held.

It keeps no table: keys of its store, found by keyed hashes of numbers and not by accounts, most of which are gone before a
demand is answered. The times are those of services/xacthuc/otp/adapters/scripts/README.md; a test compares the keys.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

PASSING: Final[Mapping[str, str]] = MappingProxyType(
    {
        "challenges": "codes that were asked for, with the number sealed and masked and the account's id: gone after 25 hours",
        "messages": "codes and notices on their way, with the number sealed: gone when they are sent; a notice after a day",
        "outcomes": "what became of them, to be counted and told to identity, whose audit trail keeps what matters: gone after 3 days,"
        " or what the deployment sets",
        "limits": "how much a number, an account, a device or an address may still ask for, by keyed hashes: gone when the limit is"
        " full again; that a device verified a number after 180 days, times of notices and bars after 30 days",
        "blocks": "that nothing is sent to a number, or that it passes the limits, by its keyed hash, whatever accounts it has:"
        " gone when the block ends; an officer sees it by the number (`xacthuc lookup`)",
        "repetitions": "that a call came, by keyed hashes, to know a repetition: gone after a day",
        "receipts": "which message a provider's receipt is for: gone after 48 hours",
    }
)
"""What it is, and when it is gone."""

KEYS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "{p:NNN}:c:<challenge>": "challenges",
        "{p:NNN}:n:<platform>:<number hash>": "limits",
        "{p:NNN}:n:<platform>:<number hash>:<pool>": "limits",
        "{p:NNN}:b:<number hash>": "blocks",
        "{p:NNN}:ok:<number hash>": "blocks",
        "{p:NNN}:r:<notice>": "messages",
        "q:{<request hash>}": "repetitions",
        "{p:NNN}:dlv": "messages",
        "{p:NNN}:dlv:bulk": "messages",
        "{p:NNN}:nt:<notice>": "messages",
        "{p:NNN}:out": "outcomes",
        "{p:NNN}:due": "receipts",
        "dlr:{<digest>}": "receipts",
    }
)
"""Which keys of the store hold it."""

NOBODYS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "{p:NNN}:lease": "which worker delivers",
        "{p:NNN}:out:cur": "how far outcomes were counted",
        "zns:{<provider>}": "tokens of a provider's account",
        "delivery:workers": "which workers live",
        "providers": "how providers fare",
        "tally:{<provider>:<operator>:<channel>}": "counts of messages",
        "tallies": "which counts there are",
        "spend:{<platform>}": "a platform's money",
        "spend:{<platform>}:c:<token>": "one charge of it",
        "spend:platforms": "which platforms spent",
        "g:{<kind>:<value>}": "counts of operators, providers and ranges of numbers",
        "g:{<kind>:<value>}:x": "how far they were counted",
        "g:{since}": "since when the fraud guard works",
        "g:{known}": "which ranges and providers there are",
        "g:{suspects}": "which of them were over a limit",
    }
)
"""Keys that hold nothing of a person, with what they hold instead."""

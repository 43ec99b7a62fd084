"""What the use cases need of the outside world. Adapters implement these; nothing here knows a technology.

Methods that write raise RequestIdReused when the order's id came before with another payload, and all that touch the
database raise DatabaseUnavailable when it does not answer.
"""

from __future__ import annotations

from xacthuc.identity.ports.accounts import Accounts, NewAccount
from xacthuc.identity.ports.imports import Imported, Imports, JudgedBatch, Merge, Merged
from xacthuc.identity.ports.numbers import Begun, Proof, Proofs, ProofUsed, Settled, Verifications
from xacthuc.identity.ports.platforms import KeyOutcome, Platforms, PlatformView, Publication, Replacement, StoredKey
from xacthuc.identity.ports.standing import FactsSource, Standing, StandingColumns, StandingStore, StandingUnavailable

__all__ = [
    "Accounts",
    "Begun",
    "FactsSource",
    "Imported",
    "Imports",
    "JudgedBatch",
    "KeyOutcome",
    "Merge",
    "Merged",
    "NewAccount",
    "PlatformView",
    "Platforms",
    "Proof",
    "ProofUsed",
    "Proofs",
    "Publication",
    "Replacement",
    "Settled",
    "Standing",
    "StandingColumns",
    "StandingStore",
    "StandingUnavailable",
    "StoredKey",
    "Verifications",
]

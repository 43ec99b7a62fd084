"""The closed list of what is audited, as `source:subject:action`.

If you add a tag you must also write it where the change is made, in the same transaction.
"""

from __future__ import annotations

from enum import StrEnum


class Tag(StrEnum):
    """What happened: which service did what to which kind of thing. Never renamed once released: trails are kept."""

    ACCOUNT_REGISTERED = "identity:account:registered"
    """An account was registered; the detail says whether a guardian is awaited."""
    ACCOUNTS_IMPORTED = "identity:import_batch:committed"
    """Accounts that the platform had before were kept; the detail has the keyed digest of the batch, and counts."""
    PHONE_VERIFIED = "identity:account:phone_verified"
    """A number was proven for an account."""
    NUMBER_CHANGED = "identity:account:number_changed"
    """A number was proven for an account and took the place of another."""
    PHONE_LAPSED = "identity:account:phone_lapsed"
    """The number of an account stands no longer: another one proved it (Circular 08/2026 Art. 8), or it is out of use."""
    VERIFICATION_REVOKED = "identity:account:verification_revoked"
    """The platform took evidence back; the detail says which kinds and why."""
    PERSONAL_ID_DECLARED = "identity:account:personal_id_declared"
    """A well-formed personal ID was given; the detail says on which ground, and what is odd about it (R40)."""
    PERSONAL_ID_VERIFIED = "identity:account:personal_id_verified"
    """It was confirmed; the detail says by whom, how sure and under which number of theirs (R41)."""
    PERSONAL_ID_REFUSED = "identity:account:personal_id_refused"
    PERSONAL_ID_LAPSED = "identity:account:personal_id_lapsed"
    """Another holder was confirmed under the same number."""
    ELECTRONIC_ID_STARTED = "identity:account:electronic_id_started"
    ELECTRONIC_ID_REFUSED = "identity:account:electronic_id_refused"
    SUBSCRIBER_COMPARED = "identity:account:subscriber_compared"
    """A mobile operator compared name, birth date and personal ID with its subscriber record, each for itself."""
    GUARDIAN_LINKED = "identity:account:guardian_linked"
    """Somebody answers for a child from now on; the detail names the links, not the people."""
    GUARDIAN_ENDED = "identity:account:guardian_ended"
    """Nobody answers for a child any more."""
    SUPERVISION_CHANGED = "identity:account:supervision_changed"
    """Who answers for a child, or what is allowed, is another."""
    ACCOUNT_CORRECTED = "identity:account:corrected"
    """Name or birth date was corrected; the detail says which, and whether a personal ID stopped to stand for it."""
    ACCOUNT_LOCKED = "identity:account:locked"
    """Writing was forbidden; the detail names the basis."""
    ACCOUNT_UNLOCKED = "identity:account:unlocked"
    ACCOUNT_CLOSED = "identity:account:closed"
    ERASURE_SCHEDULED = "identity:account:erasure_scheduled"
    """What is no longer needed was destroyed, the rest sealed away until the detail's time."""
    ACCOUNT_ERASED = "identity:account:erased"
    """Everything personal of an account was destroyed; the detail says which clock had run out."""
    PLATFORM_CREATED = "identity:platform:created"
    KEY_CREATED = "identity:platform_key:created"
    KEY_ROTATED = "identity:platform_key:rotated"
    """A key was replaced; the detail names its successor and when it ends."""
    KEY_REVOKED = "identity:platform_key:revoked"

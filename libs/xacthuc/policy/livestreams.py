"""The section of the policy file about broadcasts, as a frozen value (R3)."""

from collections.abc import Mapping
from dataclasses import dataclass

from xacthuc.policy.vocabulary import DeclarationKind, Ruling

LONGEST_GRANT_SECONDS = 900
"""As long as verifiers believe that a grant may last (`xacthuc.tokens.broadcast`)."""


@dataclass(frozen=True, slots=True)
class Livestream:
    """Who may be on air for how long, and what follows when somebody may not sell."""

    parallel_broadcasts: int
    """How many broadcasts one account may have on air."""
    grant_seconds: int
    """How long leave to be on air lasts unless it is renewed."""
    vanished_seconds: int
    """How long after that a broadcast counts as left behind."""
    unproven_goods: Ruling
    """What becomes of a running broadcast that sells without a proven personal ID, where it may be on air, ..."""
    childs_goods: Ruling
    """... and of a child's, whose guardians allow broadcasts."""
    record_months: int
    """How long is on record who was on air and sold, from the end of the broadcast."""
    declarations: Mapping[DeclarationKind, bool]
    """Which make a broadcast one that sells."""

    def __post_init__(self) -> None:
        """Refuses numbers that are none, and selling on without a personal ID."""
        if min(self.parallel_broadcasts, self.vanished_seconds, self.record_months) <= 0:
            raise ValueError("parallel_broadcasts, vanished_seconds, record_months: write numbers above 0")
        if not 0 < self.grant_seconds <= LONGEST_GRANT_SECONDS:
            raise ValueError(f"grant_seconds: write 1 to {LONGEST_GRANT_SECONDS}")
        if Ruling.CONTINUE in {self.unproven_goods, self.childs_goods}:
            raise ValueError("unproven_goods, childs_goods: write HIDE_GOODS or CUT")

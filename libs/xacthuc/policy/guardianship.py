"""What the policy says of parents and guardians (R15 to R24)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Guardianship:
    """What a parent or guardian has to be to answer for a child, and what follows when the child is 16."""

    min_assurance: str
    """The least that must be proven of a guardian: `PHONE` or `PERSONAL_ID`."""
    locked_answers: bool
    """Whether a guardian whose own account is locked goes on answering for children."""

    independence_grace_days: int
    """For how long who turned 16 goes on without a proof of their own; 0 for not at all (R22)."""

    def __post_init__(self) -> None:
        """Refuses what nobody can prove, and a grace that ends before it begins."""
        if self.independence_grace_days < 0:
            raise ValueError("independence_grace_days: write 0 or more")
        if self.min_assurance not in {"PHONE", "PERSONAL_ID"}:
            raise ValueError("min_assurance: write PHONE or PERSONAL_ID")

    @property
    def asks_personal_id(self) -> bool:
        """Whether possession of a number is not enough."""
        return self.min_assurance == "PERSONAL_ID"

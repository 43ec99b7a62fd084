"""What the policy says of parents and guardians (R15 to R24)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Guardianship:
    """What a parent or guardian has to be to answer for a child, and what follows when the child is 16."""

    min_assurance: str
    """The least that must be proven of a guardian: `PHONE` or `PERSONAL_ID`."""
    locked_answers: bool
    """Whether a guardian whose own account is locked goes on answering for children."""

    def __post_init__(self) -> None:
        """Refuses what nobody can prove."""
        if self.min_assurance not in {"PHONE", "PERSONAL_ID"}:
            raise ValueError("min_assurance: write PHONE or PERSONAL_ID")

    @property
    def asks_personal_id(self) -> bool:
        """Whether possession of a number is not enough."""
        return self.min_assurance == "PERSONAL_ID"

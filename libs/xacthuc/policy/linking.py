"""The section of the policy file about inviting and taking on guardians, as frozen values."""

from dataclasses import dataclass

from xacthuc.policy.sections import Text


@dataclass(frozen=True, slots=True)
class DeclarationText(Text):
    """What a guardian declares, in both languages, at one version."""

    version: str
    """What ConfirmLink has to name. A changed text gets another one."""


@dataclass(frozen=True, slots=True)
class Linking:
    """How somebody comes to answer for a child."""

    invitation_days: int
    """How long an invitation waits for an answer, and a guardian who confirmed for the approval of another."""
    repeats: int
    """How often an invitation that waits may be made again."""
    invitations_per_child_per_day: int
    invitations_per_person_per_day: int
    """Of one account or number, by one child. What other children asked tells no stranger whom they know, and bars nobody."""
    confirmations_per_guardian_per_day: int
    declaration_parent: DeclarationText
    declaration_other: DeclarationText
    """Of everybody but a parent, who has to say why the parents do not answer (Civil Code Art. 47(1))."""

    def __post_init__(self) -> None:
        """Refuses numbers under which nobody could be invited."""
        figures = (
            *(self.invitation_days, self.invitations_per_child_per_day, self.invitations_per_person_per_day),
            self.confirmations_per_guardian_per_day,
        )
        if min(figures) <= 0 or self.repeats < 0:
            raise ValueError("links: write numbers above 0, and 0 for repeats alone")

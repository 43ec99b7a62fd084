"""The section of the policy file about what guardians see and allow, as frozen values."""

from dataclasses import dataclass
from datetime import time

from xacthuc.policy.vocabulary import Action


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a child may do before a guardian says otherwise."""

    actions: tuple[Action, ...]
    quiet_from: time
    """In Vietnam's time, to the minute, ..."""
    quiet_to: time
    """... and over midnight when it is the earlier of both. None when both are the same."""

    def __post_init__(self) -> None:
        """Refuses times that are not whole minutes, and what is never a child's."""
        if any(each.second or each.microsecond for each in (self.quiet_from, self.quiet_to)):
            raise ValueError("quiet_from, quiet_to: write whole minutes, such as 21:30:00")
        if Action.LIVESTREAM_COMMERCE in self.actions:
            raise ValueError("actions: leave LIVESTREAM_COMMERCE out; it takes a personal ID of the seller's own (R3)")


@dataclass(frozen=True, slots=True)
class SupervisionRules:
    """What is allowed at first, and how long is kept what guardians are shown."""

    below_assent: Beginning
    """Of who is too young to be asked; see `ages.assent_from`."""
    from_assent: Beginning
    activity_days: int
    """How long it is kept that a child published something."""
    history_months: int
    """How long it is kept who answered for a child and what was allowed, once nobody does any more."""

    def __post_init__(self) -> None:
        """Refuses what allows the younger more, and times that would destroy at once."""
        if not set(self.below_assent.actions) <= set(self.from_assent.actions):
            raise ValueError("below_assent: actions must be among those of from_assent")
        if min(self.activity_days, self.history_months) <= 0:
            raise ValueError("activity_days, history_months: write numbers above 0")

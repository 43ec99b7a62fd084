"""What the outbox says: the closed set of event kinds."""

from __future__ import annotations

from enum import StrEnum


class EventKind(StrEnum):
    """What happened to a link; the subject is the child. Never renamed once released: others read it."""

    LINK_INVITED = "LINK_INVITED"
    LINK_AWAITS_APPROVAL = "LINK_AWAITS_APPROVAL"
    """Whoever answers for the child already has to approve another guardian."""
    LINK_HELD = "LINK_HELD"
    LINK_ACTIVE = "LINK_ACTIVE"
    LINK_DECLINED = "LINK_DECLINED"
    LINK_EXPIRED = "LINK_EXPIRED"
    LINK_ENDED = "LINK_ENDED"
    SUPERVISION_SET = "SUPERVISION_SET"
    """A guardian changed what the child may do; the detail names the link, so that the other guardian can be told."""
    DISPUTE_OPENED = "DISPUTE_OPENED"
    DISPUTE_RESOLVED = "DISPUTE_RESOLVED"
    ASSENT_RECORDED = "ASSENT_RECORDED"
    """A guardian, whose link the detail names, or else the child, consented to a feature or took that back."""

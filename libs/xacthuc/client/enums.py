"""The closed words of the contracts as Python enums, each derived from its proto enum, where its values are explained.

A server may be newer than this client: a value it does not know yet becomes a member named `UNKNOWN_<number>` of the
same enum instead of an error. Compare with `==`; such a member equals itself and nothing that has a name here.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Self

from xacthuc.api.guardian.v1 import resources_pb2 as guardian
from xacthuc.api.identity.v1 import events_pb2 as events
from xacthuc.api.identity.v1 import locks_pb2 as locks
from xacthuc.api.identity.v1 import resources_pb2 as identity
from xacthuc.api.identity.v1 import service_pb2 as identity_service
from xacthuc.api.identity.v1 import sessions_pb2 as sessions
from xacthuc.api.otp.v1 import resources_pb2 as otp
from xacthuc.api.otp.v1 import service_pb2 as otp_service


class OpenEnum(IntEnum):
    """An enum that tolerates numbers it has no name for."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, int):
            return None
        member = int.__new__(cls, value)
        member._name_ = f"UNKNOWN_{value}"
        member._value_ = value
        return member


class Purpose(OpenEnum):
    """What a proof will be used for."""

    ACCOUNT_VERIFICATION = otp.Challenge.ACCOUNT_VERIFICATION
    NUMBER_CHANGE = otp.Challenge.NUMBER_CHANGE
    GUARDIAN_LINK = otp.Challenge.GUARDIAN_LINK
    REVERIFICATION = otp.Challenge.REVERIFICATION


class Channel(OpenEnum):
    """How a code travels."""

    SMS = otp.Challenge.SMS
    ZALO_ZNS = otp.Challenge.ZALO_ZNS
    VOICE = otp.Challenge.VOICE
    NETWORK = otp.Challenge.NETWORK


class ChallengeState(OpenEnum):
    """Where a challenge is in its life; all but PENDING are final."""

    PENDING = otp.Challenge.PENDING
    VERIFIED = otp.Challenge.VERIFIED
    EXPIRED = otp.Challenge.EXPIRED
    EXHAUSTED = otp.Challenge.EXHAUSTED
    CANCELED = otp.Challenge.CANCELED


class DeliveryState(OpenEnum):
    """How far the last message came."""

    QUEUED = otp.Challenge.Delivery.QUEUED
    SENT = otp.Challenge.Delivery.SENT
    DELIVERED = otp.Challenge.Delivery.DELIVERED
    FAILED = otp.Challenge.Delivery.FAILED


class Verdict(OpenEnum):
    """What became of one checked code."""

    VERIFIED = otp_service.CheckCodeResponse.VERIFIED
    WRONG = otp_service.CheckCodeResponse.WRONG
    EXPIRED = otp_service.CheckCodeResponse.EXPIRED
    EXHAUSTED = otp_service.CheckCodeResponse.EXHAUSTED
    ALREADY_USED = otp_service.CheckCodeResponse.ALREADY_USED
    CANCELED = otp_service.CheckCodeResponse.CANCELED


class Refusal(OpenEnum):
    """Why a number is not a person's Vietnamese mobile number."""

    FIXED_LINE = otp.NumberInfo.FIXED_LINE
    M2M = otp.NumberInfo.M2M
    SERVICE = otp.NumberInfo.SERVICE
    GOVERNMENT = otp.NumberInfo.GOVERNMENT
    SATELLITE = otp.NumberInfo.SATELLITE
    FOREIGN = otp.NumberInfo.FOREIGN
    UNASSIGNED_RANGE = otp.NumberInfo.UNASSIGNED_RANGE
    TOO_SHORT = otp.NumberInfo.TOO_SHORT
    TOO_LONG = otp.NumberInfo.TOO_LONG
    EXTENSION = otp.NumberInfo.EXTENSION
    NOT_A_NUMBER = otp.NumberInfo.NOT_A_NUMBER


class AccountState(OpenEnum):
    """Where an account stands."""

    UNVERIFIED = identity.Account.UNVERIFIED
    PENDING_GUARDIAN = identity.Account.PENDING_GUARDIAN
    PENDING_PERSONAL_ID = identity.Account.PENDING_PERSONAL_ID
    VERIFIED = identity.Account.VERIFIED
    REVERIFICATION_REQUIRED = identity.Account.REVERIFICATION_REQUIRED
    LOCKED = identity.Account.LOCKED
    CLOSED = identity.Account.CLOSED
    ERASURE_SCHEDULED = identity.Account.ERASURE_SCHEDULED
    ERASED = identity.Account.ERASED
    UNREADABLE = identity.Account.UNREADABLE


class EvidenceKind(OpenEnum):
    """What is proven of an account."""

    PHONE = identity.Evidence.PHONE
    PERSONAL_ID_DECLARED = identity.Evidence.PERSONAL_ID_DECLARED
    PERSONAL_ID = identity.Evidence.PERSONAL_ID
    GUARDIAN = identity.Evidence.GUARDIAN


class ConsentKind(OpenEnum):
    """What a holder agreed to or confirmed."""

    REGISTRATION = identity_service.ConsentRecord.REGISTRATION
    NO_MOBILE = identity_service.ConsentRecord.NO_MOBILE


class VerificationPathKind(OpenEnum):
    """A way to a lawful account."""

    PHONE = identity.VerificationPath.PHONE
    ELECTRONIC_ID = identity.VerificationPath.ELECTRONIC_ID
    READ_ONLY = identity.VerificationPath.READ_ONLY
    GUARDIAN = identity.VerificationPath.GUARDIAN


class RevocationReason(OpenEnum):
    """Why what was proven is taken back."""

    LOSS_REPORTED = identity_service.RevokeVerificationRequest.LOSS_REPORTED
    NUMBER_CHANGED_HANDS = identity_service.RevokeVerificationRequest.NUMBER_CHANGED_HANDS
    FRAUD = identity_service.RevokeVerificationRequest.FRAUD
    HOLDER_REQUEST = identity_service.RevokeVerificationRequest.HOLDER_REQUEST
    AUTHORITY_ORDER = identity_service.RevokeVerificationRequest.AUTHORITY_ORDER


class PersonalIdOutcome(OpenEnum):
    """What came of giving a personal ID; treat an unknown one as NOT_CONFIRMED."""

    CONFIRMED = identity.PersonalIdVerification.CONFIRMED
    DECLARED = identity.PersonalIdVerification.DECLARED
    PENDING = identity.PersonalIdVerification.PENDING
    NOT_CONFIRMED = identity.PersonalIdVerification.NOT_CONFIRMED
    DETAILS_DIFFER = identity.PersonalIdVerification.DETAILS_DIFFER
    DENIED = identity.PersonalIdVerification.DENIED
    EXPIRED = identity.PersonalIdVerification.EXPIRED
    FORGED = identity.PersonalIdVerification.FORGED
    PROVIDER_UNAVAILABLE = identity.PersonalIdVerification.PROVIDER_UNAVAILABLE
    TOO_MANY_ACCOUNTS = identity.PersonalIdVerification.TOO_MANY_ACCOUNTS


class NextStepKind(OpenEnum):
    """What the person should do next; treat an unknown one as CONTACT_PLATFORM."""

    NONE = identity.NextStep.NONE
    VERIFY_PHONE = identity.NextStep.VERIFY_PHONE
    VERIFY_PERSONAL_ID = identity.NextStep.VERIFY_PERSONAL_ID
    LINK_GUARDIAN = identity.NextStep.LINK_GUARDIAN
    CONTACT_PLATFORM = identity.NextStep.CONTACT_PLATFORM
    COMPLETE_DETAILS = identity.NextStep.COMPLETE_DETAILS
    WAIT = identity.NextStep.WAIT
    ASK_GUARDIAN = identity.NextStep.ASK_GUARDIAN


class EventKind(OpenEnum):
    """What happened to an account. A server may be too old to name it, while a newer one runs beside it: UNKNOWN_0."""

    ACCOUNT_REGISTERED = events.AccountEvent.ACCOUNT_REGISTERED
    ACCOUNT_IMPORTED = events.AccountEvent.ACCOUNT_IMPORTED
    PHONE_VERIFIED = events.AccountEvent.PHONE_VERIFIED
    NUMBER_CHANGED = events.AccountEvent.NUMBER_CHANGED
    PERSONAL_ID_DECLARED = events.AccountEvent.PERSONAL_ID_DECLARED
    PERSONAL_ID_VERIFIED = events.AccountEvent.PERSONAL_ID_VERIFIED
    PERSONAL_ID_REFUSED = events.AccountEvent.PERSONAL_ID_REFUSED
    REVERIFICATION_REQUIRED = events.AccountEvent.REVERIFICATION_REQUIRED
    GUARDIAN_LINKED = events.AccountEvent.GUARDIAN_LINKED
    GUARDIAN_ENDED = events.AccountEvent.GUARDIAN_ENDED
    SUPERVISION_CHANGED = events.AccountEvent.SUPERVISION_CHANGED
    ACCOUNT_CORRECTED = events.AccountEvent.ACCOUNT_CORRECTED
    ACCOUNT_LOCKED = events.AccountEvent.ACCOUNT_LOCKED
    ACCOUNT_UNLOCKED = events.AccountEvent.ACCOUNT_UNLOCKED
    ACCOUNT_CLOSED = events.AccountEvent.ACCOUNT_CLOSED
    ERASURE_SCHEDULED = events.AccountEvent.ERASURE_SCHEDULED
    ACCOUNT_ERASED = events.AccountEvent.ACCOUNT_ERASED
    VERIFICATION_DUE = events.AccountEvent.VERIFICATION_DUE
    TRANSITION_ENDED = events.AccountEvent.TRANSITION_ENDED
    TRANSITION_RESTORED = events.AccountEvent.TRANSITION_RESTORED


class Action(OpenEnum):
    """Something an account does on the platform."""

    READ = identity.READ
    POST = identity.POST
    COMMENT = identity.COMMENT
    SHARE = identity.SHARE
    LIVESTREAM = identity.LIVESTREAM
    LIVESTREAM_COMMERCE = identity.LIVESTREAM_COMMERCE
    REACT = identity.REACT
    POLL = identity.POLL
    DIRECT_MESSAGE = identity.DIRECT_MESSAGE
    UPLOAD = identity.UPLOAD


class DecisionReason(OpenEnum):
    """Why an action is allowed or not; treat an unknown one by `Decision.allowed`."""

    ACTION_NOT_GATED = identity.Decision.ACTION_NOT_GATED
    VERIFIED = identity.Decision.VERIFIED
    TRANSITION = identity.Decision.TRANSITION
    NOT_VERIFIED = identity.Decision.NOT_VERIFIED
    PERSONAL_ID_REQUIRED = identity.Decision.PERSONAL_ID_REQUIRED
    GUARDIAN_REQUIRED = identity.Decision.GUARDIAN_REQUIRED
    REVERIFICATION_REQUIRED = identity.Decision.REVERIFICATION_REQUIRED
    LOCKED = identity.Decision.LOCKED
    CLOSED = identity.Decision.CLOSED
    NOT_REGISTERED = identity.Decision.NOT_REGISTERED
    DETAILS_REQUIRED = identity.Decision.DETAILS_REQUIRED
    NOT_FOR_CHILDREN = identity.Decision.NOT_FOR_CHILDREN
    SUPERVISED = identity.Decision.SUPERVISED
    QUIET_HOURS = identity.Decision.QUIET_HOURS
    SUSPENDED = identity.Decision.SUSPENDED
    UNREADABLE = identity.Decision.UNREADABLE


class Authority(OpenEnum):
    """Who demanded the removal of something."""

    SOCIAL_NETWORKS = locks.RemovalOrder.SOCIAL_NETWORKS
    CYBERSECURITY = locks.RemovalOrder.CYBERSECURITY


class SessionKind(OpenEnum):
    """What an account did, for the session log."""

    LOG_IN = sessions.SessionEntry.LOG_IN
    LOG_OUT = sessions.SessionEntry.LOG_OUT
    POST = sessions.SessionEntry.POST
    SHARE = sessions.SessionEntry.SHARE
    REMOVE = sessions.SessionEntry.REMOVE


class Relation(OpenEnum):
    """What a guardian is to a child."""

    FATHER = guardian.FATHER
    MOTHER = guardian.MOTHER
    GUARDIAN_NATURAL = guardian.GUARDIAN_NATURAL
    GUARDIAN_APPOINTED = guardian.GUARDIAN_APPOINTED
    GUARDIAN_COURT = guardian.GUARDIAN_COURT
    GUARDIAN_LEGAL_PERSON = guardian.GUARDIAN_LEGAL_PERSON
    GRANDPARENT = guardian.GRANDPARENT


class WardGround(OpenEnum):
    """Why somebody other than a parent guards a child."""

    PARENTS_DEAD_OR_UNKNOWN = guardian.PARENTS_DEAD_OR_UNKNOWN
    PARENTS_UNABLE = guardian.PARENTS_UNABLE


class LinkState(OpenEnum):
    """Where a link between a guardian and a child stands."""

    INVITED = guardian.Link.INVITED
    PENDING_APPROVAL = guardian.Link.PENDING_APPROVAL
    HELD = guardian.Link.HELD
    ACTIVE = guardian.Link.ACTIVE
    DECLINED = guardian.Link.DECLINED
    EXPIRED = guardian.Link.EXPIRED
    ENDED = guardian.Link.ENDED


class EndCause(OpenEnum):
    """Why a link ended."""

    REVOKED = guardian.Link.REVOKED
    CAME_OF_AGE = guardian.Link.CAME_OF_AGE
    GUARDIAN_STANDING = guardian.Link.GUARDIAN_STANDING
    DISPUTE = guardian.Link.DISPUTE
    CHILD_CLOSED = guardian.Link.CHILD_CLOSED


class ActivityKind(OpenEnum):
    """What a child published."""

    POST = guardian.Activity.POST
    COMMENT = guardian.Activity.COMMENT
    SHARE = guardian.Activity.SHARE
    LIVESTREAM = guardian.Activity.LIVESTREAM


class LinkEventKind(OpenEnum):
    """What happened to a link."""

    LINK_INVITED = guardian.LinkEvent.LINK_INVITED
    LINK_AWAITS_APPROVAL = guardian.LinkEvent.LINK_AWAITS_APPROVAL
    LINK_HELD = guardian.LinkEvent.LINK_HELD
    LINK_ACTIVE = guardian.LinkEvent.LINK_ACTIVE
    LINK_DECLINED = guardian.LinkEvent.LINK_DECLINED
    LINK_EXPIRED = guardian.LinkEvent.LINK_EXPIRED
    LINK_ENDED = guardian.LinkEvent.LINK_ENDED
    SUPERVISION_SET = guardian.LinkEvent.SUPERVISION_SET
    DISPUTE_OPENED = guardian.LinkEvent.DISPUTE_OPENED
    DISPUTE_RESOLVED = guardian.LinkEvent.DISPUTE_RESOLVED
    ASSENT_RECORDED = guardian.LinkEvent.ASSENT_RECORDED

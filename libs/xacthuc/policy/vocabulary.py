"""The words of a decision. Closed sets; the contract carries the same names, and a new member needs its data and texts."""

from enum import StrEnum


class Action(StrEnum):
    """Something an account does on a platform."""

    READ = "READ"
    POST = "POST"
    COMMENT = "COMMENT"
    SHARE = "SHARE"
    LIVESTREAM = "LIVESTREAM"
    LIVESTREAM_COMMERCE = "LIVESTREAM_COMMERCE"
    REACT = "REACT"
    POLL = "POLL"
    DIRECT_MESSAGE = "DIRECT_MESSAGE"
    UPLOAD = "UPLOAD"


class Requirement(StrEnum):
    """What an action asks of an account."""

    NOTHING = "NOTHING"
    """The law does not gate the action."""
    AUTHENTICATED = "AUTHENTICATED"
    """A verified Vietnamese mobile number or an authenticated personal ID."""
    PERSONAL_ID = "PERSONAL_ID"
    """An authenticated personal ID, whatever else is proven."""


class Reason(StrEnum):
    """Why an action is allowed or not."""

    ACTION_NOT_GATED = "ACTION_NOT_GATED"
    VERIFIED = "VERIFIED"
    TRANSITION = "TRANSITION"
    NOT_VERIFIED = "NOT_VERIFIED"
    PERSONAL_ID_REQUIRED = "PERSONAL_ID_REQUIRED"
    GUARDIAN_REQUIRED = "GUARDIAN_REQUIRED"
    REVERIFICATION_REQUIRED = "REVERIFICATION_REQUIRED"
    LOCKED = "LOCKED"
    CLOSED = "CLOSED"
    NOT_REGISTERED = "NOT_REGISTERED"
    DETAILS_REQUIRED = "DETAILS_REQUIRED"
    NOT_FOR_CHILDREN = "NOT_FOR_CHILDREN"
    SUPERVISED = "SUPERVISED"
    QUIET_HOURS = "QUIET_HOURS"
    SUSPENDED = "SUSPENDED"
    UNREADABLE = "UNREADABLE"


class FindingAction(StrEnum):
    """What follows when somebody outside tells something of a number that was proven, mildest first."""

    NOTHING = "NOTHING"
    """It is on record with the reconciliation that found it."""
    NOTE = "NOTE"
    """The audit trail of the account tells of it as well."""
    REVERIFY = "REVERIFY"
    """The number stands no longer: the holder has to prove possession of one again."""
    RESTRICT = "RESTRICT"
    """Everything that was proven stands no longer, a personal ID included; the account reads until it is proven anew."""


class NextStep(StrEnum):
    """What the person should do next."""

    NONE = "NONE"
    VERIFY_PHONE = "VERIFY_PHONE"
    VERIFY_PERSONAL_ID = "VERIFY_PERSONAL_ID"
    LINK_GUARDIAN = "LINK_GUARDIAN"
    CONTACT_PLATFORM = "CONTACT_PLATFORM"
    COMPLETE_DETAILS = "COMPLETE_DETAILS"
    WAIT = "WAIT"
    ASK_GUARDIAN = "ASK_GUARDIAN"


class DeliveryChannel(StrEnum):
    """How a message travels."""

    SMS = "SMS"
    ZALO_ZNS = "ZALO_ZNS"
    VOICE = "VOICE"


class ChoiceMethod(StrEnum):
    """How delivery decides which provider is asked first."""

    SAMPLED = "sampled"
    """By what is believed of each one's conversion, and by price."""
    WEIGHTED = "weighted"
    """The greatest weight, always."""


class GuardMode(StrEnum):
    """What the fraud guard does about what it finds."""

    RECORD_ONLY = "record_only"
    """It says so in the record of the message, and nothing else happens."""
    ENFORCE = "enforce"
    """Somebody has to solve a CAPTCHA first."""


class DeclarationKind(StrEnum):
    """Something in a broadcast that may make it one that sells."""

    PRODUCT_LINK = "PRODUCT_LINK"
    PRICE = "PRICE"
    ORDER_FORM = "ORDER_FORM"
    PAID_PROMOTION = "PAID_PROMOTION"


class Ruling(StrEnum):
    """What has to be done about a broadcast, mildest first."""

    CONTINUE = "CONTINUE"
    """It goes on, or begins."""
    HIDE_GOODS = "HIDE_GOODS"
    """It goes on without anything for sale."""
    CUT = "CUT"
    """It is not on air."""


class Purpose(StrEnum):
    """What a proof of possession of a number will be used for."""

    ACCOUNT_VERIFICATION = "ACCOUNT_VERIFICATION"
    NUMBER_CHANGE = "NUMBER_CHANGE"
    GUARDIAN_LINK = "GUARDIAN_LINK"
    REVERIFICATION = "REVERIFICATION"


class VerificationPath(StrEnum):
    """A way to a lawful account, for whoever it is open to."""

    PHONE = "PHONE"
    ELECTRONIC_ID = "ELECTRONIC_ID"
    READ_ONLY = "READ_ONLY"
    GUARDIAN = "GUARDIAN"

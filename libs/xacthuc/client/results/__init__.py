"""What calls return: small frozen values. Instants are aware UTC datetimes, spans are timedeltas, absent is None.

No `repr` shows an account, a number or a token, so that a result may stand in a log line. A result that can be a "no"
is false when it is one: `if check_action(...)` must not publish what was refused.
"""

from xacthuc.client.results.guardian import (
    Activity,
    ChildAssent,
    Declaration,
    Link,
    LinkEvent,
    LinkEventBatch,
    QuietHours,
    Supervision,
)
from xacthuc.client.results.identity import (
    Account,
    AccountEvent,
    Commerce,
    Consent,
    ConsentRecord,
    Decision,
    EventBatch,
    Evidence,
    Lock,
    NextStep,
    NoMobile,
    PersonalIdVerification,
    RecordedSessions,
    RejectedEntry,
    RemovalOrder,
    SessionEntry,
    SignIn,
    StandingToken,
    VerificationPath,
)
from xacthuc.client.results.otp import Challenge, CheckResult, Delivery, NumberInfo

__all__ = [
    "Account",
    "AccountEvent",
    "Activity",
    "Challenge",
    "CheckResult",
    "ChildAssent",
    "Commerce",
    "Consent",
    "ConsentRecord",
    "Decision",
    "Declaration",
    "Delivery",
    "EventBatch",
    "Evidence",
    "Link",
    "LinkEvent",
    "LinkEventBatch",
    "Lock",
    "NextStep",
    "NoMobile",
    "NumberInfo",
    "PersonalIdVerification",
    "QuietHours",
    "RecordedSessions",
    "RejectedEntry",
    "RemovalOrder",
    "SessionEntry",
    "SignIn",
    "StandingToken",
    "Supervision",
    "VerificationPath",
]

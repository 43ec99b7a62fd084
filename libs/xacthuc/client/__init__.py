"""The Python client: what a platform's engineer uses to verify people and to ask what an account may do.

    from xacthuc.client import Action, Xacthuc

    with Xacthuc(key=key) as xacthuc:
        challenge = xacthuc.otp.start_challenge("0912 345 678", subject="accounts/an")
        result = xacthuc.otp.check_code(challenge, code)
        if result.verified:
            xacthuc.identity.verify_phone("an", result.proof_token)
        if xacthuc.identity.check_action("an", Action.POST).allowed:
            publish()

`AsyncXacthuc` is the same with `async with` and `await`. An expected "no" is a value of a result; everything else is
an error of `errors.py`. Needs grpcio, protobuf and googleapis-common-protos, nothing else.
"""

from xacthuc.client.clients import AsyncXacthuc, Xacthuc
from xacthuc.client.enums import (
    AccountState,
    Action,
    Authority,
    ChallengeState,
    Channel,
    ConsentKind,
    DecisionReason,
    DeliveryState,
    EventKind,
    EvidenceKind,
    NextStepKind,
    PersonalIdOutcome,
    Purpose,
    Refusal,
    RevocationReason,
    Verdict,
    VerificationPathKind,
)
from xacthuc.client.errors import (
    AlreadyExists,
    DeadlineExceeded,
    FailedPrecondition,
    FieldFault,
    Internal,
    InvalidRequest,
    LimitExceeded,
    NotFound,
    OutOfRange,
    PermissionDenied,
    Unauthenticated,
    Unavailable,
    Unimplemented,
    XacthucError,
)
from xacthuc.client.results import (
    Account,
    AccountEvent,
    Challenge,
    CheckResult,
    Commerce,
    Consent,
    ConsentRecord,
    Decision,
    Delivery,
    EventBatch,
    Evidence,
    Lock,
    NextStep,
    NoMobile,
    NumberInfo,
    PersonalIdVerification,
    RemovalOrder,
    SignIn,
    StandingToken,
    VerificationPath,
)

__all__ = [
    "Account",
    "AccountEvent",
    "AccountState",
    "Action",
    "AlreadyExists",
    "AsyncXacthuc",
    "Authority",
    "Challenge",
    "ChallengeState",
    "Channel",
    "CheckResult",
    "Commerce",
    "Consent",
    "ConsentKind",
    "ConsentRecord",
    "DeadlineExceeded",
    "Decision",
    "DecisionReason",
    "Delivery",
    "DeliveryState",
    "EventBatch",
    "EventKind",
    "Evidence",
    "EvidenceKind",
    "FailedPrecondition",
    "FieldFault",
    "Internal",
    "InvalidRequest",
    "LimitExceeded",
    "Lock",
    "NextStep",
    "NextStepKind",
    "NoMobile",
    "NotFound",
    "NumberInfo",
    "OutOfRange",
    "PermissionDenied",
    "PersonalIdOutcome",
    "PersonalIdVerification",
    "Purpose",
    "Refusal",
    "RemovalOrder",
    "RevocationReason",
    "SignIn",
    "StandingToken",
    "Unauthenticated",
    "Unavailable",
    "Unimplemented",
    "Verdict",
    "VerificationPath",
    "VerificationPathKind",
    "Xacthuc",
    "XacthucError",
]

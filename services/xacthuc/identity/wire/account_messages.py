"""What platforms ask of accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xacthuc.api.identity.v1 import resources_pb2, service_pb2
from xacthuc.identity.commands import Consent, ProveNumber, RegisterAccount, RevokeVerification
from xacthuc.identity.domain.facts import EvidenceKind
from xacthuc.identity.domain.numbers import RevocationReason
from xacthuc.identity.wire.common import ACCOUNT_PREFIX, calendar_date, instant, order, spaced

if TYPE_CHECKING:
    from xacthuc.grpckit.call import Call

_KINDS: Final = {resources_pb2.Evidence.Kind.Value(kind.value): kind for kind in EvidenceKind}
_REASONS: Final = {service_pb2.RevokeVerificationRequest.Reason.Value(why.value): why for why in RevocationReason}


def register_account(request: service_pb2.RegisterAccountRequest, call: Call) -> RegisterAccount:
    """Reads a registration; InvalidRequest when the consent's time is not one."""
    return RegisterAccount(
        order=order(request, call, call.platform),
        account_id=request.account_id,
        full_name=spaced(request.full_name),
        birth_date=calendar_date(request.birth_date),
        consent=Consent(
            text_version=request.consent.text_version,
            accept_time=instant(request.consent.accept_time, "consent.accept_time"),
        ),
    )


def prove_number(request: service_pb2.VerifyPhoneRequest | service_pb2.ChangeNumberRequest, call: Call) -> ProveNumber:
    """Reads a proof of a number."""
    return ProveNumber(
        order=order(request, call, call.platform),
        account_id=request.name[ACCOUNT_PREFIX:],
        proof_token=request.proof_token,
    )


def revoke_verification(request: service_pb2.RevokeVerificationRequest, call: Call) -> RevokeVerification:
    """Reads what is to be taken back."""
    return RevokeVerification(
        order=order(request, call, call.platform),
        account_id=request.name[ACCOUNT_PREFIX:],
        kinds=frozenset(_KINDS[kind] for kind in request.kinds),
        reason=_REASONS[request.reason],
    )

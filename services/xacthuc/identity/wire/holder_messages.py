"""What the guardian service asks of holders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xacthuc.api.identity.v1 import internal_pb2, resources_pb2
from xacthuc.api.otp.v1 import resources_pb2 as otp_pb2
from xacthuc.identity.commands import CheckGuardian, Consent, RegisterGuardian
from xacthuc.identity.domain.guardianship import Unfit
from xacthuc.identity.domain.holders import AgeBand, Assurance, Coincidence
from xacthuc.identity.ports.numbers import Proof
from xacthuc.identity.wire.common import ACCOUNT_PREFIX, calendar_date, instant, order, spaced
from xacthuc.identity.wire.guardianship_messages import read_guardian
from xacthuc.policy import Purpose

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from xacthuc.grpckit.call import Call
    from xacthuc.identity.domain.holders import Holder

_UNFIT: Final = {cause: internal_pb2.GuardianCheck.Unfit.Value(cause.value) for cause in Unfit}
_COINCIDENCES: Final = {each: internal_pb2.GuardianCheck.Coincidence.Value(each.value) for each in Coincidence}
_BANDS: Final = {band: internal_pb2.Holder.AgeBand.Value(band.value) for band in AgeBand}
_ASSURANCES: Final = {each: internal_pb2.Holder.Assurance.Value(each.value) for each in Assurance}


def register_guardian(request: internal_pb2.RegisterGuardianRequest, call: Call) -> RegisterGuardian:
    """Reads somebody who is to answer for a child; InvalidRequest when a time is none."""
    given = request.proof
    channel = otp_pb2.Challenge.Channel.DESCRIPTOR.values_by_number.get(given.channel)
    return RegisterGuardian(
        order=order(request, call, call.platform),
        link=request.link,
        account_id=request.account[ACCOUNT_PREFIX:],
        full_name=spaced(request.full_name),
        birth_date=calendar_date(request.birth_date),
        consent=Consent(text_version=request.text_version, accept_time=instant(request.accept_time, "accept_time")),
        proof=Proof(
            proof_id=given.proof_id,
            number=given.phone_number,
            purpose=Purpose.GUARDIAN_LINK,
            subject=request.link,
            verify_time=instant(given.verify_time, "proof.verify_time"),
            source=f"otp/{'unknown' if channel is None else channel.name.lower()}",
            device=given.device,
        ),
    )


def check_guardian(request: internal_pb2.CheckGuardianRequest, call: Call) -> CheckGuardian:
    """Reads who may come to answer for a child; InvalidRequest when the time is none."""
    return CheckGuardian(
        platform=call.platform,
        child_id=request.child[ACCOUNT_PREFIX:],
        guardian=read_guardian(request.guardian, "guardian"),
        child_devices=frozenset(request.child_devices),
    )


def due_time(request: internal_pb2.RemindAccountRequest) -> datetime:
    """Reads by when an account is to be verified; InvalidRequest when that is no time."""
    return instant(request.due_time, "due_time")


def guardian_check(unfit: Unfit | None, coincidences: Collection[Coincidence]) -> internal_pb2.GuardianCheck:
    """Renders what speaks against a guardian."""
    return internal_pb2.GuardianCheck(
        unfit=_UNFIT[unfit] if unfit else internal_pb2.GuardianCheck.UNFIT_UNSPECIFIED,
        coincidences=sorted(_COINCIDENCES[each] for each in coincidences),
    )


def holder(known: Holder) -> internal_pb2.Holder:
    """Renders what may be known of a holder."""
    return internal_pb2.Holder(
        name=f"accounts/{known.account_id}",
        state=resources_pb2.Account.State.Value(known.state.value),
        age_band=_BANDS[known.age_band] if known.age_band else internal_pb2.Holder.AGE_BAND_UNSPECIFIED,
        assurance=_ASSURANCES[known.assurance] if known.assurance else internal_pb2.Holder.ASSURANCE_UNSPECIFIED,
    )

"""What platforms ask of accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xacthuc.identity.commands import Consent, RegisterAccount, VerifyPhone
from xacthuc.identity.domain.registration import CalendarDate
from xacthuc.identity.wire.common import ACCOUNT_PREFIX, instant, order

if TYPE_CHECKING:
    from google.type import date_pb2

    from xacthuc.api.identity.v1 import service_pb2
    from xacthuc.grpckit.call import Call


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


def spaced(text: str) -> str:
    """Reads a text without what is left of typing it: spaces around and doubled ones."""
    return " ".join(text.split())


def calendar_date(given: date_pb2.Date) -> CalendarDate:
    """Reads a date, which the calendar may not have."""
    return CalendarDate(given.year, given.month, given.day)


def verify_phone(request: service_pb2.VerifyPhoneRequest, call: Call) -> VerifyPhone:
    """Reads a verification."""
    return VerifyPhone(
        order=order(request, call, call.platform),
        account_id=request.name[ACCOUNT_PREFIX:],
        proof_token=request.proof_token,
    )

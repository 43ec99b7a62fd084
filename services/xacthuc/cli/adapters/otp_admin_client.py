"""The calls of OtpAdmin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from google.protobuf import duration_pb2, empty_pb2

from xacthuc.api.otp.v1 import admin_pb2, resources_pb2
from xacthuc.client.calls import Call
from xacthuc.ids import new_request_id

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

_SERVICE: Final = "xacthuc.api.otp.v1.OtpAdmin"


def inspect_challenge(name: str) -> Call[Any]:
    """Returns a challenge of any platform; `name` with or without `challenges/`."""
    request = admin_pb2.InspectChallengeRequest(name=name if "/" in name else f"challenges/{name}")
    return Call(_SERVICE, "InspectChallenge", request, admin_pb2.InspectChallengeResponse, lambda message: message)


def list_providers() -> Call[Any]:
    """Returns the providers and how they fare."""
    return Call(
        _SERVICE,
        "ListProviders",
        admin_pb2.ListProvidersRequest(),
        admin_pb2.ListProvidersResponse,
        lambda message: message,
    )


def list_delivery_figures(window: timedelta) -> Call[Any]:
    """Returns what became of codes."""
    request = admin_pb2.ListDeliveryFiguresRequest(window=_span(window))
    return Call(
        _SERVICE, "ListDeliveryFigures", request, admin_pb2.ListDeliveryFiguresResponse, lambda message: message
    )


def explain_choice(operator: str, channel: str) -> Call[Any]:
    """Returns whom the workers would ask now; `channel` is a name of the contract."""
    request = admin_pb2.ExplainChoiceRequest(operator=operator, channel=resources_pb2.Challenge.Channel.Value(channel))
    return Call(_SERVICE, "ExplainChoice", request, admin_pb2.ExplainChoiceResponse, lambda message: message)


def set_spend_cap(platform: str, budget: str, daily_cap_vnd: int, reason: str) -> Call[Any]:
    """Caps what a platform spends a day; `budget` is a name of the contract, -1 lifts the cap."""
    request = admin_pb2.SetSpendCapRequest(
        platform=_platform_name(platform),
        budget=admin_pb2.Budget.Value(budget),
        daily_cap_vnd=daily_cap_vnd,
        reason=reason,
        request_id=new_request_id(),
    )
    return Call(_SERVICE, "SetSpendCap", request, admin_pb2.Spending, lambda message: message)


def list_spending() -> Call[Any]:
    """Returns what platforms have spent today and may spend."""
    request = admin_pb2.ListSpendingRequest()
    return Call(_SERVICE, "ListSpending", request, admin_pb2.ListSpendingResponse, lambda message: message)


def set_kill_switch(platform: str, *, engaged: bool, reason: str) -> Call[Any]:
    """Stops or allows all sending for one platform, or for all when it is empty."""
    request = admin_pb2.SetKillSwitchRequest(
        platform=_platform_name(platform) if platform else "",
        engaged=engaged,
        reason=reason,
        request_id=new_request_id(),
    )
    return Call(_SERVICE, "SetKillSwitch", request, admin_pb2.KillSwitch, lambda message: message)


def _platform_name(platform: str) -> str:
    return platform if "/" in platform else f"platforms/{platform}"


def import_block_list(numbers: Sequence[str], source: str, duration: timedelta) -> Call[Any]:
    """Blocks up to a thousand numbers, in any spelling."""
    request = admin_pb2.ImportBlockListRequest(
        phone_numbers=numbers, source=source, duration=_span(duration), request_id=new_request_id()
    )
    return Call(_SERVICE, "ImportBlockList", request, admin_pb2.ImportBlockListResponse, lambda message: message)


def unblock_number(number: str, reason: str, pass_for: timedelta | None) -> Call[Any]:
    """Lifts what keeps codes from a number, and lets it pass for a while."""
    request = admin_pb2.UnblockNumberRequest(
        phone_number=number,
        reason=reason,
        pass_duration=None if pass_for is None else _span(pass_for),
        request_id=new_request_id(),
    )
    return Call(_SERVICE, "UnblockNumber", request, empty_pb2.Empty, lambda message: message)


def list_guard_subjects(*, only_exceeding: bool) -> Call[Any]:
    """Returns what the fraud guard watches."""
    request = admin_pb2.ListGuardSubjectsRequest(only_exceeding=only_exceeding)
    return Call(_SERVICE, "ListGuardSubjects", request, admin_pb2.ListGuardSubjectsResponse, lambda message: message)


def exempt_guard_subject(subject: str, duration: timedelta, reason: str) -> Call[Any]:
    """Lets a subject pass for a time; no time ends it."""
    request = admin_pb2.ExemptGuardSubjectRequest(
        subject=subject, duration=_span(duration), reason=reason, request_id=new_request_id()
    )
    return Call(_SERVICE, "ExemptGuardSubject", request, admin_pb2.GuardSubject, lambda message: message)


def _span(span: timedelta) -> duration_pb2.Duration:
    duration = duration_pb2.Duration()
    duration.FromTimedelta(span)
    return duration

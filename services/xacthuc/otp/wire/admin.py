"""What operators ask and are answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xacthuc.api.otp.v1 import admin_pb2, resources_pb2
from xacthuc.otp.domain.spending import Budget
from xacthuc.otp.wire.common import timestamp

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from xacthuc.grpckit.call import Call
    from xacthuc.otp.domain.spending import Spending
    from xacthuc.otp.ports.administration import ProviderState
    from xacthuc.phone import Refusal


def looked_at(request: Message, call: Call) -> str:
    """Reads what an operator asks to see: the method, and the challenge where it is about one."""
    method = call.method.rpartition("/")[2]
    return f"{method} {request.name}" if isinstance(request, admin_pb2.InspectChallengeRequest) else method


def blocked(count: int, refused: list[tuple[int, Refusal]]) -> admin_pb2.ImportBlockListResponse:
    """Renders what became of an import."""
    return admin_pb2.ImportBlockListResponse(
        blocked_count=count,
        rejected=[
            admin_pb2.ImportBlockListResponse.Rejected(
                index=index, refusal=resources_pb2.NumberInfo.Refusal.Value(refusal.reason.value)
            )
            for index, refusal in refused
        ],
    )


def providers(states: list[ProviderState]) -> admin_pb2.ListProvidersResponse:
    """Renders the providers."""
    return admin_pb2.ListProvidersResponse(
        providers=[
            admin_pb2.Provider(
                name=state.name,
                channels=state.channels,  # type: ignore[arg-type]  # an open enum on the wire
                sent_count=state.sent,
                failed_count=state.failed,
                last_send_time=timestamp(state.last_send_ms) if state.last_send_ms else None,
                circuit_open=state.circuit_open,
            )
            for state in states
        ]
    )


BUDGETS = {admin_pb2.INTERACTIVE: Budget.CODES, admin_pb2.BULK: Budget.NOTICES}


def spending(figures: Spending) -> admin_pb2.Spending:
    """Renders what one budget of a platform has spent and may spend."""
    numbers = {budget: number for number, budget in BUDGETS.items()}
    return admin_pb2.Spending(
        platform=f"platforms/{figures.platform}",
        budget=numbers[figures.budget],
        spent_today_vnd=figures.spent_vnd,
        daily_cap_vnd=figures.cap_vnd,
    )


def spendings(budgets: list[Spending]) -> admin_pb2.ListSpendingResponse:
    """Renders the budgets of all platforms."""
    return admin_pb2.ListSpendingResponse(spendings=[spending(figures) for figures in budgets])

"""Answers as they are kept for repetitions, and read again. `xacthuc.sql.requests` spells them as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from xacthuc.livestream.domain.broadcast import Broadcast, Commerce, EndReason, State
from xacthuc.livestream.domain.broadcaster import Verdict
from xacthuc.livestream.ports.broadcasts import Cleared, Kept
from xacthuc.policy import NextStep, Reason, Ruling

if TYPE_CHECKING:
    from collections.abc import Mapping

_TIMES: Final = (
    *("create_time", "authorize_time", "grant_time", "close_time", "review_time", "revoke_time", "end_time"),
)


def spell_cleared(cleared: Cleared) -> dict[str, object]:
    """Returns what is kept of a decision. A named tuple is no JSON by itself."""
    return {
        "kept": cleared.kept,
        "ruling": cleared.ruling,
        "verdict": cleared.verdict._asdict(),
        "time": cleared.time,
    }


def read_cleared(fields: Mapping[str, Any]) -> Cleared:
    """Reads it again."""
    verdict = fields["verdict"]
    return Cleared(
        kept=read_kept(fields["kept"]),
        ruling=Ruling(fields["ruling"]),
        verdict=Verdict(
            **{**verdict, "reason": Reason(verdict["reason"]), "next_step": NextStep(verdict["next_step"])}
        ),
        time=datetime.fromisoformat(fields["time"]),
    )


def read_kept(fields: Mapping[str, Any]) -> Kept:
    """Reads a broadcast that was answered alone; it is kept as it is."""
    broadcast = fields["broadcast"]
    times = {name: broadcast[name] and datetime.fromisoformat(broadcast[name]) for name in _TIMES}
    return Kept(
        broadcast_id=fields["broadcast_id"],
        broadcast=Broadcast(
            account_id=broadcast["account_id"],
            state=State(broadcast["state"]),
            commerce=Commerce(broadcast["commerce"]),
            end_reason=EndReason(broadcast["end_reason"]) if broadcast["end_reason"] else None,
            **times,
        ),
        declarations=fields["declarations"],
    )

"""Answers as they are kept for repetitions of a request, before they are sealed."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from xacthuc.identity.domain.account import AccountView, Evidence, Lock, State
from xacthuc.identity.domain.facts import EvidenceKind
from xacthuc.identity.domain.importing import Outcome as ImportOutcome
from xacthuc.identity.domain.importing import PhoneOutcome, Verdict
from xacthuc.identity.domain.personal_ids import Outcome, Verification
from xacthuc.identity.domain.registration import Fault
from xacthuc.identity.ports.imports import Imported
from xacthuc.identity.ports.personal_ids import BegunSignIn
from xacthuc.identity.ports.retention import Acknowledgement
from xacthuc.policy import NextStep

if TYPE_CHECKING:
    from collections.abc import Mapping


def account_view(fields: Mapping[str, Any]) -> AccountView:
    """Returns the view of an account."""
    lock = fields["lock"]
    return AccountView(
        account_id=fields["account_id"],
        state=State(fields["state"]),
        evidence=tuple(
            Evidence(
                kind=EvidenceKind(proven["kind"]),
                verify_time=datetime.fromisoformat(proven["verify_time"]),
                source=proven["source"],
                level=proven["level"],
            )
            for proven in fields["evidence"]
        ),
        is_child=fields["is_child"],
        next_step=NextStep(fields["next_step"]),
        masked_number=fields["masked_number"],
        masked_personal_id=fields["masked_personal_id"],
        lock=None
        if lock is None
        else Lock(
            basis=lock["basis"],
            create_time=datetime.fromisoformat(lock["create_time"]),
            expire_time=_instant(lock["expire_time"]),
        ),
        transition_until=_instant(fields["transition_until"]),
        purge_time=_instant(fields["purge_time"]),
        held=fields.get("held", False),  # answers of an earlier release do not say
        create_time=datetime.fromisoformat(fields["create_time"]),
        update_time=datetime.fromisoformat(fields["update_time"]),
    )


def verification(fields: Mapping[str, Any]) -> Verification:
    """Returns what came of a personal ID."""
    return Verification(Outcome(fields["outcome"]), account_view(fields["account"]), fields["retry_seconds"])


def begun_sign_in(fields: Mapping[str, Any]) -> BegunSignIn:
    """Returns a sign-in that was begun."""
    return BegunSignIn(
        authorization_uri=fields["authorization_uri"],
        state=fields["state"],
        expire_time=datetime.fromisoformat(fields["expire_time"]),
    )


def acknowledgement(fields: Mapping[str, Any]) -> Acknowledgement:
    """Returns another service's word that it erased."""
    return Acknowledgement(
        service=fields["service"],
        due_time=datetime.fromisoformat(fields["due_time"]),
        acknowledge_time=_instant(fields["acknowledge_time"]),
        keep_until=_instant(fields["keep_until"]),
    )


def imported(fields: Mapping[str, Any]) -> Imported:
    """Returns what became of a batch of an import."""
    return Imported(
        batch_id=fields["batch_id"],
        kinds=[
            Verdict(
                outcome=ImportOutcome(kind["outcome"]),
                state=None if kind["state"] is None else State(kind["state"]),
                phone=PhoneOutcome(kind["phone"]),
                transition_extended=kind["transition_extended"],
                faults=tuple(Fault(**fault) for fault in kind["faults"]),
            )
            for kind in fields["kinds"]
        ],
        rows=fields["rows"],
        displaced=fields["displaced"],
    )


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)

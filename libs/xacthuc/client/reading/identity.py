"""Messages of IdentityService → results."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from xacthuc.client.calls import Page
from xacthuc.client.enums import (
    AccountState,
    Action,
    ConsentKind,
    DecisionReason,
    EventKind,
    EvidenceKind,
    NextStepKind,
    PersonalIdOutcome,
    VerificationPathKind,
)
from xacthuc.client.errors import FieldFault
from xacthuc.client.reading.common import instant, optional
from xacthuc.client.results import (
    Account,
    AccountEvent,
    ConsentRecord,
    Decision,
    EventBatch,
    Evidence,
    Lock,
    NextStep,
    PersonalIdVerification,
    RecordedSessions,
    RejectedEntry,
    SignIn,
    StandingToken,
    VerificationPath,
)

if TYPE_CHECKING:
    from xacthuc.api.identity.v1 import events_pb2 as events
    from xacthuc.api.identity.v1 import resources_pb2 as identity
    from xacthuc.api.identity.v1 import service_pb2 as service


def account(message: identity.Account) -> Account:
    """Returns an account."""
    return Account(
        name=message.name,
        state=AccountState(message.state),
        evidence=tuple(_evidence(each) for each in message.evidence),
        is_child=message.is_child,
        next_step=_next_step(message.next_step),
        create_time=instant(message.create_time),
        update_time=instant(message.update_time),
        masked_phone_number=message.masked_phone_number,
        masked_personal_id=message.masked_personal_id,
        lock=_lock(message.lock) if message.HasField("lock") else None,
        transition_end_time=optional(message, "transition_end_time"),
        purge_time=optional(message, "purge_time"),
    )


def accounts(message: service.ListAccountsResponse) -> Page[Account]:
    """Returns a page of accounts."""
    return Page(tuple(account(each) for each in message.accounts), message.next_page_token)


def consents(message: service.ListConsentsResponse) -> tuple[ConsentRecord, ...]:
    """Returns what a holder agreed to and confirmed."""
    return tuple(
        ConsentRecord(
            kind=ConsentKind(each.kind),
            text_version=each.text_version,
            accept_time=instant(each.accept_time),
            record_time=instant(each.record_time),
        )
        for each in message.consents
    )


def decision(message: identity.Decision) -> Decision:
    """Returns a decision."""
    return Decision(
        allowed=message.allowed,
        reason=DecisionReason(message.reason),
        next_step=_next_step(message.next_step),
        legal_basis=message.legal_basis,
        policy_version=message.policy_version,
        cache_ttl=message.cache_ttl.ToTimedelta(),
    )


def decisions(message: service.BatchCheckActionsResponse) -> tuple[Decision, ...]:
    """Returns decisions in the order of their questions."""
    return tuple(decision(each) for each in message.decisions)


def standing_token(message: identity.StandingToken) -> StandingToken:
    """Returns what an account may do, signed."""
    return StandingToken(
        token=message.token,
        expire_time=optional(message, "expire_time"),
        actions=tuple(Action(each) for each in message.actions),
        next_step=_next_step(message.next_step),
    )


def jwks(message: identity.Jwks) -> dict[str, list[dict[str, str]]]:
    """Returns a JWK Set as RFC 7517 spells it: the contract names its fields by the members."""
    return {"keys": [{field.name: value for field, value in key.ListFields()} for key in message.keys]}


def personal_id_verification(message: identity.PersonalIdVerification) -> PersonalIdVerification:
    """Returns what came of giving a personal ID."""
    return PersonalIdVerification(
        outcome=PersonalIdOutcome(message.outcome),
        account=account(message.account),
        retry_delay=message.retry_delay.ToTimedelta() if message.HasField("retry_delay") else None,
    )


def sign_in(message: service.StartElectronicIdResponse) -> SignIn:
    """Returns a sign-in that was begun."""
    return SignIn(
        authorization_uri=message.authorization_uri, state=message.state, expire_time=instant(message.expire_time)
    )


def verification_paths(message: service.ListVerificationPathsResponse) -> tuple[VerificationPath, ...]:
    """Returns every way to a lawful account."""
    return tuple(
        VerificationPath(
            kind=VerificationPathKind(each.kind),
            who_vi=each.who_vi,
            who_en=each.who_en,
            what_vi=each.what_vi,
            what_en=each.what_en,
            legal_basis=each.legal_basis,
        )
        for each in message.paths
    )


def event_batch(message: service.WatchAccountsResponse) -> EventBatch:
    """Returns what happened, and the cursor behind it."""
    return EventBatch(events=tuple(_event(each) for each in message.events), cursor=message.cursor)


def _event(message: events.AccountEvent) -> AccountEvent:
    return AccountEvent(
        name=message.name,
        kind=EventKind(message.kind),
        account=message.account,
        occur_time=instant(message.occur_time),
        details=MappingProxyType(dict(message.details)),
    )


def recorded_sessions(message: service.RecordSessionsResponse) -> RecordedSessions:
    """Returns what became of a batch of the session log."""
    return RecordedSessions(
        count=message.recorded_count,
        rejected=tuple(
            RejectedEntry(
                index=one.index,
                faults=tuple(FieldFault(fault.field, fault.description, fault.reason) for fault in one.faults),
            )
            for one in message.rejected
        ),
    )


def _evidence(message: identity.Evidence) -> Evidence:
    return Evidence(
        kind=EvidenceKind(message.kind),
        verify_time=instant(message.verify_time),
        source=message.source,
        level=message.level,
    )


def _lock(message: identity.Lock) -> Lock:
    return Lock(
        basis=message.basis,
        create_time=instant(message.create_time),
        expire_time=optional(message, "expire_time"),
    )


def _next_step(message: identity.NextStep) -> NextStep:
    return NextStep(kind=NextStepKind(message.kind), text_vi=message.text_vi, text_en=message.text_en)

"""Answers that hold texts of the policy."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from google.protobuf.duration_pb2 import Duration

from xacthuc.api.identity.v1 import internal_pb2, resources_pb2, service_pb2
from xacthuc.grpckit.endpoint import Serialized
from xacthuc.identity.domain.account import State
from xacthuc.identity.domain.facts import EvidenceKind
from xacthuc.identity.domain.personal_ids import Outcome
from xacthuc.identity.wire.common import optional_timestamp, timestamp
from xacthuc.identity.wire.decision_messages import ACTION_NUMBERS
from xacthuc.policy import NextStep, Reason, VerificationPath

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xacthuc.identity.domain.account import AccountView, Evidence, Lock
    from xacthuc.identity.domain.decision import Decision
    from xacthuc.identity.domain.personal_ids import Verification
    from xacthuc.identity.usecases.decisions import Broadcaster, StandingToken
    from xacthuc.policy import Policy

_STATES: Final = {state: resources_pb2.Account.State.Value(state.value) for state in State}
_KINDS: Final = {kind: resources_pb2.Evidence.Kind.Value(kind.value) for kind in EvidenceKind}
_STEPS: Final = {step: resources_pb2.NextStep.Kind.Value(step.value) for step in NextStep}
_PATHS: Final = {path: resources_pb2.VerificationPath.Kind.Value(path.value) for path in VerificationPath}
_OUTCOMES: Final = {outcome: resources_pb2.PersonalIdVerification.Outcome.Value(outcome.value) for outcome in Outcome}
_REASONS: Final = {reason: resources_pb2.Decision.Reason.Value(reason.value) for reason in Reason}

_MOST_RENDERED: Final = 4096
"""Beyond it all rendered decisions are forgotten: those about locks name what each lock rests on."""


_KEPT_AFTER_ITS_END: Final = frozenset({State.CLOSED, State.ERASURE_SCHEDULED})


class Renderer:
    """Renders what holds texts of the policy."""

    def __init__(self, policy: Policy) -> None:
        """Takes the policy that speaks to people."""
        self._kept_by_law = policy.sources["retention.account_data_months"].citation
        self._steps = {
            step: resources_pb2.NextStep(kind=_STEPS[step], text_vi=text.vi, text_en=text.en)
            for step, text in policy.next_steps.items()
        }
        self.paths = service_pb2.ListVerificationPathsResponse(
            paths=[
                resources_pb2.VerificationPath(
                    kind=_PATHS[path],
                    who_vi=text.who.vi,
                    who_en=text.who.en,
                    what_vi=text.what.vi,
                    what_en=text.what.en,
                    legal_basis=text.citation,
                )
                for path, text in policy.paths.items()
            ]
        )
        """All ways to a lawful account."""
        # There are a few hundred different decisions, locks aside, and building one costs several times what deciding does.
        # A message handed out is only ever serialized.
        self._decisions: dict[Decision, resources_pb2.Decision] = {}
        self._entries: dict[Decision, bytes] = {}

    def decision(self, decision: Decision) -> resources_pb2.Decision:
        """Renders a decision."""
        return self._decisions.get(decision) or self._render(decision)

    def decisions(self, decisions: Sequence[Decision]) -> Serialized:
        """Renders a BatchCheckActionsResponse: concatenated entries of a repeated field are a message of all of them."""
        # By identity: the few different decisions of a batch are objects it shares, and hashing each costs more than all.
        keys = list(map(id, decisions))
        different = dict(zip(keys, decisions, strict=True))
        entries = {key: self._entries.get(decision) or self._enter(decision) for key, decision in different.items()}
        return Serialized(b"".join([entries[key] for key in keys]))

    def standing_token(self, token: StandingToken) -> resources_pb2.StandingToken:
        """Renders a standing."""
        return resources_pb2.StandingToken(
            token=token.signed.text if token.signed else "",
            expire_time=timestamp(token.signed.expire_time) if token.signed else None,
            actions=[ACTION_NUMBERS[action] for action in token.actions],
            next_step=self._steps[token.next_step],
        )

    def account(self, view: AccountView) -> resources_pb2.Account:
        """Renders an account."""
        return resources_pb2.Account(
            name=f"accounts/{view.account_id}",
            state=_STATES[view.state],
            evidence=[_evidence(proven) for proven in view.evidence],
            is_child=view.is_child,
            next_step=self._steps[view.next_step],
            create_time=timestamp(view.create_time),
            update_time=timestamp(view.update_time),
            masked_phone_number=view.masked_number,
            masked_personal_id=view.masked_personal_id,
            lock=None if view.lock is None else _lock(view.lock),
            transition_end_time=optional_timestamp(view.transition_until),
            purge_time=optional_timestamp(view.purge_time),
            retentions=self._retentions(view),
        )

    def broadcaster(self, known: Broadcaster) -> internal_pb2.Broadcaster:
        """Renders what an account may do on air."""
        message = internal_pb2.Broadcaster(
            livestream=self.decision(known.livestream),
            commerce=self.decision(known.commerce),
            is_child=known.is_child,
            personal_id=None if known.personal_id is None else _evidence(known.personal_id),
        )
        if known.change_ms:
            message.change_time.FromMilliseconds(known.change_ms)
        return message

    def verification(self, verification: Verification) -> resources_pb2.PersonalIdVerification:
        """Renders what came of a personal ID."""
        message = resources_pb2.PersonalIdVerification(
            outcome=_OUTCOMES[verification.outcome], account=self.account(verification.account)
        )
        if verification.retry_seconds:
            message.retry_delay.FromTimedelta(timedelta(seconds=verification.retry_seconds))
        return message

    def _retentions(self, view: AccountView) -> list[resources_pb2.Retention]:
        """Says why something is still kept of an account that ended (R51)."""
        if view.state not in _KEPT_AFTER_ITS_END:
            return []
        kept = [
            resources_pb2.Retention(
                reason=resources_pb2.Retention.STATUTORY,
                legal_basis=self._kept_by_law,
                end_time=optional_timestamp(view.purge_time),
            )
        ]
        if view.held:
            kept.append(resources_pb2.Retention(reason=resources_pb2.Retention.LEGAL_HOLD))
        return kept

    def _enter(self, decision: Decision) -> bytes:
        alone = service_pb2.BatchCheckActionsResponse(decisions=[self.decision(decision)])
        entry = self._entries[decision] = alone.SerializeToString()
        return entry

    def _render(self, decision: Decision) -> resources_pb2.Decision:
        message = resources_pb2.Decision(
            allowed=decision.allowed,
            reason=_REASONS[decision.reason],
            next_step=self._steps[decision.next_step],
            legal_basis=decision.legal_basis,
            policy_version=decision.policy_version,
            cache_ttl=Duration(seconds=decision.reuse_seconds),
        )
        if len(self._decisions) >= _MOST_RENDERED:
            self._decisions.clear()
            self._entries.clear()
        self._decisions[decision] = message
        return message


def _evidence(proven: Evidence) -> resources_pb2.Evidence:
    return resources_pb2.Evidence(
        kind=_KINDS[proven.kind],
        verify_time=timestamp(proven.verify_time),
        source=proven.source,
        level=proven.level,
    )


def _lock(lock: Lock) -> resources_pb2.Lock:
    return resources_pb2.Lock(
        basis=lock.basis,
        create_time=timestamp(lock.create_time),
        expire_time=optional_timestamp(lock.expire_time),
    )

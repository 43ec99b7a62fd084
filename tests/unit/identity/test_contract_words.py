"""The contract and the domain name the same things: a member of one that the other lacks is found here."""

from __future__ import annotations

import pytest

from xacthuc.api.identity.v1 import (
    admin_pb2,
    approval_admin_pb2,
    internal_pb2,
    locks_pb2,
    reconciliation_admin_pb2,
    resources_pb2,
    staff_admin_pb2,
    webhook_admin_pb2,
)
from xacthuc.credentials.records import KeyState
from xacthuc.credentials.scopes import Scope
from xacthuc.credentials.sessions import SessionState
from xacthuc.credentials.staff import Role
from xacthuc.identity.domain.account import State
from xacthuc.identity.domain.approvals import ApprovalKind, ApprovalState
from xacthuc.identity.domain.facts import EvidenceKind
from xacthuc.identity.domain.guardianship import Relation, Unfit
from xacthuc.identity.domain.holders import AgeBand, Assurance, Coincidence
from xacthuc.identity.domain.locks import LockState
from xacthuc.identity.domain.reconciliation import FindingKind, Match, RunState, Source
from xacthuc.identity.domain.staff import Means, OperatorState
from xacthuc.identity.domain.violations import Authority, ViolationState
from xacthuc.identity.domain.webhooks import DeliveryState, Outcome, WebhookState
from xacthuc.policy import Action, FindingAction, NextStep, Reason, VerificationPath


@pytest.mark.parametrize(
    ("ours", "contract"),
    [
        (Action, resources_pb2.Action),
        (Reason, resources_pb2.Decision.Reason),
        (NextStep, resources_pb2.NextStep.Kind),
        (EvidenceKind, resources_pb2.Evidence.Kind),
        (State, resources_pb2.Account.State),
        (VerificationPath, resources_pb2.VerificationPath.Kind),
        (Relation, internal_pb2.Guardianship.Relation),
        (Unfit, internal_pb2.GuardianCheck.Unfit),
        (Coincidence, internal_pb2.GuardianCheck.Coincidence),
        (AgeBand, internal_pb2.Holder.AgeBand),
        (Assurance, internal_pb2.Holder.Assurance),
        (Scope, admin_pb2.PlatformKey.Scope),
        (KeyState, admin_pb2.PlatformKey.State),
        (Role, staff_admin_pb2.Operator.Role),
        (OperatorState, staff_admin_pb2.Operator.State),
        (SessionState, staff_admin_pb2.Session.State),
        (Means, staff_admin_pb2.Session.Means),
        (ApprovalKind, approval_admin_pb2.Approval.Kind),
        (WebhookState, webhook_admin_pb2.Webhook.State),
        (DeliveryState, webhook_admin_pb2.WebhookDelivery.State),
        (Outcome, webhook_admin_pb2.WebhookDelivery.Outcome),
        (ApprovalState, approval_admin_pb2.Approval.State),
        (Source, reconciliation_admin_pb2.Reconciliation.Source),
        (RunState, reconciliation_admin_pb2.Reconciliation.State),
        (FindingKind, reconciliation_admin_pb2.Finding.Kind),
        (FindingAction, reconciliation_admin_pb2.Finding.Action),
        (Match, reconciliation_admin_pb2.Finding.Match),
        (Authority, locks_pb2.RemovalOrder.Authority),
        (LockState, locks_pb2.LockRecord.State),
        (ViolationState, locks_pb2.Violation.State),
    ],
)
def test_both_sides_have_the_same_members(ours, contract):
    theirs = {name for name, _ in contract.items() if not name.endswith("UNSPECIFIED")}

    assert {member.value for member in ours} == theirs


@pytest.mark.rule("R11")
def test_no_answer_about_an_account_can_carry_a_name_a_birth_date_or_a_picture():
    def fields(message, seen):
        if message.full_name in seen:
            return set()
        seen.add(message.full_name)
        inner = [fields(field.message_type, seen) for field in message.fields if field.message_type]
        return {(field.name, field.type) for field in message.fields}.union(*inner)

    found = fields(resources_pb2.Account.DESCRIPTOR, set()) | fields(resources_pb2.Decision.DESCRIPTOR, set())

    assert not {name for name, _ in found} & {"full_name", "birth_date", "phone_number"}
    assert resources_pb2.Account.DESCRIPTOR.fields_by_name["name"].TYPE_BYTES not in {kind for _, kind in found}

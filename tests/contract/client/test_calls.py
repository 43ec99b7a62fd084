"""The client describes each call as the contract does."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest

from xacthuc.api.guardian.v1 import resources_pb2 as guardian_resources_pb2
from xacthuc.api.guardian.v1 import service_pb2 as guardian_pb2
from xacthuc.api.identity.v1 import events_pb2, locks_pb2, sessions_pb2
from xacthuc.api.identity.v1 import resources_pb2 as identity_resources_pb2
from xacthuc.api.identity.v1 import service_pb2 as identity_pb2
from xacthuc.api.livestream.v1 import resources_pb2 as livestream_resources_pb2
from xacthuc.api.livestream.v1 import service_pb2 as livestream_pb2
from xacthuc.api.otp.v1 import resources_pb2 as otp_resources_pb2
from xacthuc.api.otp.v1 import service_pb2 as otp_pb2
from xacthuc.client import (
    Action,
    Activity,
    Commerce,
    CommerceDeclaration,
    Consent,
    Declaration,
    RemovalOrder,
    ScheduledBroadcast,
    SessionEntry,
    enums,
    guardian,
    identity,
    livestream,
    livestream_enums,
    otp,
)
from xacthuc.client.endpoint import retry_policy

if TYPE_CHECKING:
    from enum import IntEnum

    from google.protobuf.descriptor import EnumDescriptor, ServiceDescriptor

    from xacthuc.client.calls import Call

CONSENT = Consent(text_version="1", accept_time=datetime(2026, 11, 23, tzinfo=UTC), affirmed=True)
LOGGED_IN = SessionEntry(
    account_id="an", kind=enums.SessionKind.LOG_IN, occur_time=CONSENT.accept_time, ip="203.0.113.7", port=50_000
)
DECLARATION = Declaration(text_version="1", accept_time=CONSENT.accept_time, affirmed=True)
PUBLISHED = Activity(kind=enums.ActivityKind.POST, content_id="p1", occur_time=CONSENT.accept_time)
REMOVAL = RemovalOrder(authority=enums.Authority.CYBERSECURITY, order_number="9/A05")
CHALLENGE = "challenges/" + "a" * 24
PRICED = CommerceDeclaration(kind=livestream_enums.CommerceKind.PRICE, show_time=CONSENT.accept_time)
CALLS = [
    otp.start_challenge("0912345678", subject="accounts/an"),
    otp.resend_code(CHALLENGE),
    otp.check_code(CHALLENGE, "123456"),
    otp.check_network(CHALLENGE, operator="viettel", network_token="token"),
    otp.get_challenge(CHALLENGE),
    otp.cancel_challenge(CHALLENGE),
    otp.lookup_number("0912345678"),
    otp.report_unrequested("0912345678", "123456"),
    identity.register_account("an", full_name="An", birth_date=date(1990, 2, 3), consent=CONSENT),
    identity.correct_account("an", full_name="An"),
    identity.get_account("an"),
    identity.list_accounts().page(""),
    identity.verify_phone("an", "proof"),
    identity.change_number("an", "proof"),
    identity.verify_personal_id("an", "001090000001", reason=Commerce()),
    identity.start_electronic_id("an", redirect_uri="https://forum.example.vn/back", reason=Commerce()),
    identity.complete_electronic_id("an", state="s", code="c"),
    identity.revoke_verification("an", [enums.EvidenceKind.PHONE], reason=enums.RevocationReason.FRAUD),
    identity.check_action("an", Action.POST),
    identity.check_actions([("an", Action.POST)]),
    identity.issue_standing_token("an"),
    identity.get_jwks(),
    identity.lock_account("an", "order 1"),
    identity.unlock_account("an", "order 2"),
    identity.record_violation("an", REMOVAL, violate_time=datetime(2026, 11, 23, tzinfo=UTC)),
    identity.record_sessions([LOGGED_IN]),
    identity.close_account("an"),
    identity.erase_account("an"),
    identity.list_consents("an"),
    identity.list_verification_paths(),
    identity.get_watch_cursor(),
    identity.watch_accounts().call(""),
    guardian.request_link("be", relation=enums.Relation.MOTHER, phone_number="0912345678"),
    guardian.confirm_link("l", "proof", full_name="Me", birth_date=date(1990, 2, 3), declaration=DECLARATION),
    guardian.approve_link("l", by="m"),
    guardian.decline_link("l"),
    guardian.revoke_link("l"),
    guardian.get_link("l"),
    guardian.list_links("be").page(""),
    guardian.watch_links().call(""),
    guardian.update_supervision("l", suspended=True),
    guardian.get_supervision("be"),
    guardian.record_child_assent("be", "birthday", text_version="1", accept_time=CONSENT.accept_time),
    guardian.list_child_assents("be").page(""),
    guardian.record_activity("be", [PUBLISHED]),
    guardian.list_activity("l").page(""),
    livestream.authorize_broadcast("an", "show"),
    livestream.batch_authorize([ScheduledBroadcast(account="an", broadcast_id="show")]),
    livestream.renew_grant("show"),
    livestream.declare_commercial("show", [PRICED]),
    livestream.end_broadcast("show", end_time=CONSENT.accept_time),
    livestream.get_broadcast("show"),
    livestream.list_broadcasts().page(""),
    livestream.get_watch_cursor(),
    livestream.watch_revocations().call(""),
    livestream.get_jwks(),
]
SERVICES = (
    otp_pb2.DESCRIPTOR.services_by_name["OtpService"],
    identity_pb2.DESCRIPTOR.services_by_name["IdentityService"],
    guardian_pb2.DESCRIPTOR.services_by_name["GuardianService"],
    livestream_pb2.DESCRIPTOR.services_by_name["LivestreamService"],
)
ENUMS = [
    (livestream_enums.Ruling, livestream_resources_pb2.Ruling.DESCRIPTOR),
    (livestream_enums.BroadcastState, livestream_resources_pb2.Broadcast.State.DESCRIPTOR),
    (livestream_enums.BroadcastCommerce, livestream_resources_pb2.Broadcast.Commerce.DESCRIPTOR),
    (livestream_enums.BroadcastEnd, livestream_resources_pb2.Broadcast.EndReason.DESCRIPTOR),
    (livestream_enums.CommerceKind, livestream_resources_pb2.Declaration.Kind.DESCRIPTOR),
    (livestream_enums.RevocationCause, livestream_resources_pb2.Revocation.Cause.DESCRIPTOR),
    (enums.Purpose, otp_resources_pb2.Challenge.Purpose.DESCRIPTOR),
    (enums.Channel, otp_resources_pb2.Challenge.Channel.DESCRIPTOR),
    (enums.ChallengeState, otp_resources_pb2.Challenge.State.DESCRIPTOR),
    (enums.DeliveryState, otp_resources_pb2.Challenge.Delivery.State.DESCRIPTOR),
    (enums.Verdict, otp_pb2.CheckCodeResponse.Verdict.DESCRIPTOR),
    (enums.Refusal, otp_resources_pb2.NumberInfo.Refusal.DESCRIPTOR),
    (enums.AccountState, identity_resources_pb2.Account.State.DESCRIPTOR),
    (enums.ConsentKind, identity_pb2.ConsentRecord.Kind.DESCRIPTOR),
    (enums.VerificationPathKind, identity_resources_pb2.VerificationPath.Kind.DESCRIPTOR),
    (enums.RevocationReason, identity_pb2.RevokeVerificationRequest.Reason.DESCRIPTOR),
    (enums.PersonalIdOutcome, identity_resources_pb2.PersonalIdVerification.Outcome.DESCRIPTOR),
    (enums.EvidenceKind, identity_resources_pb2.Evidence.Kind.DESCRIPTOR),
    (enums.NextStepKind, identity_resources_pb2.NextStep.Kind.DESCRIPTOR),
    (enums.Action, identity_resources_pb2.Action.DESCRIPTOR),
    (enums.EventKind, events_pb2.AccountEvent.Kind.DESCRIPTOR),
    (enums.SessionKind, sessions_pb2.SessionEntry.Kind.DESCRIPTOR),
    (enums.Authority, locks_pb2.RemovalOrder.Authority.DESCRIPTOR),
    (enums.Relation, guardian_resources_pb2.Relation.DESCRIPTOR),
    (enums.WardGround, guardian_resources_pb2.WardGround.DESCRIPTOR),
    (enums.LinkState, guardian_resources_pb2.Link.State.DESCRIPTOR),
    (enums.EndCause, guardian_resources_pb2.Link.EndCause.DESCRIPTOR),
    (enums.LinkEventKind, guardian_resources_pb2.LinkEvent.Kind.DESCRIPTOR),
    (enums.ActivityKind, guardian_resources_pb2.Activity.Kind.DESCRIPTOR),
    (enums.DecisionReason, identity_resources_pb2.Decision.Reason.DESCRIPTOR),
]


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.method)
def test_a_call_has_the_types_of_its_method(call: Call[object]) -> None:
    service = {each.full_name: each for each in SERVICES}[call.service]
    method = service.methods_by_name[call.method]

    assert (method.input_type, method.output_type) == (call.request.DESCRIPTOR, call.answer.DESCRIPTOR)


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_every_method_of_a_public_service_can_be_called(service: ServiceDescriptor) -> None:
    called = {call.method for call in CALLS if call.service == service.full_name}

    assert {method.name for method in service.methods} == called


@pytest.mark.parametrize(("own", "contract"), ENUMS, ids=lambda each: each.__name__ if isinstance(each, type) else "")
def test_an_enum_has_the_names_of_the_contract_but_the_unspecified_one(
    own: type[IntEnum], contract: EnumDescriptor
) -> None:
    assert {value.name: value.number for value in contract.values if value.number} == {
        member.name: member.value for member in own
    }


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_the_retry_policy_ships_with_the_contract(service: ServiceDescriptor) -> None:
    assert f'"{service.full_name}"' in retry_policy(service.full_name)

"""Legal holds as operators place them and platforms see them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import grpc
import pytest
from google.protobuf.json_format import MessageToDict
from google.protobuf.timestamp_pb2 import Timestamp
from identity_service import reason_of, refusal

from xacthuc.api.identity.v1 import internal_pb2, internal_pb2_grpc, resources_pb2, service_pb2
from xacthuc.api.identity.v1 import retention_admin_pb2 as pb2
from xacthuc.grpckit.reasons import Reason
from xacthuc.grpckit.tls import TlsFiles
from xacthuc.tokens import statement
from xacthuc.tokens.erasure import KIND
from xacthuc.tokens.keys import PublicKeys
from xacthuc.tokens.statement import Expected

Retention = resources_pb2.Retention


def holding(platform, *accounts):
    review = Timestamp()
    review.FromDatetime(datetime.now(UTC) + timedelta(days=90))
    return pb2.PlaceHoldRequest(
        parent=f"platforms/{platform.name}",
        authority="A05",
        legal_basis="Law 116/2025/QH15 Art. 25",
        reference="12/CV-A05",
        review_time=review,
        accounts=[f"accounts/{account}" for account in accounts],
        request_id=str(uuid4()),
    )


def releasing(hold):
    return pb2.ReleaseHoldRequest(name=hold.name, basis="13/CV-A05", request_id=str(uuid4()))


async def erase(platform, account):
    request = service_pb2.EraseAccountRequest(name=f"accounts/{account}", request_id=str(uuid4()))
    return await platform.ask("EraseAccount", request)


@pytest.mark.rule("R51")
async def test_erasing_a_held_account_answers_why_it_waits_until_the_release(
    api, platform, account_key_is_destroyed, eventually
):
    await platform.register("an")
    placed = await api.retention.PlaceHold(holding(platform, "an", "nobody"))

    scheduled = await erase(platform, "an")

    kept = [(why.reason, bool(why.legal_basis), why.HasField("end_time")) for why in scheduled.retentions]
    assert scheduled.state == resources_pb2.Account.ERASURE_SCHEDULED
    assert kept == [(Retention.STATUTORY, True, True), (Retention.LEGAL_HOLD, False, False)]
    assert list(placed.not_held) == ["accounts/nobody"]
    assert not await account_key_is_destroyed(platform.name, "an")

    released = await api.retention.ReleaseHold(releasing(placed.hold))

    await eventually(lambda: account_key_is_destroyed(platform.name, "an"))
    assert [why.reason for why in (await platform.get("an")).retentions] == [Retention.STATUTORY]
    assert released.release_actor == "operator:development"


@pytest.mark.rule("R49")
async def test_holds_are_listed_with_what_they_rest_on(api, platform):
    await platform.register("an")
    first = (await api.retention.PlaceHold(holding(platform, "an"))).hold
    await api.retention.ExtendHold(
        pb2.ExtendHoldRequest(name=first.name, accounts=["accounts/an"], request_id=str(uuid4()))
    )

    listed = await api.retention.ListHolds(pb2.ListHoldsRequest(parent=f"platforms/{platform.name}"))

    assert list(listed.holds) == [first]
    assert (first.authority, first.reference, first.account_count) == ("A05", "12/CV-A05", 1)


@pytest.mark.rule("R49")
async def test_other_services_are_told_page_by_page_whom_holds_stand_on(api, platform):
    for account in ("an", "binh", "chi"):
        await platform.register(account)
    hold = (await api.retention.PlaceHold(holding(platform, "an", "chi"))).hold
    await api.retention.PlaceHold(holding(platform, "an"))

    assert await held(api, platform) == ["an", "chi"]

    await api.retention.ReleaseHold(releasing(hold))

    assert await held(api, platform) == ["an"]


async def held(api, platform):
    """Returns whom holds stand on of a platform, asked for page after page as the shipped services do."""
    found, token, mine = [], "", f"platforms/{platform.name}/accounts/"
    while True:
        page = await api.guardian.ListHeldAccounts(internal_pb2.ListHeldAccountsRequest(page_size=1, page_token=token))
        found += [name.removeprefix(mine) for name in page.accounts if name.startswith(mine)]
        if not (token := page.next_page_token):
            return found


@pytest.mark.rule("R49")
async def test_figures_say_how_long_each_kind_is_kept_and_by_which_law(api):
    answer = await api.retention.ListRetentionFigures(pb2.ListRetentionFiguresRequest())

    account = next(kind for kind in answer.kinds if kind.data == "ACCOUNT")
    assert (account.kept, "333/2026" in account.legal_basis) == ("24 months", True)
    assert all(kind.late_row_count == 0 for kind in answer.kinds)


@pytest.mark.rule("R49")
async def test_an_erasure_is_proven_by_a_signed_statement_with_what_other_services_said(
    api, platform, account_key_is_destroyed, eventually
):
    await platform.register("an")
    await erase(platform, "an")
    await eventually(lambda: account_key_is_destroyed(platform.name, "an"))
    said = await api.guardian.AcknowledgeErasure(
        internal_pb2.AcknowledgeErasureRequest(name="accounts/an", request_id=str(uuid4())),
        metadata=(("x-xacthuc-platform", platform.name),),
    )

    evidence = await api.retention.GetErasureEvidence(
        pb2.GetErasureEvidenceRequest(name=f"platforms/{platform.name}/accounts/an", request_id=str(uuid4()))
    )

    (erasure,) = evidence.erasures
    keys = await platform.ask("GetJwks", service_pb2.GetJwksRequest())
    claims = statement.verify(
        evidence.statement,
        Expected(kind=KIND, issuer="https://identity.xacthuc.local", audience=platform.name),
        PublicKeys.read({"keys": [MessageToDict(key, preserving_proto_field_name=True) for key in keys.keys]}),
        datetime.now(UTC),
    )
    assert erasure.cause == pb2.ErasureEvidence.Erasure.REQUESTED
    assert erasure.HasField("seal_time")
    assert erasure.HasField("key_destroy_time")
    assert list(erasure.acknowledgements) == [said]
    assert (claims.subject, claims.own["erasures"][0]["cause"]) == ("an", "REQUESTED")


async def owed(api, platform):
    """Returns what guardian owes of a platform: whose erasure, and whether of everything; page after page."""
    found, token = [], ""
    while True:
        request = internal_pb2.ListOwedErasuresRequest(page_size=1, page_token=token)
        page = await api.guardian.ListOwedErasures(request)
        found += [
            (each.account, each.erased) for each in page.erasures if each.platform == f"platforms/{platform.name}"
        ]
        token = page.next_page_token
        if not token:
            return found


@pytest.mark.rule("R49")
async def test_a_service_that_lost_events_is_told_which_erasures_it_owes(
    api, platform, account_key_is_destroyed, eventually
):
    for account in ("an", "binh", "chi"):
        await platform.register(account)
    for account in ("an", "binh"):
        await erase(platform, account)
        await eventually(lambda account=account: account_key_is_destroyed(platform.name, account))
    before = await owed(api, platform)
    await api.guardian.AcknowledgeErasure(
        internal_pb2.AcknowledgeErasureRequest(name="accounts/an", request_id=str(uuid4())),
        metadata=(("x-xacthuc-platform", platform.name),),
    )

    assert before == [("accounts/an", False), ("accounts/binh", False)]
    assert await owed(api, platform) == before[1:]


async def test_nobody_acknowledges_or_proves_what_is_not_being_erased(api, platform):
    await platform.register("an")
    request = internal_pb2.AcknowledgeErasureRequest(name="accounts/an", request_id=str(uuid4()))
    evidence = pb2.GetErasureEvidenceRequest(name=f"platforms/{platform.name}/accounts/an", request_id=str(uuid4()))

    early = await refusal(api.guardian.AcknowledgeErasure(request, metadata=(("x-xacthuc-platform", platform.name),)))
    missing = await refusal(api.retention.GetErasureEvidence(evidence))

    assert [reason_of(each) for each in (early, missing)] == [Reason.ACCOUNT_STATE, Reason.ACCOUNT_NOT_FOUND]


@pytest.mark.rule("R49")
async def test_an_acknowledgement_is_of_a_service_that_keeps_something_and_of_its_own_platforms_account(
    api, platform, deployment
):
    await platform.register("an")
    await erase(platform, "an")
    request = internal_pb2.AcknowledgeErasureRequest(name="accounts/an", request_id=str(uuid4()))
    otp = TlsFiles(deployment.tls, "otp").channel_credentials()
    name = ("grpc.ssl_target_name_override", "identity")

    async with grpc.aio.secure_channel(deployment.internal, otp, options=[name]) as channel:
        call = internal_pb2_grpc.IdentityInternalStub(channel).AcknowledgeErasure
        forged = await refusal(call(request, metadata=(("x-xacthuc-platform", platform.name),)))
    elsewhere = (("x-xacthuc-platform", await api.new_platform()),)
    misdirected = await refusal(api.guardian.AcknowledgeErasure(request, metadata=elsewhere))

    assert [reason_of(each) for each in (forged, misdirected)] == [Reason.PEER_NOT_ALLOWED, Reason.ACCOUNT_STATE]
    evidence = await api.retention.GetErasureEvidence(
        pb2.GetErasureEvidenceRequest(name=f"platforms/{platform.name}/accounts/an", request_id=str(uuid4()))
    )
    assert not any(said.HasField("acknowledge_time") for said in evidence.erasures[0].acknowledgements)


async def test_a_hold_that_is_not_there_cannot_be_released(api, platform):
    nobody = pb2.Hold(name=f"platforms/{platform.name}/holds/{uuid4()}")

    refused = await refusal(api.retention.ReleaseHold(releasing(nobody)))

    assert (refused.code(), reason_of(refused)) == (grpc.StatusCode.NOT_FOUND, Reason.HOLD_NOT_FOUND)

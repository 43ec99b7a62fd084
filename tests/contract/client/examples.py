"""What users of the client may write, and what a type checker must refuse; test_types.py has it checked."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import assert_type

from xacthuc.client import (
    Account,
    AccountEvent,
    Action,
    AsyncXacthuc,
    Broadcast,
    Challenge,
    CheckResult,
    Clearance,
    Consent,
    Decision,
    LimitExceeded,
    NumberInfo,
    RevocationBatch,
    ScheduledBroadcast,
    ScheduleFault,
    Xacthuc,
)
from xacthuc.client.grants import AsyncGrantVerifier, GrantVerifier, VerifiedGrant
from xacthuc.client.standing import AsyncStandingVerifier, StandingVerifier


def blocking(client: Xacthuc, code: str) -> None:
    consent = Consent(text_version="1", accept_time=datetime.now(UTC), affirmed=True)
    account = client.identity.register_account("an", full_name="An", birth_date=date(1990, 2, 3), consent=consent)
    challenge = client.otp.start_challenge("0912345678", subject=account, ip="203.0.113.7")
    result = client.otp.check_code(challenge, code)
    assert_type(account, Account)
    assert_type(challenge, Challenge)
    assert_type(result, CheckResult)
    assert_type(client.otp.check_network(challenge, operator="viettel", network_token=code), CheckResult)
    assert_type(client.identity.verify_phone(account, result.proof_token), Account)
    assert_type(client.identity.check_action("an", Action.POST), Decision)
    assert_type(client.identity.check_actions([(account, Action.POST), ("binh", Action.READ)]), tuple[Decision, ...])
    assert_type([each.name for each in client.identity.list_accounts()], list[str])
    assert_type([batch.cursor for batch in client.identity.watch_accounts()], list[str])
    assert_type(client.otp.lookup_number("0912345678", locale="en"), NumberInfo)
    assert_type(client.livestream.authorize_broadcast(account, "show", commercial=True), Clearance)
    schedule = [ScheduledBroadcast(account="an", broadcast_id="show")]
    assert_type(client.livestream.batch_authorize(schedule), tuple[Clearance | ScheduleFault, ...])
    assert_type(client.livestream.end_broadcast("show"), Broadcast)
    assert_type(next(client.livestream.watch_revocations()), RevocationBatch)


def verifiers(client: Xacthuc, asyncio_client: AsyncXacthuc) -> None:
    StandingVerifier(client.identity.get_jwks, platform="forum", issuer="https://id.example.vn")
    grants = GrantVerifier(client.livestream.get_jwks, platform="forum", issuer="https://live.example.vn")
    assert_type(grants.verify("token"), VerifiedGrant)
    AsyncGrantVerifier(asyncio_client.livestream.get_jwks, platform="forum", issuer="https://live.example.vn")
    AsyncStandingVerifier(asyncio_client.identity.get_jwks, platform="forum", issuer="https://id.example.vn")


async def awaited(client: AsyncXacthuc) -> None:
    try:
        challenge = await client.otp.start_challenge("0912345678", subject="accounts/an")
    except LimitExceeded:
        return
    assert_type(challenge, Challenge)
    assert_type(await client.identity.check_action("an", Action.POST), Decision)
    assert_type([each.name async for each in client.identity.list_accounts()], list[str])
    async for batch in client.identity.watch_accounts(await client.identity.get_watch_cursor()):
        assert_type(batch.events, tuple[AccountEvent, ...])


def refused(client: Xacthuc) -> None:
    client.otp.start_challenge("0912345678")  # type: ignore[call-arg]  # no subject
    client.otp.start_challenge("0912345678", subject="accounts/an", locale="fr")  # type: ignore[arg-type]
    client.identity.check_action("an", "POST")  # type: ignore[arg-type]  # a word is not an Action
    Consent(text_version="1", accept_time=datetime.now(UTC))  # type: ignore[call-arg]  # nobody affirmed

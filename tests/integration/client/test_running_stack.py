"""The client and the command against the whole product, over real sockets."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from contextlib import aclosing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from oteltap_process import HAS_OTELTAP, TRACED, oteltap
from running_stack import running_stack

from xacthuc.client import (
    AccountState,
    Action,
    AsyncXacthuc,
    Commerce,
    CommerceDeclaration,
    CommerceKind,
    Consent,
    DecisionReason,
    FailedPrecondition,
    InvalidRequest,
    NextStepKind,
    NotFound,
    Ruling,
    Unauthenticated,
    Verdict,
    Xacthuc,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from delivery_world import Eventually
    from running_stack import RunningStack

QUICKSTART = Path(__file__).resolve().parents[3] / "docs" / "quickstart.md"
TUTORIAL = QUICKSTART.with_name("tutorial.md")
BUF = QUICKSTART.parents[1] / "node_modules" / ".bin" / "buf"
ADULT = {"full_name": "Nguyễn Văn An", "birth_date": date(1990, 2, 3)}


def consent() -> Consent:
    return Consent(text_version="2026-01", accept_time=datetime.now(UTC), affirmed=True)


@pytest.fixture(scope="module")
def stack() -> Iterator[RunningStack]:
    with (
        TemporaryDirectory(prefix="xacthuc-test-") as path,
        oteltap(Path(path, "var", "spans.jsonl")) as traced,
        running_stack(Path(path), **traced) as stack,
    ):
        yield stack


@pytest.fixture(scope="module")
def quickstarted(stack: RunningStack) -> subprocess.CompletedProcess[str]:
    """The program of the quickstart after its run: the very text of the page, but for the addresses."""
    script = re.findall(r"```python\n(.*?)```", QUICKSTART.read_text("utf-8"), re.DOTALL)[0]
    here = f"Xacthuc(key=key, otp={stack.otp!r}, identity={stack.identity!r})"
    assert script.count("Xacthuc(key=key)") == 1
    (stack.root / "quickstart.py").write_text(script.replace("Xacthuc(key=key)", here), "utf-8")
    return run(stack, sys.executable, "quickstart.py")


def run(stack: RunningStack, *command: str) -> subprocess.CompletedProcess[str]:
    """Runs a program where a developer would stand."""
    return subprocess.run(
        command,
        cwd=stack.root,
        env=stack.environment,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


@pytest.fixture
def client(stack: RunningStack) -> Iterator[Xacthuc]:
    with Xacthuc(key=stack.key, otp=stack.otp, identity=stack.identity) as client:
        yield client


def code_of(stack: RunningStack, challenge: str) -> str:
    return stack.json("inbox", "--challenge", challenge, "--last", "--wait", "10s")["code"]


@pytest.mark.rule("R4")
def test_the_quickstart_ends_with_a_verified_account_that_may_post(
    quickstarted: subprocess.CompletedProcess[str],
) -> None:
    assert quickstarted.returncode == 0, quickstarted.stderr
    promised = re.findall(r"```\n(may post.*?)```", QUICKSTART.read_text("utf-8"), re.DOTALL)[0]
    assert quickstarted.stdout == promised


@pytest.mark.skipif(not HAS_OTELTAP, reason="no OtelTap here: run tests/tools/otlp.sh, as make test does")
async def test_the_tutorial_ends_with_a_trace_its_log_lines_and_its_figures(
    stack: RunningStack, client: Xacthuc, quickstarted: subprocess.CompletedProcess[str], eventually: Eventually
) -> None:
    """The very text of the page from its fourth step on, but for the port; the stack does what the steps before say."""
    assert quickstarted.returncode == 0, quickstarted.stderr
    page = TUTORIAL.read_text("utf-8")
    receive, start, verify, *blocks = re.findall(r"```bash\n(.*?)```", page, re.DOTALL)
    assert "-m oteltap" in receive
    assert all(f"{name}=" in start for name in TRACED)
    assert verify == "python quickstart.py\n"
    (program,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    (stack.root / "trace.py").write_text(program, "utf-8")
    client.otp.start_challenge("0992 000 019", subject="accounts/traced")  # the newest, whatever others do here

    def done(block: str) -> str:
        here = block.replace("python", sys.executable).replace("127.0.0.1:7413", stack.metrics[0])
        return run(stack, "bash", "-euo", "pipefail", "-c", here).stdout

    trace, logs, figures = blocks
    (promised,) = re.findall(r"```\n(trace .*?)```", page, re.DOTALL)
    assert len(steps_of(promised)) == 7
    await eventually(lambda: steps_of(promised) <= steps_of(done(trace)))
    # Lines are written a moment after their calls.
    await eventually(lambda: '"method":"/xacthuc.api.otp.v1.OtpService/StartChallenge"' in done(logs))
    assert len({json.loads(line)["trace_id"] for line in done(logs).splitlines()}) == 1
    assert 'xacthuc_codes_checked_total{verdict="VERIFIED"}' in done(figures)


def steps_of(drawn: str) -> set[str]:
    """The steps that a tree shows, each with its indent."""
    return set(re.findall(r" ms  ( *\S.*)", drawn))


@pytest.mark.timeout(240)  # eight runs of buf, each of which asks for the contract first
def test_the_quickstart_without_python_ends_with_decisions_and_a_token(stack: RunningStack) -> None:
    """The very text of the page, but for the addresses, and for npx, which would fetch buf from the net."""
    script = "".join(re.findall(r"```bash\n(.*?)```", QUICKSTART.read_text("utf-8"), re.DOTALL))
    script = script.replace("127.0.0.1:7411", stack.otp).replace("127.0.0.1:7421", stack.identity)
    npx = stack.root / "bin" / "npx"
    npx.write_text(f'#!/bin/sh\nshift 2\nexec "{BUF}" "$@"\n')
    npx.chmod(0o755)

    ran = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=stack.root,
        env=stack.environment,
        capture_output=True,
        encoding="utf-8",
        timeout=220,
        check=False,
    )

    assert ran.returncode == 0, ran.stderr
    decisions, token, jwks = ran.stdout.split("\n{")[-3:]
    assert [each.get("allowed", False) for each in json.loads("{" + decisions)["decisions"]] == [True, False, True]
    assert "POST" in json.loads("{" + token)["actions"]
    assert json.loads("{" + jwks)["keys"]


async def test_the_asyncio_client_walks_the_same_way(stack: RunningStack) -> None:
    async with AsyncXacthuc(key=stack.key, otp=stack.otp, identity=stack.identity) as client:
        account = await client.identity.register_account("async-1", **ADULT, consent=consent())
        challenge = await client.otp.start_challenge("0992 000 010", subject=account, device_id="d")
        code = await asyncio.to_thread(code_of, stack, challenge.name)
        result = await client.otp.check_code(challenge, code)
        await client.identity.verify_phone(account, result.proof_token)
        decision = await client.identity.check_action(account, Action.POST)

    assert (True, DecisionReason.VERIFIED) == (decision.allowed, decision.reason)


def test_an_account_nobody_registered_is_told_what_to_do(client: Xacthuc) -> None:
    decision = client.identity.check_action("nobody", Action.POST)

    assert (False, DecisionReason.NOT_REGISTERED) == (decision.allowed, decision.reason)
    assert decision.next_step.needed
    assert decision.next_step.text_vi


def test_a_wrong_code_is_a_verdict_and_counts(stack: RunningStack, client: Xacthuc) -> None:
    challenge = client.otp.start_challenge("0992 000 011", subject="accounts/wrong")
    right = code_of(stack, challenge.name)

    result = client.otp.check_code(challenge, f"{(int(right) + 1) % 1_000_000:06}")

    assert (Verdict.WRONG, 4) == (result.verdict, result.remaining_checks)


def test_a_repeated_write_is_answered_from_memory(client: Xacthuc) -> None:
    request_id = "6f8d7d0c-3b1f-4b52-9d4d-0a3a5a3b8f10"
    first = client.otp.start_challenge("0992 000 012", subject="accounts/again", request_id=request_id)

    again = client.otp.start_challenge("0992 000 012", subject="accounts/again", request_id=request_id)

    assert first.name == again.name


def test_a_fixed_line_is_refused_with_its_field(client: Xacthuc) -> None:
    with pytest.raises(InvalidRequest) as failed:
        client.otp.start_challenge("024 3825 1234", subject="accounts/an")

    assert ["phone_number", "FIXED_LINE"] == [
        getattr(failed.value.field_faults[0], name) for name in ("field", "reason")
    ]


def test_an_unknown_account_is_not_found(client: Xacthuc) -> None:
    with pytest.raises(NotFound) as failed:
        client.identity.get_account("nobody")

    assert "ACCOUNT_NOT_FOUND" == failed.value.reason


def test_a_child_is_led_to_a_guardian(client: Xacthuc) -> None:
    child = client.identity.register_account(
        "child-1", full_name="Lê Bé", birth_date=datetime.now(UTC).date() - timedelta(days=3650), consent=consent()
    )

    assert (AccountState.PENDING_GUARDIAN, NextStepKind.LINK_GUARDIAN) == (child.state, child.next_step.kind)


def test_a_canceled_challenge_takes_no_resend(client: Xacthuc) -> None:
    challenge = client.otp.start_challenge("0992 000 013", subject="accounts/cancel")
    client.otp.cancel_challenge(challenge)

    with pytest.raises(FailedPrecondition) as failed:
        client.otp.resend_code(challenge)

    assert "CHALLENGE_CLOSED" == failed.value.reason


def test_a_made_up_key_opens_nothing(stack: RunningStack) -> None:
    with (
        Xacthuc(key="xt_dev_" + "x" * 43, otp=stack.otp, identity=stack.identity) as stranger,
        pytest.raises(Unauthenticated) as failed,
    ):
        stranger.otp.lookup_number("0992000000")

    assert "CREDENTIALS_UNKNOWN" == failed.value.reason


async def test_a_key_made_at_the_terminal_opens_the_service_until_it_is_revoked(
    stack: RunningStack, eventually: Callable[..., Awaitable[None]]
) -> None:
    stack.json("platforms", "create", "my-forum", "--display-name", "MyForum")
    made = stack.json("keys", "create", "my-forum", "--scope", "otp")

    async with AsyncXacthuc(key=made["secret"], otp=stack.otp, identity=stack.identity) as forum:

        async def opens() -> bool:
            try:
                return (await forum.otp.lookup_number("0992000000")).accepted
            except Unauthenticated:
                return False

        await eventually(opens)
        stack.json("keys", "revoke", made["key"]["name"])

        async def shut() -> bool:
            return not await opens()

        await eventually(shut, within=timedelta(seconds=1))


def test_a_test_message_to_the_sandbox_is_delivered_and_can_be_looked_up(stack: RunningStack) -> None:
    sent = stack.json("send-test", "0992000014")

    shown = stack.json("challenges", "show", sent["name"])

    assert ("platforms/demo", "DELIVERED", "sandbox") == (
        shown["platform"],
        shown["challenge"]["delivery"]["state"],
        shown["provider"],
    )


def test_a_test_message_that_a_provider_fails_ends_with_status_1(stack: RunningStack) -> None:
    ran = stack.run("send-test", "0992000003")

    assert (1, "FAILED") == (ran.returncode, ran.stdout.split()[-1])


@pytest.mark.rule("R3")
async def test_a_seller_goes_from_a_personal_id_on_air_and_is_cut_when_locked(stack: RunningStack) -> None:
    addresses = {"otp": stack.otp, "identity": stack.identity, "livestream": stack.livestream}
    async with AsyncXacthuc(key=stack.key, **addresses) as client:
        account = await client.identity.register_account("seller-1", **ADULT, consent=consent())
        cursor = await client.livestream.get_watch_cursor()

        refused = await client.livestream.authorize_broadcast(account, "sale-1", commercial=True)
        await client.identity.verify_personal_id(account, "000090000000", reason=Commerce())
        cleared = await client.livestream.authorize_broadcast(account, "sale-1", commercial=True)
        price = CommerceDeclaration(kind=CommerceKind.PRICE, product_id="shirt-1", show_time=datetime.now(UTC))
        declared = await client.livestream.declare_commercial("broadcasts/sale-1", [price])
        await client.identity.lock_account(account, basis="order 1")
        async with aclosing(client.livestream.watch_revocations(cursor)) as batches:
            while not (cut := (await anext(batches)).revocations):
                pass
    evidence = await asyncio.to_thread(stack.json, "livestream", "evidence", "demo", "sale-1")

    assert refused.decision.next_step.kind is NextStepKind.VERIFY_PERSONAL_ID
    assert [each.ruling for each in (refused, cleared, declared, *cut)] == [
        Ruling.CUT,
        Ruling.CONTINUE,
        Ruling.CONTINUE,
        Ruling.CUT,
    ]
    assert [each["occasion"] for each in evidence["rulings"]] == ["AUTHORIZE", "AUTHORIZE", "DECLARE", "ACCOUNT"]
    assert [each["personal_id_source"] for each in evidence["rulings"][:2]] == ["", "eid/sandbox"]

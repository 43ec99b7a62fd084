"""The five main flows as whole traces, through every process of a running stack; and what a webhook adds to one."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from threading import Thread
from typing import Any

import pytest
import smsc
from expected_trees import (
    ACCOUNT_LOCKED_AND_TOLD,
    ACTION_CHECKED_TWICE,
    BROADCAST_AUTHORIZED,
    BROADCAST_CUT,
    CHILD_TAKEN_ON,
    CODE_ASKED_FOR,
    NUMBER_OUT_OF_USE,
    NUMBER_VERIFIED,
)
from guardian_town import Town
from otlp_receiver import OtlpReceiver
from running_stack import RunningStack, running_stack
from span_trees import Platform, Step, leads_to

from xacthuc.client import Account, Action, BroadcastState, Challenge, Commerce, Consent, Link, Xacthuc

pytestmark = pytest.mark.engine

NAME = "Đỗ Thị Ngọc Trâm"
BORN = date(1990, 2, 3)
PERSONAL_ID, OTHER_ID = "000090000000", "000190000000"


@dataclass
class World:
    """A platform, its stack, and the message center that carries what is no number of the sandbox."""

    stack: RunningStack
    client: Xacthuc
    platform: Platform
    receiver: OtlpReceiver
    submissions: Callable[[], list[dict[str, Any]]]
    names: Iterator[int] = field(default_factory=lambda: count(1))
    sandbox: Iterator[int] = field(default_factory=lambda: iter(range(10, 50)))
    """Of its hundred numbers those that are nobody's, and to which messages come (docs/sandbox.md)."""
    elsewhere: Iterator[int] = field(default_factory=lambda: count(1))
    used: set[str] = field(default_factory=set)
    codes: set[str] = field(default_factory=set)

    def number(self, *, of_sandbox: bool = True) -> str:
        """One that nobody has used."""
        number = f"09920000{next(self.sandbox)}" if of_sandbox else f"09123{next(self.elsewhere):05d}"
        self.used.add(number)
        return number

    def registered(self) -> Account:
        accept = Consent(text_version="1", accept_time=datetime.now(UTC), affirmed=True)
        return self.client.identity.register_account(
            f"tram-{next(self.names)}", full_name=NAME, birth_date=BORN, consent=accept
        )

    def proof(self, account: Account) -> str:
        challenge = self.client.otp.start_challenge(self.number(), subject=account)
        code = self.stack.code(challenge.name, within_seconds=60)
        self.codes.add(code)
        return self.client.otp.check_code(challenge, code).proof_token

    def started(self, number: str, account: Account) -> Challenge:
        """Starts one when what was known of the platform's budget is a quarter of a second old, and asked for again."""
        time.sleep(0.3)
        return self.client.otp.start_challenge(number, subject=account)

    def verified(self) -> Account:
        account = self.registered()
        self.client.identity.verify_phone(account, self.proof(account))
        return account

    def until(self, condition: Callable[[], bool]) -> None:
        give_up = time.monotonic() + 60
        while not condition():
            assert time.monotonic() < give_up, "it did not come"
            time.sleep(0.05)

    def invited(self) -> tuple[Town, Link, str]:
        """A link whose guardian has proven a number, and the proof."""
        town, number = Town(self.stack, self.client), self.number()
        link = town.invite(town.register(f"be-{next(self.names)}", date(datetime.now(UTC).year - 12, 1, 1)), number)
        return town, link, town.proof_for(link, number)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    root = tmp_path_factory.mktemp("up")
    providers = root / "providers"
    providers.mkdir()
    with OtlpReceiver() as receiver, asyncio.Runner() as runner:
        held = AsyncExitStack()
        center = runner.run(held.enter_async_context(smsc.running("twisted")))
        smsc.file(providers, center.port)
        settings = {
            "XACTHUC_TRACE_SAMPLE_RATIO": "1",
            "XACTHUC_OTLP_ENDPOINT": receiver.endpoint,
            "XACTHUC_PROVIDERS_DIRECTORY": str(providers),
        }

        def submissions() -> list[dict[str, Any]]:
            return runner.run(center.submissions())

        platform = Platform()
        with (
            running_stack(root, **settings) as stack,
            Xacthuc(
                otp=stack.otp,
                identity=stack.identity,
                guardian=stack.guardian,
                livestream=stack.livestream,
                key=stack.key,
                traceparent=platform.traceparent,
            ) as client,
        ):
            world = World(stack, client, platform, receiver, submissions)
            Town(stack, client).until_open()
            yield world
        runner.run(held.aclose())


def text_of(submission: dict[str, Any]) -> str:
    """The message, as GSM 7-bit octets or UTF-16."""
    octets = bytes.fromhex(submission["octets"])
    return octets.decode("utf-16-be" if "UCS2" in submission["coding"] else "ascii")


def test_a_code_is_traced_from_its_request_to_its_receipt_and_its_check(world: World) -> None:
    account = world.verified()

    def flow() -> Step:
        number, before = world.number(of_sandbox=False), len(world.submissions())
        with world.platform.doing() as step:
            challenge = world.started(number, account)
            world.until(lambda: len(world.submissions()) > before)
            (code,) = re.findall(r"\b\d{6}\b", text_of(world.submissions()[-1]))
            world.codes.add(code)
            assert world.client.otp.check_code(challenge, code).verified
        return step

    flow()  # what a guard has not met before it writes down, once
    leads_to(flow, world.receiver, CODE_ASKED_FOR)


def test_a_verification_is_traced_through_both_services_and_both_stores(world: World) -> None:
    def flow() -> Step:
        account = world.registered()
        proof = world.proof(account)
        with world.platform.doing() as step:
            world.client.identity.verify_phone(account, proof)
        return step

    leads_to(flow, world.receiver, NUMBER_VERIFIED)


def test_a_decision_is_traced_to_its_facts_and_the_next_one_to_what_is_kept_of_them(world: World) -> None:
    def flow() -> Step:
        account = world.verified()
        with world.platform.doing() as step:
            for _ in range(2):
                assert world.client.identity.check_action(account, Action.POST).allowed
        return step

    leads_to(flow, world.receiver, ACTION_CHECKED_TWICE)


def test_a_guardian_s_word_is_traced_to_what_identity_keeps_of_it(world: World) -> None:
    def flow() -> Step:
        town, link, proof = world.invited()
        with world.platform.doing() as step:
            town.confirm(link, proof)
        return step

    leads_to(flow, world.receiver, CHILD_TAKEN_ON)


def test_a_broadcast_is_traced_to_what_identity_says_of_its_seller(world: World) -> None:
    account = world.registered()
    world.client.identity.verify_personal_id(account, PERSONAL_ID, reason=Commerce())

    def flow() -> Step:
        with world.platform.doing() as step:
            world.client.livestream.authorize_broadcast(account, f"sale-{next(world.names)}", commercial=True)
        return step

    leads_to(flow, world.receiver, BROADCAST_AUTHORIZED)


def test_a_cut_broadcast_is_traced_from_the_lock_of_its_seller(world: World) -> None:
    account = world.registered()
    world.client.identity.verify_personal_id(account, OTHER_ID, reason=Commerce())
    livestream = world.client.livestream

    def flow() -> Step:
        cleared = livestream.authorize_broadcast(account, f"sale-{next(world.names)}", commercial=True)
        with world.platform.doing() as step:
            world.client.identity.lock_account(account, "order 12")
        world.until(lambda: livestream.get_broadcast(cleared.broadcast).state is BroadcastState.REVOKED)
        world.client.identity.unlock_account(account, "over")
        return step

    leads_to(flow, world.receiver, BROADCAST_CUT)


class Hook(BaseHTTPRequestHandler):
    """Takes what it is told."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_said: object) -> None:
        """Says nothing."""


@pytest.fixture
def hook(world: World) -> Iterator[None]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Hook) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/hooks"
        made = world.stack.json("webhooks", "create", "demo", "--address", address)
        yield
        world.stack.json("webhooks", "delete", made["webhook"]["name"])
        server.shutdown()


@pytest.mark.usefixtures("hook")
def test_a_webhook_is_told_within_the_trace_of_what_happened(world: World) -> None:
    account = world.verified()

    def flow() -> Step:
        with world.platform.doing() as step:
            world.client.identity.lock_account(account, "order 12")
        world.client.identity.unlock_account(account, "over")
        return step

    leads_to(flow, world.receiver, ACCOUNT_LOCKED_AND_TOLD)


def test_a_number_out_of_use_is_traced_from_the_request_of_its_code_to_identity(world: World) -> None:
    """Through the stream of outcomes, which identity follows."""

    def flow() -> Step:
        account = world.registered()
        with world.platform.doing() as step:
            world.started("0992000006", account)
        return step

    flow()
    leads_to(flow, world.receiver, NUMBER_OUT_OF_USE)


@pytest.mark.rule("R12")
def test_no_span_of_all_that_names_a_person(world: World) -> None:
    """After whatever of the above has run, and a verification in any case."""
    account = world.verified()
    with world.platform.doing() as step:
        world.client.identity.get_account(account)
    link = step.trace_id.to_bytes(16, "big")
    world.until(lambda: any(each.trace_id == link for span in world.receiver.spans for each in span.links))

    said = [text for span in world.receiver.spans for text in words_of(span)]
    secrets = [NAME, PERSONAL_ID, OTHER_ID, account.name.removeprefix("accounts/"), *(each[1:] for each in world.used)]
    assert [text for text in said for secret in secrets if secret in text] == []
    assert [text for text in said if set(re.findall(r"(?<!\d)\d{6}(?!\d)", text)) & world.codes] == []


def words_of(span: Any) -> list[str]:
    """All that a span says but its ids and times."""
    said = [span.name, span.status.message, span.trace_state]
    for attribute in (*span.attributes, *(each for link in span.links for each in link.attributes)):
        said += [attribute.key, str(attribute.value.string_value or attribute.value.int_value)]
    assert not span.events
    return said

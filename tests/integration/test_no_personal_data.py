"""The whole flow leaves nothing personal in logs, spans, metrics, errors, stream entries and keys."""

from __future__ import annotations

import base64
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from fake_carrier import FakeCarrier
from guardian_town import Town
from otlp_receiver import OtlpReceiver
from prism import DEFINITION, serving
from running_stack import RunningStack, running_stack
from store_contents import store_contents

from xacthuc.client import Action, Channel, Commerce, Consent, SessionEntry, SessionKind, Xacthuc, XacthucError
from xacthuc.embedded import Valkey
from xacthuc.embedded.ports import free_port

pytestmark = pytest.mark.engine

ACCOUNT = "hoa-ban-trang-7731"
NAME = "Trần Thị Hoa Ban"
BIRTH = date(1994, 7, 3)
NUMBER = "0987654399"
PERSONAL_ID = "001194007731"
SESSION_IP = "198.51.100.23"
CONTENT = "bai-cua-hoa-ban-8812"
TOKEN = "eyJ0b2tlbi-of-hoa-bans-phone"


@dataclass
class Traces:
    """Everything the flow left behind, by where it was found."""

    places: dict[str, bytes]
    code: str
    key: str
    spans: list[Any]


def walk_the_flow(running: RunningStack, errors: list[str]) -> str:
    """Registers, verifies and posts, with the mistakes a real platform makes; returns the code."""
    with Xacthuc(otp=running.otp, identity=running.identity, key=running.key) as xacthuc:

        def mistake(call: Callable[[], object]) -> None:
            try:
                call()
            except XacthucError as error:
                errors.append(said(error))

        def register(account: str, birth_date: date) -> object:
            consent = Consent(text_version="v1", accept_time=datetime.now(UTC), affirmed=True)
            return xacthuc.identity.register_account(account, full_name=NAME, birth_date=birth_date, consent=consent)

        register(ACCOUNT, BIRTH)
        mistake(lambda: register(ACCOUNT, BIRTH))
        mistake(lambda: register("x", date(2999, 1, 1)))
        mistake(lambda: xacthuc.otp.start_challenge("024 " + NUMBER, subject=f"accounts/{ACCOUNT}"))
        mistake(lambda: xacthuc.otp.start_challenge(NUMBER, subject=f"accounts/{NUMBER}"))
        challenge = xacthuc.otp.start_challenge(
            NUMBER, subject=f"accounts/{ACCOUNT}", ip="203.0.113.77", device_id="device-of-hoa-ban"
        )
        code = running.code(challenge.name)
        wrong = f"{(int(code) + 1) % 10**6:06d}"
        xacthuc.otp.check_code(challenge, wrong)
        mistake(lambda: xacthuc.otp.check_code(challenge, code + "0"))
        checked = xacthuc.otp.check_code(challenge, code)
        mistake(lambda: xacthuc.otp.resend_code(challenge))
        mistake(lambda: xacthuc.identity.verify_phone("somebody-else", checked.proof_token))
        xacthuc.identity.verify_phone(ACCOUNT, checked.proof_token)
        assert xacthuc.identity.check_action(ACCOUNT, Action.POST).allowed
        xacthuc.identity.get_account(ACCOUNT)
        silent = xacthuc.otp.start_challenge(NUMBER, subject=f"accounts/{ACCOUNT}", channel=Channel.NETWORK)
        mistake(lambda: xacthuc.otp.check_network(silent, operator="prism", network_token=TOKEN + ","))
        mistake(lambda: xacthuc.otp.check_network(silent, operator="absent", network_token=TOKEN))
        assert xacthuc.otp.check_network(silent, operator="prism", network_token=TOKEN)
    return code


def walk_the_record(running: RunningStack, errors: list[str]) -> None:
    """Declares a personal ID, logs sessions, locks, reconciles, exports and answers an authority, with mistakes again."""
    platform = str(running.json("platforms", "list")[0]["name"]).removeprefix("platforms/")
    now = datetime.now(UTC)
    with Xacthuc(otp=running.otp, identity=running.identity, key=running.key) as xacthuc:
        identity = xacthuc.identity
        identity.verify_personal_id(ACCOUNT, PERSONAL_ID, reason=Commerce())
        post = SessionEntry(account_id=ACCOUNT, kind=SessionKind.POST, occur_time=now, content_id=CONTENT)
        log_in = replace(post, kind=SessionKind.LOG_IN, ip=SESSION_IP, port=50_123, content_id="")
        identity.record_sessions([log_in, post, replace(log_in, account_id=NUMBER)])
        for wrong in (
            lambda: identity.verify_personal_id(ACCOUNT, PERSONAL_ID[:-1] + "x", reason=Commerce()),
            lambda: identity.verify_personal_id("somebody-else", PERSONAL_ID, reason=Commerce()),
            lambda: identity.correct_account("somebody-else", full_name=NAME),
            lambda: identity.lock_account("somebody-else", f"a report of {NUMBER}"),
        ):
            with pytest.raises(XacthucError) as refused:
                wrong()
            errors.append(said(refused.value))
        identity.lock_account(ACCOUNT, f"a report of {NUMBER} and {PERSONAL_ID}")
        identity.unlock_account(ACCOUNT, f"{NUMBER} was wrong")
    of_account = (platform, "--account", ACCOUNT)
    running.json("locks", "list", *of_account)
    read = ("--from", "2020-01-01", "--to", "2099-01-01", "--basis", "12/CV-A05")
    assert len(running.json("sessions", "list", *of_account, *read)) == 2
    running.json("accounts", "search", "--phone", NUMBER)
    running.json("retention", "export", ACCOUNT, "--platform", platform, "--out", str(running.root / "export"))
    demand = ("--authority", "A05", "--legal-basis", "Law 116/2025/QH15", "--reference", "12/CV-A05")
    fields = ("--field", "full-name", "--field", "sessions")
    release = running.json("retention", "releases", "record", *of_account, *fields, *demand)["name"]
    running.json("retention", "releases", "propose", release, "--reason", f"read what {NAME} wrote")
    errors.append(running.run("retention", "releases", "fetch", release, "--out", "release.json").stderr)
    run = running.json("reconcile", "start", "--watch")
    assert (run["state"], run["counts"]["checked_count"], run["counts"]["unknown_count"]) == ("COMPLETED", "1", "0")
    running.json("reconcile", "findings", run["name"])


def walk_the_family(running: RunningStack, hooks: int) -> None:
    """Has a mother take a child on, and a webhook told of it where nobody listens."""
    platform = str(running.json("platforms", "list")[0]["name"]).removeprefix("platforms/")
    running.json("webhooks", "create", platform, "--address", f"http://127.0.0.1:{hooks}/hooks")
    with Xacthuc(otp=running.otp, identity=running.identity, guardian=running.guardian, key=running.key) as xacthuc:
        town = Town(running, xacthuc)
        town.until_open()
        town.taken_on(town.child())


def until_told(receiver: OtlpReceiver) -> None:
    """Waits for a trace that goes from one service's job to another one's webhook: what is done later is exported later."""
    give_up = time.monotonic() + 60
    while not set.intersection(*(receiver.traces_of(f"process {job}") for job in ("PUSH", "WEBHOOK_DELIVERY"))):
        assert time.monotonic() < give_up, "no webhook was told of what guardian said"
        time.sleep(0.05)


def said(error: XacthucError) -> str:
    return f"{error!r} {error} {error.metadata} {error.field_faults}"


@contextmanager
def carrier(directory: Path) -> Iterator[None]:
    """An operator that answers what reconciliation asks, in a process of its own."""
    port = free_port()
    script = Path(sys.modules[FakeCarrier.__module__].__file__ or "")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(script.parent), *sys.path])}
    FakeCarrier(port=port).file(directory)
    with subprocess.Popen([sys.executable, str(script), str(port)], env=environment) as process:
        try:
            yield
        finally:
            process.kill()


def metrics_of(running: RunningStack) -> Iterator[tuple[str, bytes]]:
    for address in running.metrics:
        with urllib.request.urlopen(f"http://{address}/metrics", timeout=5) as page:
            yield f"metrics of {address}", page.read()


@pytest.fixture(scope="module")
def traces(tmp_path_factory: pytest.TempPathFactory, emptied_valkey: Valkey) -> Traces:
    root = tmp_path_factory.mktemp("up")
    errors: list[str] = []
    with OtlpReceiver() as receiver, serving(DEFINITION) as operator, socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        operators = root / "operators"
        operators.mkdir()
        for name, url in (("prism", operator), ("absent", f"http://127.0.0.1:{nobody.getsockname()[1]}")):
            (operators / f"{name}.toml").write_text(f'name = "{name}"\nbase_url = "{url}"\ntimeout_seconds = 4.0')
        own = {"XACTHUC_STATE_URL": emptied_valkey.url, "XACTHUC_LOG_LEVEL": "debug"}
        own["XACTHUC_OPERATORS_DIRECTORY"] = str(operators)
        asked = root / "eid"
        asked.mkdir()
        own["XACTHUC_EID_DIRECTORY"] = str(asked)
        tracing = {"XACTHUC_TRACE_SAMPLE_RATIO": "1", "XACTHUC_OTLP_ENDPOINT": receiver.endpoint}
        with carrier(asked), running_stack(root, **own, **tracing) as running:
            code = walk_the_flow(running, errors)
            walk_the_record(running, errors)
            walk_the_family(running, nobody.getsockname()[1])
            until_told(receiver)
            places = dict(store_contents(emptied_valkey)) | dict(metrics_of(running))
            key = running.key
        names = {span.name for span in receiver.spans}
        places["spans"] = b"".join(request.SerializeToString() for request in receiver.requests)
        places["spans as text"] = "".join(str(request) for request in receiver.requests).encode()
    assert any("CheckAction" in name for name in names), "no span came: nothing would be proven"
    places |= {f"log {path.name}": path.read_bytes() for path in (root / "var" / "log").iterdir()}
    places["errors"] = "\n".join(errors).encode()
    assert any("operator.confirm" in name for name in names)
    assert "operator.kyc_match" in names
    assert len(errors) >= 13
    return Traces(places, code, key, receiver.spans)


def trees(traces: Traces, root: str) -> list[set[str]]:
    """Every trace that begins with a call of `root`: its steps, each as the names from the root down to it."""
    known = {span.span_id: span for span in traces.spans}

    def path(span: Any) -> str:
        name = span.name.rpartition(".")[2] if "/" in span.name else span.name
        parent = known.get(span.parent_span_id)
        return f"{path(parent)} > {name}" if parent else name

    roots = [span for span in traces.spans if span.name.endswith(f"/{root}") and not span.parent_span_id]
    return [{path(span) for span in traces.spans if span.trace_id == root.trace_id} for root in roots]


def one_of(found: list[set[str]], *steps: str) -> bool:
    """Whether there is a trace with all of these steps."""
    return any(set(steps) <= tree for tree in found)


def test_a_challenge_is_one_trace_from_the_call_to_the_provider(traces: Traces) -> None:
    call = "OtpService/StartChallenge"

    assert one_of(
        trees(traces, "StartChallenge"),
        f"{call} > EVALSHA spend",
        f"{call} > EVALSHA start",
        f"{call} > otp.deliver > EVALSHA purse_take",
        f"{call} > otp.deliver > provider.send",
        f"{call} > otp.deliver > EVALSHA delivery_link",
        f"{call} > otp.deliver > EVALSHA delivery_settle",
    )


def test_a_code_that_is_checked_is_one_call_and_one_script(traces: Traces) -> None:
    assert {"OtpService/CheckCode", "OtpService/CheckCode > EVALSHA check"} in trees(traces, "CheckCode")


def test_a_verification_is_one_trace_through_both_services_and_both_stores(traces: Traces) -> None:
    call, proof = "IdentityService/VerifyPhone", "OtpInternal/RedeemProof"

    assert one_of(
        trees(traces, "VerifyPhone"),
        f"{call} > postgresql > INSERT identity.requests",
        f"{call} > {proof} > {proof} > EVALSHA redeem",
        f"{call} > postgresql > INSERT identity.evidence",
        f"{call} > postgresql > INSERT identity.audit",
        f"{call} > postgresql > INSERT identity.outbox",
    )


def test_a_decision_is_one_trace_to_its_facts(traces: Traces) -> None:
    call = "IdentityService/CheckAction"

    assert one_of(trees(traces, "CheckAction"), f"{call} > GET", f"{call} > postgresql", f"{call} > EVALSHA fill")


def test_a_silent_verification_is_one_trace_to_the_operator(traces: Traces) -> None:
    call = "OtpService/CheckNetwork"

    assert one_of(trees(traces, "CheckNetwork"), f"{call} > operator.confirm")


def test_a_guardian_s_word_is_one_trace_from_their_call_to_what_identity_keeps_of_it(traces: Traces) -> None:
    pushed, put = "GuardianService/ConfirmLink > postgresql > process PUSH", "IdentityInternal/PutGuardianship"

    assert one_of(
        trees(traces, "ConfirmLink"),
        f"{pushed} > postgresql > SELECT guardian.children",
        f"{pushed} > {put} > {put} > postgresql > INSERT identity.outbox",
    )


def test_a_webhook_is_told_in_the_trace_of_what_happened_in_another_service(traces: Traces) -> None:
    put = "IdentityInternal/PutGuardianship"
    confirmed = f"GuardianService/ConfirmLink > postgresql > process PUSH > {put} > {put}"

    assert one_of(trees(traces, "ConfirmLink"), f"{confirmed} > postgresql > process WEBHOOK_DELIVERY > POST")


FORBIDDEN = {
    "the number": ["0987654399", "84987654399", "987654399", "98765439"],
    "the name": [NAME, "Hoa Ban", "hoa ban"],
    "the birth date": ["1994-07", "19940703", "03/07/1994"],
    "the account id": [ACCOUNT],
    "the personal ID": [PERSONAL_ID, PERSONAL_ID[:-1]],
    "the addresses": ["203.0.113.77", SESSION_IP],
    "what was posted": [CONTENT],
    "the device": ["device-of-hoa-ban"],
    "the operator's token": [TOKEN],
}


@pytest.mark.rule("R12")
@pytest.mark.parametrize("what", FORBIDDEN)
def test_nothing_personal_is_left_behind(traces: Traces, what: str) -> None:
    found = [
        f"{what} in {place}"
        for place, content in traces.places.items()
        for secret in FORBIDDEN[what]
        for spelling in (secret.encode(), base64.b64encode(secret.encode()).rstrip(b"="))
        if spelling in content
    ]
    assert found == []


def test_neither_the_code_nor_the_key_is_left_behind(traces: Traces) -> None:
    # Six digits may stand in any number by chance: they are a code where no other digit touches them.
    code = traces.code.encode()
    found = [place for place, content in traces.places.items() if stands_alone(code, content)]
    found += [place for place, content in traces.places.items() if traces.key.encode() in content]
    assert found == []


def stands_alone(code: bytes, content: bytes) -> bool:
    start = content.find(code)
    while start >= 0:
        around = content[max(start - 1, 0) : start] + content[start + 6 : start + 7]
        if not any(byte in b"0123456789abcdefABCDEF" for byte in around):
            return True
        start = content.find(code, start + 1)
    return False

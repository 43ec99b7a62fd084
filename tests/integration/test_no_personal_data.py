"""The whole flow leaves nothing personal in logs, spans, metrics, errors, stream entries and keys."""

from __future__ import annotations

import base64
import socket
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

import pytest
import redis
from otlp_receiver import OtlpReceiver
from prism import DEFINITION, serving
from running_stack import RunningStack, running_stack

from xacthuc.client import Action, Channel, Consent, Xacthuc, XacthucError
from xacthuc.embedded import Valkey

pytestmark = pytest.mark.engine

ACCOUNT = "hoa-ban-trang-7731"
NAME = "Trần Thị Hoa Ban"
BIRTH = date(1994, 7, 3)
NUMBER = "0987654399"
TOKEN = "eyJ0b2tlbi-of-hoa-bans-phone"


@dataclass
class Traces:
    """Everything the flow left behind, by where it was found."""

    places: dict[str, bytes]
    code: str
    key: str


def walk_the_flow(running: RunningStack, errors: list[str]) -> str:
    """Registers, verifies and posts, with the mistakes a real platform makes; returns the code."""
    with Xacthuc(otp=running.otp, identity=running.identity, key=running.key) as xacthuc:

        def mistake(call: Callable[[], object]) -> None:
            try:
                call()
            except XacthucError as error:
                errors.append(f"{error!r} {error} {error.metadata} {error.field_faults}")

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


def metrics_of(running: RunningStack) -> Iterator[tuple[str, bytes]]:
    for address in running.metrics:
        with urllib.request.urlopen(f"http://{address}/metrics", timeout=5) as page:
            yield f"metrics of {address}", page.read()


def store_of(server: Valkey) -> Iterator[tuple[str, bytes]]:
    with redis.Redis.from_url(server.url) as store:
        for key in store.scan_iter(count=1000):
            kind = store.type(key)
            value: object = b""
            if kind == b"hash":
                value = store.hgetall(key)
            elif kind == b"stream":
                value = store.xrange(key)
            elif kind == b"string":
                value = store.get(key)
            yield f"key {key!r}", key + b" " + repr(value).encode() + b" " + flat(value)


def flat(value: object) -> bytes:
    """All bytes of a reply, so that nothing hides behind an escape of its repr."""
    if isinstance(value, bytes):
        return value + b" "
    if isinstance(value, dict):
        return b"".join(flat(part) for pair in value.items() for part in pair)
    if isinstance(value, (list, tuple)):
        return b"".join(flat(part) for part in value)
    return b""


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
        tracing = {"XACTHUC_TRACE_SAMPLE_RATIO": "1", "XACTHUC_OTLP_ENDPOINT": receiver.endpoint}
        with running_stack(root, **own, **tracing) as running:
            code = walk_the_flow(running, errors)
            places = dict(store_of(emptied_valkey)) | dict(metrics_of(running))
            key = running.key
        names = {span.name for span in receiver.spans}
        places["spans"] = b"".join(request.SerializeToString() for request in receiver.requests)
        places["spans as text"] = "".join(str(request) for request in receiver.requests).encode()
    assert any("CheckAction" in name for name in names), "no span came: nothing would be proven"
    places |= {f"log {path.name}": path.read_bytes() for path in (root / "var" / "log").iterdir()}
    places["errors"] = "\n".join(errors).encode()
    assert any("operator.confirm" in name for name in names)
    assert len(errors) >= 8
    return Traces(places, code, key)


FORBIDDEN = {
    "the number": ["0987654399", "84987654399", "987654399", "98765439"],
    "the name": [NAME, "Hoa Ban", "hoa ban"],
    "the birth date": ["1994-07", "19940703", "03/07/1994"],
    "the account id": [ACCOUNT],
    "the address": ["203.0.113.77"],
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

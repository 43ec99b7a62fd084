"""Codes sent and checked by a client that knows CAMARA's definition and nothing of ours; the definition judges each answer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import grpc.aio
import httpx
import pytest
import schemathesis
from otp_service import Deployment

from xacthuc import posted
from xacthuc.api.otp.v1.service_pb2_grpc import OtpServiceStub
from xacthuc.clock import SystemClock
from xacthuc.credentials.directory import KeyDirectory
from xacthuc.credentials.signing import verifying_key
from xacthuc.otp.camara.application import BASE, CORRELATOR, Facade
from xacthuc.otp.texts import loading
from xacthuc.policy import Policy

pytestmark = pytest.mark.engine

DEFINITION = schemathesis.openapi.from_path(
    str(Path(__file__).resolve().parents[2] / "data" / "camara" / "one-time-password-sms.yaml")
)
PHONE = "+84912345678"
OWN_TEXT = "Forum: Ma cua ban la {{code}}. Khong chia se."
TEXTS = 'sender = "Forum"\n[messages.ACCOUNT_VERIFICATION]\nvi = "{brand}: Ma cua ban la {code}. Khong chia se."\n'

Ask = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
async def otp(deploy, tmp_path: Path) -> Deployment:
    texts = tmp_path / "texts"
    texts.mkdir()
    (texts / "forum.toml").write_text(TEXTS)
    return await deploy(texts_directory=texts)


@pytest.fixture
async def ask(otp: Deployment, secrets: Path, tmp_path: Path) -> AsyncIterator[Ask]:
    """`await ask("/send-code", body)`: asks with the forum's key and has the definition judge what comes back."""
    signed_by = verifying_key(secrets / "identity-sign.pub")
    keys = KeyDirectory(otp.store, signed_by, SystemClock(), otp.metrics, development=True)
    await keys.start()
    texts = loading.load(tmp_path / "texts", Policy.load())
    async with (
        grpc.aio.insecure_channel(otp.address) as channel,
        posted.listening("127.0.0.1:0", Facade(OtpServiceStub(channel), keys, texts).application()) as address,
        httpx.AsyncClient(base_url=f"http://{address}{BASE}", timeout=30) as http,
    ):

        async def asked(path: str, body: Any = None, *, key: str = otp.forum.key, **how: Any) -> httpx.Response:
            headers = {"authorization": f"Bearer {key}", **how.pop("headers", {})}
            how = how or {"json": body}
            answer = await http.post(path, headers=headers, **how)
            await asyncio.to_thread(DEFINITION[path]["POST"].validate_response, answer)
            return answer

        yield asked
    await keys.stop()


async def sent(ask: Ask, text: str = OWN_TEXT) -> str:
    answer = await ask("/send-code", {"phoneNumber": PHONE, "message": text})
    assert answer.status_code == 200, answer.text
    return answer.json()["authenticationId"]


def refused(answer: httpx.Response) -> tuple[int, str]:
    told = answer.json()
    assert told["status"] == answer.status_code
    return answer.status_code, told["code"].removeprefix("ONE_TIME_PASSWORD_SMS.")


async def test_a_code_is_sent_and_accepted_once(ask: Ask, otp: Deployment) -> None:
    verification = await sent(ask)
    body = {"authenticationId": verification, "code": otp.code(verification)}

    first, again = await ask("/validate-code", body), await ask("/validate-code", body)

    assert (first.status_code, first.content) == (204, b"")
    assert refused(again) == (400, "VERIFICATION_EXPIRED")


@pytest.mark.rule("R34")
async def test_no_text_is_sent_but_those_that_are_registered(ask: Ask) -> None:
    policy = Policy.load()
    common = policy.messages["ACCOUNT_VERIFICATION"].in_locale("en")
    common = common.format(brand="Forum", code="{{code}}", minutes=policy.code_minutes)
    others = ["{{code}} is your code", OWN_TEXT + " http://a.vn", OWN_TEXT.replace("Forum", "Bank")]

    assert await sent(ask, common)
    answers = [await ask("/send-code", {"phoneNumber": PHONE, "message": text}) for text in others]
    assert [refused(answer) for answer in answers] == [(400, "INVALID_ARGUMENT")] * 3


async def test_a_text_of_one_platform_is_none_of_anothers(ask: Ask, otp: Deployment) -> None:
    answer = await ask("/send-code", {"phoneNumber": PHONE, "message": OWN_TEXT}, key=otp.video.key)

    assert refused(answer) == (400, "INVALID_ARGUMENT")


async def test_wrong_codes_are_counted_until_no_attempt_is_left(ask: Ask, otp: Deployment) -> None:
    verification = await sent(ask)
    wrong = {"authenticationId": verification, "code": otp.wrong(verification)}

    answers = [refused(await ask("/validate-code", wrong)) for _ in range(6)]

    assert answers[0] == (400, "INVALID_OTP")
    assert answers[-1] == (400, "VERIFICATION_FAILED")
    right = await ask("/validate-code", {**wrong, "code": otp.code(verification)})
    assert refused(right) == (400, "VERIFICATION_FAILED")


async def test_a_number_gets_a_few_codes_and_no_more(ask: Ask) -> None:
    body = {"phoneNumber": PHONE, "message": OWN_TEXT}

    answers = [await ask("/send-code", body) for _ in range(12)]

    assert refused(next(answer for answer in answers if answer.status_code != 200)) == (403, "MAX_OTP_CODES_EXCEEDED")


@pytest.mark.parametrize("number", ["+842438251234", "+346661113334", "+84111"])
async def test_a_number_that_takes_no_code_is_said_so(ask: Ask, number: str) -> None:
    answer = await ask("/send-code", {"phoneNumber": number, "message": OWN_TEXT})

    assert refused(answer) == (403, "PHONE_NUMBER_NOT_ALLOWED")
    assert number[3:] not in answer.text


@pytest.mark.parametrize(
    ("path", "how"),
    [
        ("/send-code", {"json": {"phoneNumber": "0912345678", "message": OWN_TEXT}}),
        ("/send-code", {"json": {"phoneNumber": PHONE}}),
        ("/send-code", {"json": {"phoneNumber": PHONE, "message": "x" * 161}}),
        ("/send-code", {"json": {"phoneNumber": PHONE, "message": OWN_TEXT, "picture": "iVBORw0KGgo="}}),
        ("/send-code", {"json": [PHONE]}),
        ("/send-code", {"content": b"\xff"}),
        ("/validate-code", {"json": {"authenticationId": "x" * 37, "code": "123456"}}),
        ("/validate-code", {"json": {"authenticationId": "x", "code": 123456}}),
        ("/validate-code", {"json": {"authenticationId": "x" * 24, "code": "123456", "phoneNumber": PHONE}}),
    ],
    ids=range(9),
)
async def test_what_is_not_of_the_definition_is_refused(ask: Ask, path: str, how: dict[str, Any]) -> None:
    assert refused(await ask(path, **how)) == (400, "INVALID_ARGUMENT")


async def test_a_verification_that_nobody_began_is_not_found(ask: Ask) -> None:
    for verification in ("ea0840f3-3663-4149-bd10-c7c6b8912105", "A" * 24):
        answer = await ask("/validate-code", {"authenticationId": verification, "code": "123456"})
        assert refused(answer) == (404, "NOT_FOUND")


async def test_nobody_asks_without_a_key(ask: Ask) -> None:
    assert refused(await ask("/send-code", {"phoneNumber": PHONE, "message": OWN_TEXT}, key="x")) == (
        401,
        "UNAUTHENTICATED",
    )


@pytest.mark.parametrize(
    ("header", "caller"),
    [
        ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", ["4bf92f3577b34da6a3ce929d0e0e4736"]),
        ("caf\xe9", []),
    ],
)
async def test_a_call_belongs_to_what_its_caller_traces(
    ask: Ask, otp: Deployment, eventually: Any, header, caller
) -> None:
    unreachable = {"phoneNumber": "+842438251234", "message": OWN_TEXT}

    answer = await ask("/send-code", unreachable, headers={"traceparent": header.encode("latin-1")})

    def lines() -> list[dict[str, Any]]:
        return [line for line in map(json.loads, otp.log.read_text().splitlines()) if line["event"] == "rpc"]

    assert refused(answer) == (403, "PHONE_NUMBER_NOT_ALLOWED")
    await eventually(lines)
    assert [line["caller_trace_id"] for line in lines() if "caller_trace_id" in line] == caller


async def test_every_answer_repeats_the_correlator(ask: Ask) -> None:
    answer = await ask("/send-code", {}, headers={CORRELATOR: "b4333c46-49c0"})
    strange = await ask("/send-code", {}, headers={CORRELATOR: "a b"})

    assert answer.headers[CORRELATOR] == "b4333c46-49c0"
    assert strange.headers[CORRELATOR] != "a b"

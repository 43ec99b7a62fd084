"""The two requests of CAMARA one-time-password-sms 1.1: `send-code` and `validate-code`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import grpc
import orjson
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import Route

from xacthuc import posted
from xacthuc.api.otp.v1 import resources_pb2, service_pb2
from xacthuc.credentials.scopes import Scope
from xacthuc.grpckit.errors import Unauthenticated, Unavailable
from xacthuc.grpckit.rejection import details_of
from xacthuc.otp.camara import answers, templates
from xacthuc.otp.camara.answers import Refusal
from xacthuc.telemetry import traceparent

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from xacthuc.api.otp.v1.service_pb2_grpc import OtpServiceStub
    from xacthuc.credentials.directory import KeyDirectory
    from xacthuc.credentials.records import KeyRecord
    from xacthuc.otp.texts.texts import Texts

BASE: Final = "/one-time-password-sms/v1"
CORRELATOR: Final = "x-correlator"
_TRACEPARENT: Final = "traceparent"

# As the definition has them; the message is compared with the texts that are registered, which says more than a pattern.
_CORRELATOR: Final = re.compile(r"[a-zA-Z0-9\-_:;./<>{}]{0,256}")
_NUMBER: Final = re.compile(r"\+[1-9][0-9]{4,14}")
_LONGEST_ID, _LONGEST_CODE, _LONGEST_MESSAGE = 36, 10, 160

_CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{24}")
_CODE: Final = re.compile(r"[0-9]{6}")
SECONDS: Final = 5.0


async def _healthy(_request: Request) -> Response:
    """Asks no store: an outage would take every process out at once, and answers of its own kind say more."""
    return Response(status_code=204)


@dataclass(frozen=True, slots=True)
class Facade:
    """What stands between CAMARA and OtpService."""

    otp: OtpServiceStub
    keys: KeyDirectory
    texts: Texts

    def application(self) -> Starlette:
        """Returns the application."""
        return Starlette(
            routes=[
                Route("/healthz", _healthy, methods=["GET"]),
                Route(f"{BASE}/send-code", self._answering(self._send), methods=["POST"]),
                Route(f"{BASE}/validate-code", self._answering(self._validate), methods=["POST"]),
            ]
        )

    def _answering(self, work: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            try:
                response = await work(request)
            except Refusal as refused:
                response = _refused(refused)
            except grpc.aio.AioRpcError as error:
                response = _refused(answers.refusal(error.code(), error.details() or "", details_of(error)))
            except ClientDisconnect:
                return Response(status_code=400)  # which nobody will read
            correlator = request.headers.get(CORRELATOR, "")
            response.headers[CORRELATOR] = correlator if _CORRELATOR.fullmatch(correlator) else str(uuid4())
            return response

        return answer

    async def _send(self, request: Request) -> Response:
        key = self._platform(request)
        body = await _body(request, {"phoneNumber": None, "message": _LONGEST_MESSAGE})
        if _NUMBER.fullmatch(body["phoneNumber"]) is None:
            raise _invalid("phoneNumber: must be in E.164, with a + in front")
        found = templates.asked_for(self.texts, key.platform, self.keys.brand_of(key.platform), body["message"])
        if found is None:
            raise answers.NOT_REGISTERED
        purpose, language = found
        challenge = await self.otp.StartChallenge(
            service_pb2.StartChallengeRequest(
                phone_number=body["phoneNumber"],
                purpose=resources_pb2.Challenge.Purpose.Value(purpose),
                locale=language,
                channel=resources_pb2.Challenge.SMS,
                # CAMARA proves a number and knows no account: each verification is about itself.
                subject=f"accounts/camara-{uuid4().hex}",
                request_id=str(uuid4()),
            ),
            metadata=_passed_on(request),
            timeout=SECONDS,
        )
        return _json(200, {"authenticationId": challenge.name.removeprefix("challenges/")})

    async def _validate(self, request: Request) -> Response:
        self._platform(request)
        body = await _body(request, {"authenticationId": _LONGEST_ID, "code": _LONGEST_CODE})
        if _CHALLENGE.fullmatch(body["authenticationId"]) is None:
            raise answers.LOST
        if _CODE.fullmatch(body["code"]) is None:
            raise answers.WRONG
        checked = await self.otp.CheckCode(
            service_pb2.CheckCodeRequest(
                name=f"challenges/{body['authenticationId']}", code=body["code"], request_id=str(uuid4())
            ),
            metadata=_passed_on(request),
            timeout=SECONDS,
        )
        if checked.verdict != service_pb2.CheckCodeResponse.VERIFIED:
            raise answers.OF_VERDICT.get(checked.verdict, answers.OVER)
        return Response(status_code=204)

    def _platform(self, request: Request) -> KeyRecord:
        """Returns whose key came; what it says is checked once more by OtpService, which gets it too."""
        try:
            record = self.keys.authenticate(request.headers.get("authorization"))
        except Unauthenticated as error:
            raise Refusal(401, "UNAUTHENTICATED", error.message) from error
        except Unavailable as error:
            raise answers.DOWN from error
        if Scope.OTP not in record.scopes:
            raise answers.SCOPE
        return record


async def _body(request: Request, fields: dict[str, int | None]) -> dict[str, str]:
    """Returns the fields of a body, each a text of at most that length; any other field is refused (R11)."""
    raw = await posted.body_of(request)
    if raw is None:
        raise _invalid("the body is too large, or came too slowly")
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise _invalid("the body must be JSON") from error
    if not isinstance(body, dict):
        raise _invalid("the body must be a JSON object")
    if not body.keys() <= fields.keys():
        raise _invalid(f"the body holds {' and '.join(fields)} and nothing else")
    for name, longest in fields.items():
        value = body.get(name)
        if not isinstance(value, str) or (longest is not None and len(value) > longest):
            raise _invalid(f"{name}: must be a text" + (f" of at most {longest} characters" if longest else ""))
    return {name: body[name] for name in fields}


def _invalid(message: str) -> Refusal:
    return Refusal(400, "INVALID_ARGUMENT", message)


def _passed_on(request: Request) -> tuple[tuple[str, str], ...]:
    """The key, and the caller's step (W3C Trace Context), to which the trace of the call is linked."""
    key, step = request.headers["authorization"], request.headers.get(_TRACEPARENT, "")
    return (("authorization", key), *([(_TRACEPARENT, step)] if traceparent.parse(step) else []))


def _refused(refused: Refusal) -> Response:
    return _json(refused.status, {"status": refused.status, "code": refused.code, "message": refused.message})


def _json(status: int, body: dict[str, Any]) -> Response:
    return Response(orjson.dumps(body), status, media_type="application/json")

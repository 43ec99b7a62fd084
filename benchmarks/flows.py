"""The requests of one verification and of one decision, for as many people as asked for, and what their answers say."""

from __future__ import annotations

import time
import uuid
from itertools import cycle, islice
from typing import TYPE_CHECKING, Final

from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date

from xacthuc.api.identity.v1 import resources_pb2 as identity_resources_pb2
from xacthuc.api.identity.v1 import service_pb2 as identity_pb2
from xacthuc.api.otp.v1 import resources_pb2, service_pb2
from xacthuc.otp.domain import challenge_id
from xacthuc.otp.domain.code import Deriver
from xacthuc.sealing import KeyRing

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

_OTP: Final = "/xacthuc.api.otp.v1.OtpService"
START: Final = f"{_OTP}/StartChallenge"
CHECK: Final = f"{_OTP}/CheckCode"

_IDENTITY: Final = "/xacthuc.api.identity.v1.IdentityService"
REGISTER: Final = f"{_IDENTITY}/RegisterAccount"
VERIFY: Final = f"{_IDENTITY}/VerifyPhone"
ACTION: Final = f"{_IDENTITY}/CheckAction"
BATCH: Final = f"{_IDENTITY}/BatchCheckActions"
STANDING: Final = f"{_IDENTITY}/IssueStandingToken"
LOCK: Final = f"{_IDENTITY}/LockAccount"
UNLOCK: Final = f"{_IDENTITY}/UnlockAccount"

_ECHO: Final = "/benchmarks.Echo"
ECHO_CHECK: Final = f"{_ECHO}/CheckCode"
ECHO_ACTION: Final = f"{_ECHO}/CheckAction"
ECHO_BYTES: Final = f"{_ECHO}/Bytes"

_Verdict = service_pb2.CheckCodeResponse
_PREFIXES: Final = (
    "032", "033", "034", "035", "036", "037", "038", "039", "070", "076", "077", "078", "079", "081", "082", "083",
    "084", "085", "086", "088", "090", "091", "093", "094", "096", "097", "098",
)  # fmt: skip
"""Ranges that are given out for certain."""
_SUBSCRIBERS: Final = 10**7
_STRIDE: Final = 7_368_787
"""Coprime to 10**7, so that numbers do not repeat; neighbours in time are strangers in the plan, as in life."""


class UnexpectedAnswerError(Exception):
    """A server answered something else than what the benchmark set out to measure."""


def number(person: int) -> str:
    """Returns the mobile number of a person, another one for each of the first 270 million."""
    prefix = _PREFIXES[person % len(_PREFIXES)]
    return f"{prefix}{person // len(_PREFIXES) * _STRIDE % _SUBSCRIBERS:07d}"


def account(person: int) -> str:
    """Returns the account a person opened."""
    return f"accounts/member-{person}"


def starts(people: Iterable[int]) -> list[bytes]:
    """Returns a StartChallenge for each person, who is at a device and an address of their own."""
    return [
        service_pb2.StartChallengeRequest(
            phone_number=number(person),
            purpose=resources_pb2.Challenge.ACCOUNT_VERIFICATION,
            subject=account(person),
            client=resources_pb2.Client(
                ip=f"113.{160 + (person >> 16) % 16}.{person >> 8 & 255}.{person & 255}", device_id=f"device-{person}"
            ),
            request_id=str(uuid.uuid4()),
        ).SerializeToString()
        for person in people
    ]


def started(answers: Iterable[bytes]) -> list[str]:
    """Returns the names of the challenges that were created."""
    return [resources_pb2.Challenge.FromString(answer).name for answer in answers]


class Reader:
    """Reads the codes out of the messages: knows the key they are derived from, as the delivery worker does."""

    def __init__(self, code_keys: Path, platform: str) -> None:
        """`platform` is the one that the challenges belong to."""
        ring = KeyRing.read(code_keys)
        self._deriver = Deriver(ring.keys, ring.current)
        self._platform = platform

    def right(self, names: Iterable[str]) -> list[bytes]:
        """Returns a CheckCode for each challenge with the code that was sent."""
        return [_check(name, self.code(name)) for name in names]

    def wrong(self, names: Iterable[str]) -> list[bytes]:
        """Returns a CheckCode for each challenge with a code that was not sent."""
        return [_check(name, f"{(int(self.code(name)) + 1) % 10**6:06d}") for name in names]

    def code(self, name: str) -> str:
        """Returns the code of a challenge."""
        return self._deriver.code(challenge_id.parse(name.removeprefix("challenges/")), self._platform)


def _check(name: str, code: str) -> bytes:
    request = service_pb2.CheckCodeRequest(name=name, code=code, request_id=str(uuid.uuid4()))
    return request.SerializeToString()


def checked(answers: Sequence[bytes], *, right: bool) -> list[str]:
    """Returns the proof tokens of right codes, empty ones for wrong codes; UnexpectedAnswerError when a verdict is another."""
    responses = [service_pb2.CheckCodeResponse.FromString(answer) for answer in answers]
    verdict = _Verdict.VERIFIED if right else _Verdict.WRONG
    others = sum(response.verdict != verdict for response in responses)
    if others:
        raise UnexpectedAnswerError(f"{others} of {len(responses)} checks were not {_Verdict.Verdict.Name(verdict)}")
    return [response.proof_token for response in responses]


def registrations(people: Iterable[int]) -> list[bytes]:
    """Returns a RegisterAccount for each person, an adult."""
    agreed = Timestamp(seconds=int(time.time()) - 60)
    return [
        identity_pb2.RegisterAccountRequest(
            account_id=account(person).removeprefix("accounts/"),
            full_name=f"Nguyễn Văn {person}",
            birth_date=Date(year=1990, month=1 + person % 12, day=1 + person % 28),
            consent=identity_pb2.Consent(text_version="2026-11", accept_time=agreed, affirmed=True),
            request_id=str(uuid.uuid4()),
        ).SerializeToString()
        for person in people
    ]


def proofs(people: Iterable[int], tokens: Iterable[str]) -> list[bytes]:
    """Returns a VerifyPhone for each person with the proof of their number."""
    return [
        identity_pb2.VerifyPhoneRequest(
            name=account(person), proof_token=token, request_id=str(uuid.uuid4())
        ).SerializeToString()
        for person, token in zip(people, tokens, strict=True)
    ]


def posts(people: Iterable[int]) -> list[bytes]:
    """Returns a CheckAction for each person, who wants to post."""
    return [
        identity_pb2.CheckActionRequest(name=account(person), action=identity_resources_pb2.POST).SerializeToString()
        for person in people
    ]


def decided(answers: Iterable[bytes], *, allowed: bool) -> None:
    """UnexpectedAnswerError unless every decision is as it should be."""
    others = sum(identity_resources_pb2.Decision.FromString(answer).allowed is not allowed for answer in answers)
    if others:
        raise UnexpectedAnswerError(f"{others} decisions were not {'allowed' if allowed else 'refused'}")


def allowed(answer: bytes) -> bool:
    """Returns what a CheckAction decided."""
    return identity_resources_pb2.Decision.FromString(answer).allowed


def batches(names: Sequence[str], size: int, number: int) -> list[bytes]:
    """Returns so many batches of that size, of all accounts in turn and all actions that are gated."""
    gated = [action for action in identity_resources_pb2.Action.values() if action > identity_resources_pb2.READ]
    asked = zip(cycle(names), cycle(gated), strict=False)
    return [
        identity_pb2.BatchCheckActionsRequest(
            checks=[identity_pb2.CheckActionRequest(name=name, action=action) for name, action in islice(asked, size)]
        ).SerializeToString()
        for _ in range(number)
    ]


def batch_decided(answers: Iterable[bytes], size: int) -> None:
    """UnexpectedAnswerError unless every batch was decided whole."""
    if any(len(identity_pb2.BatchCheckActionsResponse.FromString(answer).decisions) != size for answer in answers):
        raise UnexpectedAnswerError("a batch was not decided whole")


def standings(people: Iterable[int]) -> list[bytes]:
    """Returns an IssueStandingToken for each person."""
    return [identity_pb2.IssueStandingTokenRequest(name=account(person)).SerializeToString() for person in people]


def standing_issued(answers: Iterable[bytes]) -> None:
    """UnexpectedAnswerError unless every answer holds a token."""
    if not all(identity_resources_pb2.StandingToken.FromString(answer).token for answer in answers):
        raise UnexpectedAnswerError("a verified account got no standing token")


def locks(people: Iterable[int]) -> list[bytes]:
    """Returns a LockAccount for each person."""
    return [
        identity_pb2.LockAccountRequest(
            name=account(person), basis="benchmark", request_id=str(uuid.uuid4())
        ).SerializeToString()
        for person in people
    ]


def unlocks(people: Iterable[int]) -> list[bytes]:
    """Returns an UnlockAccount for each person."""
    return [
        identity_pb2.UnlockAccountRequest(
            name=account(person), basis="benchmark", request_id=str(uuid.uuid4())
        ).SerializeToString()
        for person in people
    ]

"""What tests of the one-time-code service hold in their hands: platforms that call it, and its insides."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
from google.rpc import error_details_pb2, status_pb2

from xacthuc.api.otp.v1 import (
    admin_pb2_grpc,
    internal_pb2,
    internal_pb2_grpc,
    resources_pb2,
    service_pb2,
    service_pb2_grpc,
)
from xacthuc.clock import FixedClock
from xacthuc.otp.domain import challenge_id
from xacthuc.otp.domain.code import Deriver
from xacthuc.ratelimit.limiter import Limiter
from xacthuc.telemetry.metrics import Metrics
from xacthuc.valkey import Store

Challenge = resources_pb2.Challenge
NUMBER = "0912345678"


class Refused(Exception):
    """A call that ended with a status; what a client reads out of it."""

    def __init__(self, error: grpc.aio.AioRpcError) -> None:
        super().__init__(error.code(), error.details())
        self.code = error.code()
        self.message = error.details()
        trailers = dict(error.trailing_metadata() or ())
        self.status = status_pb2.Status.FromString(trailers.get("grpc-status-details-bin", b""))

    def _detail(self, kind: Any) -> Any:
        for packed in self.status.details:
            if packed.Is(kind.DESCRIPTOR):
                detail = kind()
                packed.Unpack(detail)
                return detail
        return None

    @property
    def reason(self) -> str:
        return self._detail(error_details_pb2.ErrorInfo).reason

    @property
    def metadata(self) -> dict[str, str]:
        return dict(self._detail(error_details_pb2.ErrorInfo).metadata)

    @property
    def retry_seconds(self) -> float | None:
        retry = self._detail(error_details_pb2.RetryInfo)
        return None if retry is None else retry.retry_delay.ToTimedelta().total_seconds()

    @property
    def fields(self) -> list[str]:
        request = self._detail(error_details_pb2.BadRequest)
        return [] if request is None else [violation.field for violation in request.field_violations]


async def answer(call: Any) -> Any:
    """Awaits a call and turns a status into `Refused`."""
    try:
        return await call
    except grpc.aio.AioRpcError as error:
        raise Refused(error) from None


@dataclass
class Platform:
    """What one platform calls with."""

    stub: service_pb2_grpc.OtpServiceAsyncStub
    key: str

    @property
    def metadata(self) -> tuple[tuple[str, str], ...]:
        return (("authorization", f"Bearer {self.key}"),)

    async def start(self, number: str = NUMBER, **fields: Any) -> Any:
        fields = {
            "phone_number": number,
            "purpose": Challenge.ACCOUNT_VERIFICATION,
            "subject": "accounts/lan",
            "request_id": str(uuid.uuid4()),
            **fields,
        }
        return await self.call("StartChallenge", service_pb2.StartChallengeRequest(**fields))

    async def check(self, name: str, code: str, request_id: str = "") -> Any:
        request = service_pb2.CheckCodeRequest(name=name, code=code, request_id=request_id or str(uuid.uuid4()))
        return await self.call("CheckCode", request)

    async def resend(self, name: str, request_id: str = "", channel: int = 0) -> Any:
        request = service_pb2.ResendCodeRequest(name=name, channel=channel, request_id=request_id or str(uuid.uuid4()))
        return await self.call("ResendCode", request)

    async def check_network(self, name: str, token: str, operator: str = "viettel", request_id: str = "") -> Any:
        request = service_pb2.CheckNetworkRequest(
            name=name, operator=operator, network_token=token, request_id=request_id or str(uuid.uuid4())
        )
        return await self.call("CheckNetwork", request)

    async def get(self, name: str) -> Any:
        return await self.call("GetChallenge", service_pb2.GetChallengeRequest(name=name))

    async def cancel(self, name: str) -> Any:
        return await self.call(
            "CancelChallenge", service_pb2.CancelChallengeRequest(name=name, request_id=str(uuid.uuid4()))
        )

    async def report(self, number: str, code: str, request_id: str = "", **fields: Any) -> Any:
        request = service_pb2.ReportUnrequestedRequest(
            phone_number=number, code=code, request_id=request_id or str(uuid.uuid4()), **fields
        )
        return await self.call("ReportUnrequested", request)

    async def call(self, method: str, request: Any) -> Any:
        return await answer(getattr(self.stub, method)(request, metadata=self.metadata, timeout=10))


@dataclass
class Deployment:
    """One running service and what a test may want to look at or turn."""

    clock: FixedClock
    store: Store
    limiter: Limiter
    forum: Platform
    video: Platform
    internal: internal_pb2_grpc.OtpInternalAsyncStub
    backfill: internal_pb2_grpc.OtpInternalAsyncStub
    admin: admin_pb2_grpc.OtpAdminAsyncStub
    deriver: Deriver
    log: Path
    metrics: Metrics
    address: str
    """Of the public port."""
    internal_address: str
    channels: dict[str, grpc.aio.Channel]
    """To the internal port, by the service whose certificate they present."""
    notice_templates: frozenset[str]

    async def redeem(self, token: str, *, platform: str = "forum", request_id: str = "", **expected: Any) -> Any:
        """Redeems a proof as identity does, by default for the account and purpose that `start` uses."""
        expected = {"subject": "accounts/lan", "purposes": [Challenge.ACCOUNT_VERIFICATION], **expected}
        request = internal_pb2.RedeemProofRequest(
            proof_token=token, request_id=request_id or str(uuid.uuid4()), **expected
        )
        return await answer(self.internal.RedeemProof(request, metadata=(("x-xacthuc-platform", platform),)))

    def peer_call(self, peer: str, method: str, request: Any) -> Any:
        """Calls an internal method as another service."""
        call = self.channels[peer].unary_unary(
            f"/xacthuc.api.otp.v1.{method}", request_serializer=type(request).SerializeToString
        )
        return call(request, timeout=5)

    def code(self, name: str, platform: str = "forum") -> str:
        """The code of a challenge, as its recipient would read it."""
        return self.deriver.code(challenge_id.parse(name.removeprefix("challenges/")), platform)

    def wrong(self, name: str, platform: str = "forum") -> str:
        """A code that is not it."""
        return f"{(int(self.code(name, platform)) + 1) % 10**6:06d}"

"""The identity service as it is deployed: a process of its own, real certificates, and a peer in otp's place."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NoReturn
from uuid import uuid4

import grpc
import grpc.aio
from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc import error_details_pb2, status_pb2
from google.type import date_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc

from xacthuc.api.identity.v1 import admin_pb2, admin_pb2_grpc, resources_pb2, service_pb2, service_pb2_grpc
from xacthuc.api.otp.v1 import internal_pb2, internal_pb2_grpc
from xacthuc.api.otp.v1 import resources_pb2 as otp_pb2
from xacthuc.grpckit.errors import FailedPrecondition, FieldFault, InvalidRequest, XacthucError
from xacthuc.grpckit.reasons import Reason
from xacthuc.grpckit.rejection import details_of
from xacthuc.grpckit.status import DETAILS_KEY, serialize
from xacthuc.grpckit.tls import TlsFiles
from xacthuc.identity import migrate
from xacthuc.ids import encode, random_bytes
from xacthuc.up import certificates, keys

Purpose = otp_pb2.Challenge.Purpose


class OtpPeer(internal_pb2_grpc.OtpInternalServicer):
    """Redeems proofs as the contract says; may be told to hold its answer back."""

    def __init__(self, address: str, tls: Path) -> None:
        self._proofs: dict[str, internal_pb2.Proof] = {}
        self._redeemed: dict[str, str] = {}
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.asked = threading.Event()
        self._server = grpc.server(ThreadPoolExecutor(32))
        internal_pb2_grpc.add_OtpInternalServicer_to_server(self, self._server)
        self._server.add_secure_port(address, TlsFiles(tls, "otp").server_credentials())
        self._server.start()

    def prove(
        self,
        number: str,
        account: str,
        purpose: Purpose = Purpose.ACCOUNT_VERIFICATION,
        ago: timedelta = timedelta(0),
    ) -> str:
        """Returns a token for a proof that a right code would have made some time ago."""
        token = f"{encode(random_bytes(18))}.{encode(random_bytes(32))}"
        verified = Timestamp()
        verified.FromDatetime(datetime.now(UTC) - ago)
        self._proofs[token] = internal_pb2.Proof(
            proof_id=uuid4().hex,
            phone_number=number,
            purpose=purpose,
            subject=f"accounts/{account}",
            verify_time=verified,
            channel=otp_pb2.Challenge.SMS,
        )
        return token

    def forget_redemptions(self) -> None:
        """What a fail-over of the store within its replication lag amounts to."""
        self._redeemed.clear()

    def RedeemProof(self, request, context):  # noqa: N802 - the contract's name
        self.asked.set()
        self.may_answer.wait(timeout=30)
        proof = self._proofs[request.proof_token]
        if proof.subject != request.subject or proof.purpose not in request.purposes:
            self._refuse(context, InvalidRequest(FieldFault("proof_token", "other", "X"), reason=Reason.PROOF_INVALID))
        if self._redeemed.setdefault(request.proof_token, request.request_id) != request.request_id:
            self._refuse(context, FailedPrecondition(Reason.PROOF_REDEEMED, "used"))
        return proof

    def _refuse(self, context, error: XacthucError) -> NoReturn:
        context.set_trailing_metadata(((DETAILS_KEY, serialize(error, trace_id="0" * 32)),))
        context.abort(error.status, error.message)

    def stop(self) -> None:
        self.may_answer.set()
        self._server.stop(None).wait()


class Deployment:
    """One identity process and what it needs, in one directory."""

    def __init__(self, directory: Path, database_url: str, store_url: str) -> None:
        self.tls, self.keys = directory / "tls", directory / "keys"
        self.public, self.internal = (f"unix:{directory}/{name}.sock" for name in ("public", "internal"))
        for made in (self.tls, self.keys):
            made.mkdir()
        certificates.ensure(self.tls, datetime.now(UTC))
        keys.make_missing(self.keys)
        blind_index = self.keys / "blind-index.key"
        if not blind_index.exists():
            blind_index.write_text(encode(random_bytes(32)))
        self.log = directory / "log"
        self.otp = OtpPeer(f"unix:{directory}/otp.sock", self.tls)
        self.environment = {
            **os.environ,
            "XACTHUC_ENVIRONMENT": "development",
            "XACTHUC_DATABASE_URL": database_url,
            "XACTHUC_STATE_URL": store_url,
            "XACTHUC_PUBLIC_ADDRESS": self.public,
            "XACTHUC_INTERNAL_ADDRESS": self.internal,
            "XACTHUC_OTP_ADDRESS": f"unix:{directory}/otp.sock",
            "XACTHUC_TLS_DIRECTORY": str(self.tls),
            "XACTHUC_KEYS_DIRECTORY": str(self.keys),
            "XACTHUC_DRAIN_SECONDS": "2",
        }
        migrate.main(database_url)
        self.process: subprocess.Popen[bytes] | None = None

    def launch(self) -> None:
        """Starts the process without waiting for it."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "xacthuc.identity.main"], env=self.environment, stdout=log, stderr=log
            )

    def start(self) -> None:
        """Starts the process and returns when it serves."""
        self.launch()
        give_up = time.monotonic() + 30
        while not self._serves():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < give_up, self.log.read_text()
            time.sleep(0.02)

    def kill(self) -> None:
        """Ends the process as `kill -9` does."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """Drains the process; returns its exit status."""
        return self._end(signal.SIGTERM)

    def close(self) -> None:
        """Ends everything."""
        if self.process is not None and self.process.poll() is None:
            self.kill()
        self.otp.stop()

    def _end(self, number: signal.Signals) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        status = self.process.wait(timeout=20)
        self.process = None
        return status

    def _serves(self) -> bool:
        with grpc.insecure_channel(self.public) as channel:
            try:
                answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=1)
            except grpc.RpcError:
                return False
        return answer.status == health_pb2.HealthCheckResponse.SERVING


class Api:
    """The service as a platform and an operator call it, within one event loop."""

    def __init__(self, deployment: Deployment) -> None:
        options = [("grpc.ssl_target_name_override", "identity"), ("grpc.initial_reconnect_backoff_ms", 50)]
        cli = TlsFiles(deployment.tls, "cli").channel_credentials()
        self.otp = deployment.otp
        self._public = grpc.aio.insecure_channel(deployment.public, options=options[1:])
        self._internal = grpc.aio.secure_channel(deployment.internal, cli, options=options)
        self.service = service_pb2_grpc.IdentityServiceStub(self._public)
        self.admin = admin_pb2_grpc.IdentityAdminStub(self._internal)

    async def new_platform(self) -> str:
        """Creates a platform; returns its id."""
        platform = f"p{uuid4().hex[:12]}"
        await self.admin.CreatePlatform(
            admin_pb2.CreatePlatformRequest(platform_id=platform, display_name="Test", request_id=str(uuid4()))
        )
        return platform

    async def new_key(self, platform: str, *scopes: int) -> admin_pb2.CreatePlatformKeyResponse:
        """Creates a key, for everything of identity unless told otherwise."""
        return await self.admin.CreatePlatformKey(
            admin_pb2.CreatePlatformKeyRequest(
                parent=f"platforms/{platform}",
                scopes=scopes or [admin_pb2.PlatformKey.IDENTITY],
                request_id=str(uuid4()),
            )
        )

    async def close(self) -> None:
        await self._public.close()
        await self._internal.close()


class Platform:
    """A platform of one test, with a key that every server knows already."""

    def __init__(self, api: Api, name: str, key: admin_pb2.CreatePlatformKeyResponse) -> None:
        self.api, self.name = api, name
        self.key_name, self.metadata = key.key.name, bearer(key.secret)

    @classmethod
    async def create(cls, api: Api) -> Platform:
        name = await api.new_platform()
        made = cls(api, name, await api.new_key(name))
        await made.until_known()
        return made

    async def until_known(self) -> None:
        """Servers hear of a key within a second (they ask twice in that time)."""
        give_up = time.monotonic() + 10
        while True:
            try:
                await self.get("nobody")
            except grpc.aio.AioRpcError as error:
                if error.code() is grpc.StatusCode.NOT_FOUND:
                    return
                if time.monotonic() > give_up:
                    raise
                await asyncio.sleep(0.01)

    def registration(self, account: str, born: tuple[int, int, int] = (1990, 1, 2), **fields):
        accepted = Timestamp()
        accepted.FromDatetime(datetime.now(UTC))
        whole = {
            "account_id": account,
            "full_name": "Nguyễn Văn A",
            "birth_date": date_pb2.Date(year=born[0], month=born[1], day=born[2]),
            "consent": service_pb2.Consent(text_version="1", accept_time=accepted, affirmed=True),
            "request_id": str(uuid4()),
        }
        return service_pb2.RegisterAccountRequest(**{**whole, **fields})

    async def register(self, account: str, born: tuple[int, int, int] = (1990, 1, 2)):
        return await self.send("RegisterAccount", self.registration(account, born))

    async def verify(self, account: str, token: str, request_id: str = ""):
        return await self.send(
            "VerifyPhone",
            service_pb2.VerifyPhoneRequest(
                name=f"accounts/{account}", proof_token=token, request_id=request_id or str(uuid4())
            ),
        )

    async def get(self, account: str):
        return await self.send("GetAccount", service_pb2.GetAccountRequest(name=f"accounts/{account}"))

    async def check(self, account: str, action: int = resources_pb2.POST):
        return await self.send("CheckAction", service_pb2.CheckActionRequest(name=f"accounts/{account}", action=action))

    async def send(self, method: str, request):
        return await getattr(self.api.service, method)(request, metadata=self.metadata, timeout=10)


def bearer(secret: str) -> tuple[tuple[str, str], ...]:
    """Returns the metadata a platform sends."""
    return (("authorization", f"Bearer {secret}"),)


def reason_of(error: grpc.aio.AioRpcError) -> Reason | None:
    """Returns the machine-readable reason of a refused call."""
    return details_of(error).reason


def faults_of(error: grpc.aio.AioRpcError) -> set[str]:
    """Returns the fields a refused call names."""
    status = status_pb2.Status.FromString(dict(error.trailing_metadata())[DETAILS_KEY])
    bad = error_details_pb2.BadRequest()
    return {fault.field for detail in status.details if detail.Unpack(bad) for fault in bad.field_violations}

"""What tests of the identity service hold in their hands: the service as platforms and operators call it.

Fixtures `api` and `platform` ask for a `deployment`, which each folder provides: shared where it is only called, a
test's own where it is killed.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable
from copy import copy
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import grpc
import grpc.aio
import pytest
from contracts import methods
from google.protobuf import message_factory
from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc import error_details_pb2, status_pb2
from google.type import date_pb2
from identity_process import IdentityProcess

from xacthuc.api.identity.v1 import (
    admin_pb2,
    admin_pb2_grpc,
    audit_admin_pb2_grpc,
    duty_admin_pb2_grpc,
    internal_pb2_grpc,
    lock_admin_pb2_grpc,
    reconciliation_admin_pb2_grpc,
    resources_pb2,
    retention_admin_pb2_grpc,
    service_pb2,
    service_pb2_grpc,
)
from xacthuc.grpckit.reasons import Reason
from xacthuc.grpckit.rejection import details_of
from xacthuc.grpckit.status import DETAILS_KEY
from xacthuc.grpckit.tls import TlsFiles

NUMBER = "+84912345678"
_CALL_SECONDS = 10


class Api:
    """The service as a platform and an operator call it, within one event loop."""

    def __init__(self, deployment: IdentityProcess) -> None:
        patience = ("grpc.initial_reconnect_backoff_ms", 50)
        cli = TlsFiles(deployment.tls, "cli").channel_credentials()
        self.otp = deployment.otp
        self._public = grpc.aio.insecure_channel(deployment.public, options=[patience])
        self._internal = grpc.aio.secure_channel(
            deployment.internal, cli, options=[("grpc.ssl_target_name_override", "identity"), patience]
        )
        self.service = service_pb2_grpc.IdentityServiceStub(self._public)
        self.admin = admin_pb2_grpc.IdentityAdminStub(self._internal)
        self.retention = retention_admin_pb2_grpc.RetentionAdminStub(self._internal)
        self.duties = duty_admin_pb2_grpc.DutyAdminStub(self._internal)
        self.reconciliation = reconciliation_admin_pb2_grpc.ReconciliationAdminStub(self._internal)
        self.locks = lock_admin_pb2_grpc.LockAdminStub(self._internal)
        self.audit = audit_admin_pb2_grpc.AuditAdminStub(self._internal)
        guardian = TlsFiles(deployment.tls, "guardian").channel_credentials()
        self._guardian = grpc.aio.secure_channel(
            deployment.internal, guardian, options=[("grpc.ssl_target_name_override", "identity"), patience]
        )
        self.guardian = internal_pb2_grpc.IdentityInternalStub(self._guardian)

    async def new_platform(self) -> str:
        """Creates a platform; returns its id."""
        platform = f"p{uuid4().hex[:12]}"
        await self.admin.CreatePlatform(
            admin_pb2.CreatePlatformRequest(platform_id=platform, display_name="Test", request_id=str(uuid4()))
        )
        return platform

    async def new_key(
        self, platform: str, *scopes: admin_pb2.PlatformKey.Scope.ValueType
    ) -> admin_pb2.CreatePlatformKeyResponse:
        """Creates a key, for everything of identity unless told otherwise."""
        return await self.admin.CreatePlatformKey(
            admin_pb2.CreatePlatformKeyRequest(
                parent=f"platforms/{platform}",
                scopes=scopes or [admin_pb2.PlatformKey.IDENTITY],
                request_id=str(uuid4()),
            )
        )

    async def call(self, name: str, /, **fields: Any) -> Any:
        """Calls an administrative method by its name, `LockAdmin/ListLocks`."""
        path = f"xacthuc.api.identity.v1.{name}"
        (method,) = [each for each in methods() if each.full_name == path.replace("/", ".")]
        request, answer = (message_factory.GetMessageClass(of) for of in (method.input_type, method.output_type))
        return await self._internal.unary_unary(
            f"/{path}", request_serializer=request.SerializeToString, response_deserializer=answer.FromString
        )(request(**fields))

    async def close(self) -> None:
        for channel in (self._public, self._internal, self._guardian):
            await channel.close()


class Platform:
    """A platform of one test, with a key that every server knows already."""

    def __init__(self, api: Api, name: str, key: admin_pb2.CreatePlatformKeyResponse) -> None:
        self._service, self.name, self.key_name = api.service, name, key.key.name
        self._metadata = (("authorization", f"Bearer {key.secret}"),)

    @property
    def metadata(self) -> tuple[tuple[str, str], ...]:
        return self._metadata

    @classmethod
    async def create(cls, api: Api) -> Platform:
        name = await api.new_platform()
        made = cls(api, name, await api.new_key(name))
        await made.until_known()
        return made

    def over(self, api: Api) -> Platform:
        """Returns the same platform as it calls another process."""
        other = copy(self)
        other._service = api.service
        return other

    async def until_known(self) -> None:
        """Servers hear of a key within a second (they ask twice in that time)."""
        give_up = time.monotonic() + 60
        while True:
            try:
                await self.get("nobody")
            except grpc.aio.AioRpcError as error:
                if error.code() is grpc.StatusCode.NOT_FOUND:
                    return
                if time.monotonic() > give_up:
                    raise
                await asyncio.sleep(0.01)

    def registration(
        self, account: str, born: tuple[int, int, int] = (1990, 1, 2), **fields: Any
    ) -> service_pb2.RegisterAccountRequest:
        """Returns a registration nothing is wrong with, but for the fields given."""
        accepted = Timestamp()
        accepted.FromDatetime(datetime.now(UTC))
        whole = {
            "account_id": account,
            "full_name": f"Nguyễn Văn {account}",
            "birth_date": date_pb2.Date(year=born[0], month=born[1], day=born[2]),
            "consent": service_pb2.Consent(text_version="1", accept_time=accepted, affirmed=True),
            "request_id": str(uuid4()),
        }
        return service_pb2.RegisterAccountRequest(**{**whole, **fields})

    async def submit(self, registration: service_pb2.RegisterAccountRequest) -> resources_pb2.Account:
        return await self._service.RegisterAccount(registration, metadata=self._metadata, timeout=_CALL_SECONDS)

    async def register(self, account: str, born: tuple[int, int, int] = (1990, 1, 2)) -> resources_pb2.Account:
        return await self.submit(self.registration(account, born))

    async def verify(self, account: str, token: str, request_id: str = "") -> resources_pb2.Account:
        request = service_pb2.VerifyPhoneRequest(
            name=f"accounts/{account}", proof_token=token, request_id=request_id or str(uuid4())
        )
        return await self._service.VerifyPhone(request, metadata=self._metadata, timeout=_CALL_SECONDS)

    async def change(self, account: str, token: str, request_id: str = "") -> resources_pb2.Account:
        request = service_pb2.ChangeNumberRequest(
            name=f"accounts/{account}", proof_token=token, request_id=request_id or str(uuid4())
        )
        return await self._service.ChangeNumber(request, metadata=self._metadata, timeout=_CALL_SECONDS)

    async def revoke(self, account: str, request_id: str = "", **fields: Any) -> resources_pb2.Account:
        whole = {
            "kinds": [resources_pb2.Evidence.PHONE],
            "reason": service_pb2.RevokeVerificationRequest.LOSS_REPORTED,
            "request_id": request_id or str(uuid4()),
        }
        request = service_pb2.RevokeVerificationRequest(name=f"accounts/{account}", **{**whole, **fields})
        return await self._service.RevokeVerification(request, metadata=self._metadata, timeout=_CALL_SECONDS)

    async def verify_personal_id(
        self, account: str, personal_id: str, request_id: str = "", *, commerce: bool = False, **fields: Any
    ) -> resources_pb2.PersonalIdVerification:
        request = service_pb2.VerifyPersonalIdRequest(
            name=f"accounts/{account}",
            personal_id=personal_id,
            request_id=request_id or str(uuid4()),
            **{**_reason(commerce=commerce), **fields},
        )
        return await self._service.VerifyPersonalId(request, metadata=self._metadata, timeout=_CALL_SECONDS)

    async def start_sign_in(
        self, account: str, redirect_uri: str, request_id: str = "", *, commerce: bool = False, **fields: Any
    ) -> service_pb2.StartElectronicIdResponse:
        request = service_pb2.StartElectronicIdRequest(
            name=f"accounts/{account}",
            redirect_uri=redirect_uri,
            request_id=request_id or str(uuid4()),
            **{**_reason(commerce=commerce), **fields},
        )
        return await self._service.StartElectronicId(request, metadata=self._metadata, timeout=_CALL_SECONDS)

    async def complete_sign_in(
        self, account: str, request_id: str = "", **redirect: str
    ) -> resources_pb2.PersonalIdVerification:
        """`redirect` is what the person came back with: state, code or error, iss."""
        request = service_pb2.CompleteElectronicIdRequest(
            name=f"accounts/{account}", request_id=request_id or str(uuid4()), **redirect
        )
        return await self._service.CompleteElectronicId(request, metadata=self._metadata, timeout=_CALL_SECONDS)

    async def get(self, account: str) -> resources_pb2.Account:
        request = service_pb2.GetAccountRequest(name=f"accounts/{account}")
        return await self._service.GetAccount(request, metadata=self._metadata, timeout=_CALL_SECONDS)

    async def ask(self, method: str, request: Any) -> Any:
        """Calls any method of the public service."""
        return await getattr(self._service, method)(request, metadata=self._metadata, timeout=_CALL_SECONDS)

    async def check(
        self, account: str, action: resources_pb2.Action.ValueType = resources_pb2.POST
    ) -> resources_pb2.Decision:
        request = service_pb2.CheckActionRequest(name=f"accounts/{account}", action=action)
        return await self._service.CheckAction(request, metadata=self._metadata, timeout=_CALL_SECONDS)


def no_mobile() -> service_pb2.NoMobile:
    """Returns a confirmation that was given just now."""
    confirmed = Timestamp()
    confirmed.FromDatetime(datetime.now(UTC))
    return service_pb2.NoMobile(confirmed=True, text_version="no-mobile-1", confirm_time=confirmed)


def _reason(*, commerce: bool) -> dict[str, Any]:
    return {"commerce": service_pb2.Commerce()} if commerce else {"no_mobile": no_mobile()}


async def refusal(call: Awaitable[object]) -> grpc.aio.AioRpcError:
    """Returns the error of a call that must not succeed."""
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await call
    return refused.value


def reason_of(error: grpc.aio.AioRpcError) -> Reason | None:
    """Returns the machine-readable reason of a refused call."""
    return details_of(error).reason


def faults_of(error: grpc.aio.AioRpcError) -> set[str]:
    """Returns the fields a refused call names."""
    status = status_pb2.Status.FromString(dict(error.trailing_metadata())[DETAILS_KEY])
    bad = error_details_pb2.BadRequest()
    return {fault.field for detail in status.details if detail.Unpack(bad) for fault in bad.field_violations}


@pytest.fixture
async def api(deployment: IdentityProcess) -> AsyncIterator[Api]:
    made = Api(deployment)
    yield made
    await made.close()


@pytest.fixture
async def platform(api: Api) -> Platform:
    return await Platform.create(api)

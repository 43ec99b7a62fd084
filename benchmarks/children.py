"""Children whom the verified people answer for, one each, as the guardian service tells identity of them."""

from __future__ import annotations

import asyncio
import time
import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import grpc
import grpc.aio
from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date
from google.type.timeofday_pb2 import TimeOfDay

from benchmarks import flows
from xacthuc.api.identity.v1 import internal_pb2, internal_pb2_grpc, resources_pb2, service_pb2
from xacthuc.grpckit.tls import TlsFiles
from xacthuc.policy.dates import VIETNAM_TIME
from xacthuc.up.adapters.identity_client import PLATFORM

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.rig import Rig

_AT_ONCE: Final = 8
_Guardianship = internal_pb2.Guardianship
_HALF_A_DAY: Final = timedelta(hours=12)


def registrations(children: Sequence[int]) -> list[bytes]:
    """Returns a RegisterAccount for each child, who is eight."""
    agreed, born = Timestamp(seconds=int(time.time()) - 60), Date(year=time.gmtime().tm_year - 9, month=1, day=1)
    return [
        service_pb2.RegisterAccountRequest(
            account_id=flows.account(child).removeprefix("accounts/"),
            full_name=f"Nguyễn Văn {child}",
            birth_date=born,
            consent=service_pb2.Consent(text_version="2026-11", accept_time=agreed, affirmed=True),
            request_id=str(uuid.uuid4()),
        ).SerializeToString()
        for child in children
    ]


async def entrust(rig: Rig, children: Sequence[int], guardians: Sequence[int]) -> None:
    """Has each guardian answer for the child at the same place, and allow everything outside quiet hours."""
    credentials = TlsFiles(rig.layout.tls, "guardian").channel_credentials()
    options = [("grpc.ssl_target_name_override", "identity")]
    room = asyncio.Semaphore(_AT_ONCE)
    async with grpc.aio.secure_channel(rig.ports.identity_internal, credentials, options=options) as channel:
        put = internal_pb2_grpc.IdentityInternalStub(channel).PutGuardianship

        async def one(child: int, guardian: int) -> None:
            async with room:
                await put(_request(child, guardian), metadata=(("x-xacthuc-platform", PLATFORM),))

        await asyncio.gather(*(one(child, guardian) for child, guardian in zip(children, guardians, strict=True)))


def _request(child: int, guardian: int) -> internal_pb2.PutGuardianshipRequest:
    since = Timestamp(seconds=int(time.time()) - 60)
    # Quiet hours are looked at in every decision, as families will have some: they are half a day away from now.
    quiet = TimeOfDay(hours=(datetime.now(VIETNAM_TIME) + _HALF_A_DAY).hour)
    allowed = [action for action in resources_pb2.Action.values() if action > resources_pb2.READ]
    return internal_pb2.PutGuardianshipRequest(
        guardianship=_Guardianship(
            child=flows.account(child),
            guardians=[
                _Guardianship.Guardian(
                    link=f"links/{child}",
                    account=flows.account(guardian),
                    relation=_Guardianship.MOTHER,
                    start_time=since,
                )
            ],
            supervision=_Guardianship.Supervision(
                allowed_actions=allowed,
                quiet_hours=_Guardianship.QuietHours(start=quiet, end=TimeOfDay(hours=quiet.hours, minutes=30)),
            ),
            version=1,
        ),
        request_id=str(uuid.uuid4()),
    )

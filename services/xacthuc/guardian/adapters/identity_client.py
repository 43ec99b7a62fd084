"""What identity says of children and guardians, over its internal port, within the time of the call that asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from google.type import date_pb2

from xacthuc.api.identity.v1 import internal_pb2, internal_pb2_grpc
from xacthuc.grpckit.reading import timestamp
from xacthuc.guardian.adapters.holders import read
from xacthuc.guardian.adapters.pushes import RELATIONS
from xacthuc.guardian.domain.disputes import DisputeCause
from xacthuc.guardian.ports.people import Check, Unfit

if TYPE_CHECKING:
    from collections.abc import Collection

    from xacthuc.clock import Clock
    from xacthuc.grpckit.call import Call
    from xacthuc.grpckit.channels import ServiceChannel
    from xacthuc.guardian.domain.life import Holder
    from xacthuc.guardian.domain.links import Link
    from xacthuc.guardian.ports.people import Newcomer

_Coincidence = internal_pb2.GuardianCheck.Coincidence
_PREFIX: Final = len("accounts/")


class IdentityClient:
    """The port `People`."""

    def __init__(self, identity: ServiceChannel, clock: Clock) -> None:
        """Takes the channel, which belongs to `assembly.py`."""
        self._identity = identity
        self._clock = clock
        stub = internal_pb2_grpc.IdentityInternalStub(identity.channel)
        self._get, self._register, self._check = stub.GetHolder, stub.RegisterGuardian, stub.CheckGuardian

    async def ward(self, account_id: str, call: Call) -> Holder:
        """Asks."""
        request = internal_pb2.GetHolderRequest(name=f"accounts/{account_id}")
        found = await self._identity.ask(self._get, request, call=call)
        return read(found)

    async def register(self, newcomer: Newcomer, request_id: str, call: Call) -> str:
        """Hands everything personal on; nothing of it stays here."""
        born, declaration, proof = newcomer.person.birth_date, newcomer.declaration, newcomer.proof
        request = internal_pb2.RegisterGuardianRequest(
            link=f"links/{newcomer.link}",
            account=f"accounts/{newcomer.account_id}" if newcomer.account_id else "",
            full_name=newcomer.person.full_name,
            birth_date=date_pb2.Date(year=born.year, month=born.month, day=born.day),
            text_version=declaration.text_version,
            accept_time=timestamp(declaration.accept_time),
            proof=internal_pb2.RegisterGuardianRequest.RedeemedProof(
                proof_id=proof.proof_id,
                phone_number=proof.number,
                verify_time=timestamp(proof.verify_time),
                channel=proof.channel,  # type: ignore[arg-type]  # an open enum: a newer value is handed on as it is
                device=proof.device,
            ),
            request_id=request_id,
        )
        registered = await self._identity.ask(self._register, request, call=call)
        return registered.name[_PREFIX:]

    async def check(self, link: Link, guardian_id: str, devices: Collection[str], call: Call) -> Check:
        """What a newer identity finds unfit is unfit; what it finds in common is for an officer."""
        request = internal_pb2.CheckGuardianRequest(
            child=f"accounts/{link.child_id}",
            guardian=internal_pb2.Guardianship.Guardian(
                link=f"links/{link.link}",
                account=f"accounts/{guardian_id}",
                relation=RELATIONS[link.relation],
                start_time=timestamp(self._clock.now()),
            ),
            child_devices=devices,
        )
        found = await self._identity.ask(self._check, request, call=call)
        suspicions = frozenset(
            DisputeCause.DEVICE_OF_CHILD if each == _Coincidence.DEVICE else DisputeCause.NUMBER_OF_CHILD
            for each in found.coincidences
        )
        return Check(_unfit(found.unfit), suspicions)


def _unfit(number: int) -> Unfit | None:
    if number == internal_pb2.GuardianCheck.UNFIT_UNSPECIFIED:
        return None
    value = internal_pb2.GuardianCheck.Unfit.DESCRIPTOR.values_by_number.get(number)
    return Unfit(value.name) if value is not None and value.name in Unfit.__members__ else Unfit.OTHER

"""Whose account stands on a number or a personal ID: what an authority asks, and a person who lost an account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xacthuc.grpckit.errors import FieldFault, InvalidRequest
from xacthuc.identity.ports.search import Sought
from xacthuc.identity.usecases.platforms import no_platform
from xacthuc.phone import Refusal

if TYPE_CHECKING:
    from xacthuc.audit.reading import Reader
    from xacthuc.identity.ports.search import Found
    from xacthuc.identity.usecases.identity import Identity


async def by_number(identity: Identity, reader: Reader, platform: str, text: str) -> list[Found]:
    """Looks for a number in any usual spelling; InvalidRequest when it is none."""
    number = identity.plan.parse(text)
    if isinstance(number, Refusal):
        raise InvalidRequest(FieldFault("phone_number", number.en, number.reason.value))
    return await _find(identity, reader, Sought(platform=platform, number=number.e164))


async def by_personal_id(identity: Identity, reader: Reader, platform: str, personal_id: str) -> list[Found]:
    """Looks for a personal ID."""
    return await _find(identity, reader, Sought(platform=platform, personal_id=personal_id))


async def _find(identity: Identity, reader: Reader, sought: Sought) -> list[Found]:
    found = await identity.search.find(sought, reader, identity.clock.now())
    if found is None:
        raise no_platform()
    return found

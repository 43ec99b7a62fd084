"""What operators do: platforms and their keys."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from xacthuc.credentials.key import PlatformKey
from xacthuc.credentials.records import KeyRecord, KeyState
from xacthuc.grpckit.errors import (
    AlreadyExists,
    FailedPrecondition,
    FieldFault,
    InvalidRequest,
    NotFound,
    XacthucError,
)
from xacthuc.grpckit.reasons import Reason
from xacthuc.identity.ports.platforms import KeyOutcome, Replacement
from xacthuc.ids import encode, random_bytes
from xacthuc.telemetry.logs import get_logger
from xacthuc.valkey.errors import StoreError

if TYPE_CHECKING:
    from datetime import datetime

    from xacthuc.credentials.scopes import Scope
    from xacthuc.identity.commands import CreateKey, Order, RotateKey
    from xacthuc.identity.ports.platforms import PlatformView, StoredKey
    from xacthuc.identity.usecases.identity import Identity

KEY_ID_BYTES: Final = 9
"""72 random bits in 12 characters: an id names a key in lists and logs, and opens nothing."""

DEFAULT_OVERLAP: Final = timedelta(hours=24)
"""How long a replaced key goes on: a day's deployments."""


@dataclass(frozen=True, slots=True)
class MadeKey:
    """A new key, with its secret for the one time it is shown."""

    key: StoredKey
    secret: str = field(repr=False)


async def create_platform(identity: Identity, order: Order, platform: str, display_name: str) -> PlatformView:
    """Creates a platform, unless no message could begin with its name."""
    if fault := identity.policy.brand_fault(display_name):
        raise InvalidRequest(
            FieldFault("display_name", f"cannot stand in front of messages: it {fault}", "DISPLAY_NAME_UNSENDABLE")
        )
    made = await identity.platforms.create(order, platform, display_name, identity.clock.now())
    if made is None:
        raise AlreadyExists(Reason.PLATFORM_ALREADY_EXISTS, "the platform id is taken; choose another")
    return made


async def list_platforms(identity: Identity, after: str, limit: int) -> tuple[list[PlatformView], str]:
    """Returns a page of platforms behind the id `after`, and what to ask the next page with; empty at the end."""
    found = await identity.platforms.page(after, limit + 1)
    return found[:limit], found[limit - 1].platform if len(found) > limit else ""


async def list_keys(identity: Identity, platform: str) -> list[StoredKey]:
    """Returns a platform's keys, newest first."""
    keys = await identity.platforms.keys(platform)
    if keys is None:
        raise no_platform()
    return keys


async def create_key(identity: Identity, command: CreateKey) -> MadeKey:
    """Makes a key and tells every server."""
    now = identity.clock.now()
    expire = None if command.ttl is None else now + command.ttl
    return await _make(identity, command.order, command.scopes, expire, None)


async def rotate_key(identity: Identity, command: RotateKey) -> MadeKey:
    """Makes a key that opens what another opened, and lets that one end."""
    keys = await list_keys(identity, command.order.platform)
    old = next((key for key in keys if key.record.key_id == command.key_id), None)
    if old is None or not old.is_active(identity.clock.now_ms()):
        raise _no_key()
    replaced = Replacement(command.key_id, identity.clock.now() + command.overlap)
    return await _make(identity, command.order, old.record.scopes, None, replaced)


async def revoke_key(identity: Identity, order: Order, key_id: str) -> StoredKey:
    """Revokes a key. Unavailable when servers could not be told: the key is revoked then, and repeating tells them."""
    key = await identity.platforms.revoke_key(order, key_id, identity.clock.now())
    if key is None:
        raise _no_key()
    await identity.publication.publish([key.record])
    return key


async def _make(
    identity: Identity,
    order: Order,
    scopes: frozenset[Scope],
    expire: datetime | None,
    replaces: Replacement | None,
) -> MadeKey:
    secret = PlatformKey.generate(identity.environment)
    record = KeyRecord(
        platform=order.platform,
        key_id=encode(random_bytes(KEY_ID_BYTES)),
        sha256=secret.sha256,
        scopes=scopes,
        state=KeyState.ACTIVE,
        expire_ms=None if expire is None else int(expire.timestamp() * 1000),
        version=1,
    )
    changed = await identity.platforms.add_key(order, record, replaces, identity.clock.now())
    if isinstance(changed, KeyOutcome):
        raise _not_added(changed)
    try:
        await identity.publication.publish([key.record for key in changed])
    except StoreError as error:
        # The secret is in this answer and nowhere else: it is given, and servers hear of the key when the store is back.
        get_logger().warning("key_not_published_yet", cause=type(error).__name__)
    return MadeKey(changed[0], secret.text)


def _not_added(outcome: KeyOutcome) -> XacthucError:
    if outcome is KeyOutcome.NO_PLATFORM:
        return no_platform()
    if outcome is KeyOutcome.NO_KEY:
        return _no_key()
    if outcome is KeyOutcome.TOO_MANY:
        return FailedPrecondition(Reason.TOO_MANY_KEYS, "the platform has two active keys; revoke one first")
    return AlreadyExists(
        Reason.KEY_ALREADY_EXISTS,
        "this request_id made a key, whose secret cannot be shown again; revoke that key and make another",
    )


def no_platform() -> NotFound:
    """Returns what is said of a platform that was never created."""
    """Says that a platform is not there."""
    return NotFound(Reason.PLATFORM_NOT_FOUND, "no such platform; `xacthuc platforms list` shows those there are")


def _no_key() -> NotFound:
    return NotFound(Reason.KEY_NOT_FOUND, "no such active key; `xacthuc keys list` shows those there are")

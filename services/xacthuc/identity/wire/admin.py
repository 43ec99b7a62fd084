"""Platforms and their keys, as operators ask for them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from xacthuc.api.identity.v1 import admin_pb2
from xacthuc.credentials.records import KeyState
from xacthuc.credentials.scopes import Scope
from xacthuc.identity.commands import CreateKey, Order, RotateKey
from xacthuc.identity.usecases.platforms import DEFAULT_OVERLAP
from xacthuc.identity.wire.common import order, timestamp

if TYPE_CHECKING:
    from xacthuc.grpckit.call import Call
    from xacthuc.identity.ports.platforms import PlatformView, StoredKey
    from xacthuc.identity.ports.search import Found
    from xacthuc.identity.usecases.platforms import MadeKey

_SCOPES: Final = {scope: admin_pb2.PlatformKey.Scope.Value(scope.value) for scope in Scope}
_SCOPES_READ: Final = {number: scope for scope, number in _SCOPES.items()}
_KEY_STATES: Final = {state: admin_pb2.PlatformKey.State.Value(state.value) for state in KeyState}
PLATFORM_PREFIX: Final = "platforms/"


def create_platform(request: admin_pb2.CreatePlatformRequest, call: Call) -> Order:
    """Reads who creates a platform; the platform does not exist yet, so ids are unique among all creations."""
    return order(request, call, "")


def create_key(request: admin_pb2.CreatePlatformKeyRequest, call: Call) -> CreateKey:
    """Reads a wish for a key."""
    return CreateKey(
        order=order(request, call, platform_of(request.parent)),
        scopes=frozenset(_SCOPES_READ[number] for number in request.scopes),
        ttl=request.ttl.ToTimedelta() if request.HasField("ttl") else None,
    )


def rotate_key(request: admin_pb2.RotatePlatformKeyRequest, call: Call) -> RotateKey:
    """Reads a wish to replace a key."""
    platform, key_id = key_of(request.name)
    return RotateKey(
        order=order(request, call, platform),
        key_id=key_id,
        overlap=request.overlap.ToTimedelta() if request.HasField("overlap") else DEFAULT_OVERLAP,
    )


def revoke_key(request: admin_pb2.RevokePlatformKeyRequest, call: Call) -> tuple[Order, str]:
    """Reads a wish to revoke a key."""
    platform, key_id = key_of(request.name)
    return order(request, call, platform), key_id


def searched_platform(request: admin_pb2.SearchAccountsRequest) -> str:
    """Returns the id of the platform to look on; empty for all."""
    return platform_of(request.parent).removeprefix("-")


def found_account(found: Found) -> admin_pb2.FoundAccount:
    """Renders an account that was looked for."""
    return admin_pb2.FoundAccount(
        platform=f"{PLATFORM_PREFIX}{found.platform}",
        account=f"accounts/{found.account_id}",
        verify_time=timestamp(found.verify_time),
    )


def platform_of(name: str) -> str:
    """Returns the id in `platforms/{platform}`."""
    return name[len(PLATFORM_PREFIX) :]


def key_of(name: str) -> tuple[str, str]:
    """Returns the ids in `platforms/{platform}/keys/{key}`."""
    _, platform, _, key_id = name.split("/")
    return platform, key_id


def platform(view: PlatformView) -> admin_pb2.Platform:
    """Renders a platform."""
    return admin_pb2.Platform(
        name=f"{PLATFORM_PREFIX}{view.platform}",
        display_name=view.display_name,
        create_time=timestamp(view.create_time),
    )


def key(stored: StoredKey) -> admin_pb2.PlatformKey:
    """Renders a key, without its hash."""
    record = stored.record
    return admin_pb2.PlatformKey(
        name=f"{PLATFORM_PREFIX}{record.platform}/keys/{record.key_id}",
        scopes=sorted(_SCOPES[scope] for scope in record.scopes),
        state=_KEY_STATES[record.state],
        create_time=timestamp(stored.create_time),
        expire_time=None
        if record.expire_ms is None
        else timestamp(datetime.fromtimestamp(record.expire_ms / 1000, UTC)),
    )


def made_key(made: MadeKey) -> admin_pb2.CreatePlatformKeyResponse:
    """Renders a new key with its secret."""
    return admin_pb2.CreatePlatformKeyResponse(key=key(made.key), secret=made.secret)

"""The calls of IdentityAdmin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from google.protobuf import duration_pb2

from xacthuc.api.identity.v1 import admin_pb2
from xacthuc.client.calls import Call
from xacthuc.ids import new_request_id

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from google.protobuf.message import Message

_SERVICE: Final = "xacthuc.api.identity.v1.IdentityAdmin"


def create_platform(platform_id: str, display_name: str) -> Call[Any]:
    """Creates a platform."""
    request = admin_pb2.CreatePlatformRequest(
        platform_id=platform_id, display_name=display_name, request_id=new_request_id()
    )
    return _call("CreatePlatform", request, admin_pb2.Platform)


def list_platforms(page_token: str) -> Call[Any]:
    """Returns one page of the platforms."""
    request = admin_pb2.ListPlatformsRequest(page_size=1000, page_token=page_token)
    return _call("ListPlatforms", request, admin_pb2.ListPlatformsResponse)


def create_key(platform: str, scopes: Sequence[str], ttl: timedelta | None) -> Call[Any]:
    """Creates a key; `scopes` are names of the contract."""
    numbers = [admin_pb2.PlatformKey.Scope.Value(scope) for scope in scopes]
    request = admin_pb2.CreatePlatformKeyRequest(
        parent=platform_name(platform), scopes=numbers, ttl=_duration(ttl), request_id=new_request_id()
    )
    return _call("CreatePlatformKey", request, admin_pb2.CreatePlatformKeyResponse)


def rotate_key(name: str, overlap: timedelta | None) -> Call[Any]:
    """Creates a key in place of another, which stays good for `overlap`, or a day."""
    request = admin_pb2.RotatePlatformKeyRequest(name=name, overlap=_duration(overlap), request_id=new_request_id())
    return _call("RotatePlatformKey", request, admin_pb2.CreatePlatformKeyResponse)


def revoke_key(name: str) -> Call[Any]:
    """Revokes a key."""
    request = admin_pb2.RevokePlatformKeyRequest(name=name, request_id=new_request_id())
    return _call("RevokePlatformKey", request, admin_pb2.PlatformKey)


def list_keys(platform: str) -> Call[Any]:
    """Returns the keys of a platform."""
    request = admin_pb2.ListPlatformKeysRequest(parent=platform_name(platform))
    return _call("ListPlatformKeys", request, admin_pb2.ListPlatformKeysResponse)


def search_accounts(platform: str, *, phone_number: str, personal_id: str) -> Call[Any]:
    """Returns the accounts of a number or a personal ID, on one platform or, when it is empty, on all."""
    request = admin_pb2.SearchAccountsRequest(parent=platform_name(platform or "-"))
    if phone_number:
        request.phone_number = phone_number
    else:
        request.personal_id = personal_id
    return _call("SearchAccounts", request, admin_pb2.SearchAccountsResponse)


def platform_name(platform: str) -> str:
    """Returns `platforms/{platform}` for an id or a name."""
    return platform if "/" in platform else f"platforms/{platform}"


def _duration(span: timedelta | None) -> duration_pb2.Duration | None:
    if span is None:
        return None
    duration = duration_pb2.Duration()
    duration.FromTimedelta(span)
    return duration


def _call(method: str, request: Message, answer: type[Message]) -> Call[Any]:
    return Call(_SERVICE, method, request, answer, lambda message: message)

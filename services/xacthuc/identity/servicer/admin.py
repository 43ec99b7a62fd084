"""Serves operators, on the internal port: platforms and their keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xacthuc.api.identity.v1 import admin_pb2
from xacthuc.audit import messages
from xacthuc.grpckit.pages import size_of
from xacthuc.identity.usecases import platforms, search
from xacthuc.identity.wire import admin

if TYPE_CHECKING:
    from xacthuc.grpckit.call import Call
    from xacthuc.identity.usecases.identity import Identity


class IdentityAdminServicer:
    """Serves operators, on the internal port."""

    def __init__(self, identity: Identity) -> None:
        """Takes what the verbs work with."""
        self._identity = identity

    async def CreatePlatform(self, request: admin_pb2.CreatePlatformRequest, call: Call) -> admin_pb2.Platform:
        order = admin.create_platform(request, call)
        made = await platforms.create_platform(self._identity, order, request.platform_id, request.display_name)
        return admin.platform(made)

    async def ListPlatforms(
        self, request: admin_pb2.ListPlatformsRequest, call: Call
    ) -> admin_pb2.ListPlatformsResponse:
        limit = size_of(request)
        page, token = await platforms.list_platforms(self._identity, request.page_token, limit)
        return admin_pb2.ListPlatformsResponse(
            platforms=[admin.platform(platform) for platform in page], next_page_token=token
        )

    async def CreatePlatformKey(
        self, request: admin_pb2.CreatePlatformKeyRequest, call: Call
    ) -> admin_pb2.CreatePlatformKeyResponse:
        return admin.made_key(await platforms.create_key(self._identity, admin.create_key(request, call)))

    async def RotatePlatformKey(
        self, request: admin_pb2.RotatePlatformKeyRequest, call: Call
    ) -> admin_pb2.CreatePlatformKeyResponse:
        return admin.made_key(await platforms.rotate_key(self._identity, admin.rotate_key(request, call)))

    async def RevokePlatformKey(self, request: admin_pb2.RevokePlatformKeyRequest, call: Call) -> admin_pb2.PlatformKey:
        order, key_id = admin.revoke_key(request, call)
        return admin.key(await platforms.revoke_key(self._identity, order, key_id))

    async def ListPlatformKeys(
        self, request: admin_pb2.ListPlatformKeysRequest, call: Call
    ) -> admin_pb2.ListPlatformKeysResponse:
        keys = await platforms.list_keys(self._identity, admin.platform_of(request.parent))
        return admin_pb2.ListPlatformKeysResponse(keys=[admin.key(key) for key in keys])

    async def SearchAccounts(
        self, request: admin_pb2.SearchAccountsRequest, call: Call
    ) -> admin_pb2.SearchAccountsResponse:
        platform, reader = admin.searched_platform(request), messages.reader(call)
        if request.HasField("phone_number"):
            found = await search.by_number(self._identity, reader, platform, request.phone_number)
        else:
            found = await search.by_personal_id(self._identity, reader, platform, request.personal_id)
        return admin_pb2.SearchAccountsResponse(accounts=map(admin.found_account, found))

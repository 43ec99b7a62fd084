"""Serves operators, on the internal port: requests of authorities, and what is released of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xacthuc.api.identity.v1 import release_admin_pb2 as pb2
from xacthuc.grpckit.pages import size_of
from xacthuc.identity.usecases import releases
from xacthuc.identity.wire import release_messages as wire
from xacthuc.identity.wire.common import order, spaced
from xacthuc.identity.wire.retention_messages import last_of, platform_of

if TYPE_CHECKING:
    from xacthuc.grpckit.call import Call
    from xacthuc.identity.domain.releases import Release
    from xacthuc.identity.usecases.identity import Identity


class ReleaseAdminServicer:
    """Serves operators, on the internal port."""

    def __init__(self, identity: Identity) -> None:
        """Takes what the verbs work with."""
        self._identity = identity

    async def RecordRelease(self, request: pb2.RecordReleaseRequest, call: Call) -> pb2.Release:
        asked = order(request, call, platform_of(request.parent))
        return self._seen(await releases.record(self._identity, asked, wire.demanded(request)))

    async def GetRelease(self, request: pb2.GetReleaseRequest, call: Call) -> pb2.Release:
        return self._seen(await releases.get(self._identity, platform_of(request.name), last_of(request.name)))

    async def ListReleases(self, request: pb2.ListReleasesRequest, call: Call) -> pb2.ListReleasesResponse:
        page, token = await releases.page(
            self._identity,
            platform_of(request.parent),
            request.page_token,
            size_of(request),
            open_only=request.open_only,
        )
        return pb2.ListReleasesResponse(releases=[self._seen(each) for each in page], next_page_token=token)

    async def CloseRelease(self, request: pb2.CloseReleaseRequest, call: Call) -> pb2.Release:
        asked = order(request, call, platform_of(request.name))
        return self._seen(await releases.close(self._identity, asked, last_of(request.name), spaced(request.reason)))

    async def FetchRelease(self, request: pb2.FetchReleaseRequest, call: Call) -> pb2.FetchReleaseResponse:
        asked = order(request, call, platform_of(request.name))
        handed = await releases.fetch(self._identity, asked, call.operator, last_of(request.name))
        return wire.handed(handed, self._identity.clock.now())

    def _seen(self, found: Release) -> pb2.Release:
        return wire.release(found, self._identity.clock.now())

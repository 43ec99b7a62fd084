"""Serves operators, on the internal port: work that was given up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from google.protobuf.empty_pb2 import Empty

from xacthuc.api.identity.v1 import job_admin_pb2 as pb2
from xacthuc.grpckit.pages import size_of
from xacthuc.identity.usecases import jobs
from xacthuc.identity.wire import job_messages as wire
from xacthuc.identity.wire.common import order
from xacthuc.identity.wire.retention_messages import last_of

if TYPE_CHECKING:
    from xacthuc.grpckit.call import Call
    from xacthuc.identity.usecases.identity import Identity


class JobAdminServicer:
    """Serves operators, on the internal port."""

    def __init__(self, identity: Identity) -> None:
        """Takes what the verbs work with."""
        self._identity = identity

    async def ListHeldJobs(self, request: pb2.ListHeldJobsRequest, call: Call) -> pb2.ListHeldJobsResponse:
        page, token = await jobs.list_held(self._identity, request.page_token, size_of(request))
        return pb2.ListHeldJobsResponse(held_jobs=map(wire.held_job, page), next_page_token=token)

    async def RetryHeldJob(self, request: pb2.RetryHeldJobRequest, call: Call) -> Empty:
        await jobs.retry(self._identity, order(request, call, ""), int(last_of(request.name)))
        return Empty()

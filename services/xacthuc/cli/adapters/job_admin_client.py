"""The calls of JobAdmin."""

from __future__ import annotations

from typing import Any, Final

from google.protobuf.empty_pb2 import Empty

from xacthuc.api.identity.v1 import job_admin_pb2
from xacthuc.client.calls import Call
from xacthuc.ids import new_request_id

_SERVICE: Final = "xacthuc.api.identity.v1.JobAdmin"
_PAGE: Final = 1000


def list_held_jobs(page_token: str) -> Call[Any]:
    """Returns one page of the jobs that were given up."""
    request = job_admin_pb2.ListHeldJobsRequest(page_size=_PAGE, page_token=page_token)
    return Call(_SERVICE, "ListHeldJobs", request, job_admin_pb2.ListHeldJobsResponse, lambda message: message)


def retry_held_job(name: str) -> Call[Any]:
    """Lets a job be tried anew."""
    request = job_admin_pb2.RetryHeldJobRequest(name=name, request_id=new_request_id())
    return Call(_SERVICE, "RetryHeldJob", request, Empty, lambda message: message)

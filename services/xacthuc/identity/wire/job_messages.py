"""Jobs that were given up, as operators are shown them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xacthuc.api.identity.v1 import job_admin_pb2 as pb2
from xacthuc.identity.wire.common import timestamp

if TYPE_CHECKING:
    from xacthuc.jobs.queue import HeldJob


def held_job(found: HeldJob) -> pb2.HeldJob:
    """Renders a job."""
    return pb2.HeldJob(
        name=f"heldJobs/{found.id}",
        kind=found.kind,
        attempt_count=found.attempts,
        last_attempt_time=timestamp(found.end_time),
        outcome=found.outcome,
    )

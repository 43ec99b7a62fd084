"""What the service asks to be done later, and by which key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xacthuc.guardian.adapters.job_kinds import JobKind
from xacthuc.jobs.job import Job

if TYPE_CHECKING:
    from datetime import datetime


def push_job(platform: str, child: str) -> Job:
    """Returns the word to identity about a child (`pushes`)."""
    return Job(JobKind.PUSH, f"{platform}/{child}", {"platform": platform, "child": child})


def expire_job(platform: str, link: str, when: datetime) -> Job:
    """Returns the end of what nobody answers (`expiry`)."""
    return Job(JobKind.EXPIRE, f"{platform}/{link}", {"platform": platform, "link": link}, not_before=when)


def look_job(platform: str, child: str) -> Job:
    """Returns the look at who answers for a child (`lives`)."""
    return Job(JobKind.LOOK, f"{platform}/{child}", {"platform": platform, "child": child})


def erase_job(platform: str, account_id: str, keep_until: str) -> Job:
    """Returns the erasure of what is kept of an account (`erasures`): of what no law keeps until then, or of everything.

    Both are two jobs, so that the second never waits for the first.
    """
    key = f"{platform}/{account_id}/{'kept' if keep_until else 'erased'}"
    return Job(JobKind.ERASE, key, {"platform": platform, "account": account_id, "keep_until": keep_until})

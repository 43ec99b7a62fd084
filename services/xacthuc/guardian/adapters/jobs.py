"""What the service asks to be done later, and by which key."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from xacthuc.guardian.adapters.job_kinds import JobKind
from xacthuc.jobs.job import Job

if TYPE_CHECKING:
    from datetime import datetime


class Extent(StrEnum):
    """How much of an account is erased. Never renamed once released: waiting jobs say it."""

    UNKEPT = "UNKEPT"
    """What no law keeps."""
    EVERYTHING = "EVERYTHING"


def push_job(platform: str, child: str) -> Job:
    """Returns the word to identity about a child (`pushes`)."""
    return Job(JobKind.PUSH, f"{platform}/{child}", {"platform": platform, "child": child})


def expire_job(platform: str, link: str, when: datetime) -> Job:
    """Returns the end of what nobody answers (`expiry`)."""
    return Job(JobKind.EXPIRE, f"{platform}/{link}", {"platform": platform, "link": link}, not_before=when)


def look_job(platform: str, child: str) -> Job:
    """Returns the look at who answers for a child (`lives`)."""
    return Job(JobKind.LOOK, f"{platform}/{child}", {"platform": platform, "child": child})


def erase_job(platform: str, account_id: str, extent: Extent, keep_until: str) -> Job:
    """Returns the erasure of what is kept of an account (`erasures`).

    Each extent is a job of its own, so that the second never waits for the first.
    """
    said = {"extent": extent.value, "keep_until": keep_until}
    return Job(
        JobKind.ERASE, f"{platform}/{account_id}/{extent}", {"platform": platform, "account": account_id, **said}
    )

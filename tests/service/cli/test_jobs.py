"""`xacthuc jobs`: what is asked of the service, and what people are told."""

from __future__ import annotations

from google.protobuf.empty_pb2 import Empty

from xacthuc.api.identity.v1 import job_admin_pb2
from xacthuc.grpckit import errors
from xacthuc.grpckit.reasons import Reason


def test_what_was_given_up_is_listed_page_after_page(command):
    job = job_admin_pb2.HeldJob(name="heldJobs/7", kind="PURGE", attempt_count=6, outcome="OSError")
    pages = [job_admin_pb2.ListHeldJobsResponse(held_jobs=[job], next_page_token=token) for token in ("PURGE-7", "")]
    command.admin.answer("ListHeldJobs", *pages)

    ran = command("jobs", "list")

    assert [call.request.page_token for call in command.admin.received] == ["", "PURGE-7"]
    assert ran.out.count("heldJobs/7  PURGE  6") == 2


def test_where_nothing_was_given_up_people_are_told_so(command):
    command.admin.answer("ListHeldJobs", job_admin_pb2.ListHeldJobsResponse())

    assert "Nothing was given up." in command("jobs", "list").err


def test_jobs_are_tried_anew_one_after_the_other_until_one_is_not_held(command):
    gone = errors.NotFound(Reason.JOB_NOT_HELD, "no such job is held")
    command.admin.answer("RetryHeldJob", Empty(), gone)

    ran = command("jobs", "retry", "heldJobs/7", "heldJobs/8", "heldJobs/9")

    asked = [call.request for call in command.admin.received]
    assert [one.name for one in asked] == ["heldJobs/7", "heldJobs/8"]
    assert len({one.request_id for one in asked}) == 2
    assert ran.status == 1
    assert "heldJobs/7 is tried anew." in ran.err
    assert "no such job is held" in ran.err


def test_a_program_is_told_which_jobs_are_tried_anew(command):
    command.admin.answer("RetryHeldJob", Empty(), Empty())

    assert command("jobs", "retry", "heldJobs/7", "heldJobs/8", "--json").json == ["heldJobs/7", "heldJobs/8"]

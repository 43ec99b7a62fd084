"""A run that failed, as an officer has it go on: over gRPC and by the `xacthuc` command."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest
from grpc import StatusCode
from identity_command import identity_command
from identity_service import reason_of, refusal

from xacthuc.api.identity.v1 import audit_admin_pb2
from xacthuc.api.identity.v1 import reconciliation_admin_pb2 as pb2
from xacthuc.audit.tags import Tag
from xacthuc.grpckit.reasons import Reason

COMPLETED = pb2.Reconciliation.COMPLETED


@pytest.fixture
async def command(deployment):
    async with identity_command(deployment, "reconcile") as made:
        yield made


@pytest.fixture
def start(api, platform):
    """Starts a run over the accounts of the test's platform."""

    async def make():
        request = pb2.StartReconciliationRequest(
            platform=f"platforms/{platform.name}", sources=[pb2.Reconciliation.KYC_MATCH], request_id=str(uuid4())
        )
        return await api.reconciliation.StartReconciliation(request)

    return make


@pytest.fixture
def run(api, start, eventually):
    """Has one carried to its end; returns it."""

    async def make():
        return await ended(api, (await start()).name, eventually)

    return make


@pytest.fixture
def fail(world):
    """Makes of a run one that met what nobody expected, before the first account."""

    async def make(made):
        await world.rows(
            "UPDATE identity.reconciliations SET state = 'FAILED', failure = 'KeyError', counts = '{}',"
            " done_platform = '', done_account = '' WHERE run = $1",
            made.name.rpartition("/")[2],
        )

    return make


async def ended(api, name, eventually):
    async def over():
        return (await found(api, name)).state != pb2.Reconciliation.RUNNING

    await eventually(over)
    return await found(api, name)


async def found(api, name):
    return await api.reconciliation.GetReconciliation(pb2.GetReconciliationRequest(name=name))


def again(made, **fields):
    return pb2.ResumeReconciliationRequest(name=made.name, **{"request_id": str(uuid4()), **fields})


async def audited(api, made):
    request = audit_admin_pb2.ListEntriesRequest(subject=made.name.rpartition("/")[2], tag=Tag.RECONCILIATION_RESUMED)
    return [(one.actor, one.detail) for one in (await api.audit.ListEntries(request)).entries]


async def test_a_run_that_failed_is_resumed_once_however_often_the_call_is_repeated(
    api, platform, operator, run, fail, eventually
):
    await platform.register("an")
    await platform.verify("an", api.otp.prove("+84912000551", "an"))
    made = await run()
    await fail(made)
    request = again(made)

    for _ in range(2):
        await api.reconciliation.ResumeReconciliation(request)
    over = await ended(api, made.name, eventually)

    assert (made.state, over.state, over.failure) == (COMPLETED, COMPLETED, "")
    assert (over.name, over.actor, over.create_time) == (made.name, made.actor, made.create_time)
    assert over.counts == made.counts
    assert over.counts.checked_count == 1
    assert await audited(api, made) == [("operator:development", '{"checked":0,"failure":"KeyError"}')]


async def test_what_did_not_fail_is_refused_with_what_to_do_instead(api, platform, operator, start, run, eventually):
    async def refused(made, state):
        error = await refusal(api.reconciliation.ResumeReconciliation(again(made)))
        assert error.code() is StatusCode.FAILED_PRECONDITION
        assert (reason_of(error), (await found(api, made.name)).state) == (Reason.RECONCILIATION_STATE, state)
        assert await audited(api, made) == []
        return error.details()

    complete = await run()
    await platform.register("an")
    await platform.verify("an", api.otp.prove("+84912000552", "an"))
    operator.behave("hang")
    waiting = await start()
    await eventually(lambda: operator.matches)

    assert "start another" in await refused(complete, COMPLETED)
    assert "wait for its end" in await refused(waiting, pb2.Reconciliation.RUNNING)
    await api.reconciliation.CancelReconciliation(
        pb2.CancelReconciliationRequest(name=waiting.name, request_id=str(uuid4()))
    )
    assert "start another" in await refused(waiting, pb2.Reconciliation.CANCELED)


async def test_a_run_that_nobody_started_is_not_found(api, operator):
    error = await refusal(
        api.reconciliation.ResumeReconciliation(
            pb2.ResumeReconciliationRequest(name=f"reconciliations/{uuid4()}", request_id=str(uuid4()))
        )
    )

    assert reason_of(error) == Reason.RECONCILIATION_NOT_FOUND


async def test_the_command_resumes_and_watches(operator, run, fail, command):
    made = await run()
    await fail(made)

    status, out, _ = await command("resume", made.name, "--watch", "--json")
    again_status, _, err = await command("resume", made.name)

    assert (status, json.loads(out)["state"]) == (0, "COMPLETED")
    assert (again_status, "start another" in err) == (1, True)

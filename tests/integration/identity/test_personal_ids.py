"""What takes days, and what policy decides: the shipped adapters on a real database, and a clock that is moved."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from fake_kyc import HOLDER, MATCHING, FakeKyc, answer
from sqlalchemy import text

from xacthuc.identity.adapters.kyc import kyc_file
from xacthuc.identity.adapters.kyc.subscribers import opened_operator
from xacthuc.identity.commands import Given, VerifyPersonalId
from xacthuc.identity.domain.account import State
from xacthuc.identity.domain.facts import EvidenceKind
from xacthuc.identity.domain.personal_ids import Ground, Outcome
from xacthuc.identity.ports.eid import Providers
from xacthuc.identity.usecases import accounts, questions
from xacthuc.identity.usecases.personal_ids import verify_personal_id
from xacthuc.jobs.job import Done, Job, RetryAt
from xacthuc.sql.engine import transaction

DOWN = "000090000003"


def given(bench, account, personal_id):
    return VerifyPersonalId(
        order=bench.order(personal_id, "VerifyPersonalId"),
        account_id=account,
        personal_id=personal_id,
        given=Given(ground=Ground.COMMERCE, confirmation=None),
    )


@pytest.fixture
async def job(bench, engine):
    """Reads the one job there is, as a worker would."""

    async def read():
        async with transaction(engine) as connection:
            row = (await connection.execute(text("SELECT kind, key, payload FROM identity.jobs"))).one()
        return Job(row.kind, row.key, row.payload)

    return read


async def test_a_provider_that_is_down_is_asked_until_the_policys_days_are_over(bench, job):
    await bench.register("u1")
    verified = await verify_personal_id(bench.identity, given(bench, "u1", DOWN))
    began, asked = bench.clock.now(), 0
    while isinstance(found := await questions.ask_again(bench.identity, await job()), RetryAt):
        assert found.when - bench.clock.now() <= timedelta(hours=1, seconds=1)
        bench.clock.advance(max(found.when - bench.clock.now(), timedelta(milliseconds=1)))
        asked += 1

    days = bench.identity.policy.personal_id.retry_days
    view = await accounts.get_account(bench.identity, "forum", "u1")
    assert (verified.outcome, found) == (Outcome.PENDING, Done("GIVEN_UP"))
    assert timedelta(days=days) <= bench.clock.now() - began < timedelta(days=days, hours=2)
    assert 100 < asked < 300
    assert (view.state, view.evidence) == (State.UNVERIFIED, ())
    assert await questions.ask_again(bench.identity, await job()) == Done("ANSWERED")


@pytest.mark.rule("R41")
@pytest.mark.parametrize(
    ("suffices", "said", "confirmed"),
    [
        (False, MATCHING, False),
        (True, MATCHING, True),
        (True, {**MATCHING, "nameMatch": "false"}, False),
        (True, {**MATCHING, "idDocumentMatch": "not_available"}, False),
    ],
)
async def test_an_operators_match_authenticates_where_policy_says_so_and_in_everything(
    bench, tmp_path, suffices, said, confirmed
):
    fake = FakeKyc(otherwise=answer(200, said))
    await fake.open()
    described = kyc_file.read(fake.file(tmp_path))
    await bench.register("u1", HOLDER.birth_date.timetuple()[:3])
    await bench.verify("u1")
    async with opened_operator(described, bench.clock, lambda _what: lambda _outcome, _seconds: None) as operator:
        policy = bench.identity.policy
        rules = replace(policy.personal_id, operator_match_suffices=suffices)
        identity = replace(
            bench.identity, policy=replace(policy, personal_id=rules), providers=Providers(subscribers=(operator.kyc,))
        )
        verified = await verify_personal_id(identity, given(bench, "u1", HOLDER.personal_id))
    await fake.close()

    assert verified.outcome is (Outcome.CONFIRMED if confirmed else Outcome.DECLARED)
    proven = {each.kind: each.source for each in verified.account.evidence}
    assert proven.get(EvidenceKind.PERSONAL_ID) == ("operator/viettel" if confirmed else None)

"""Who is to answer for children: their records, what they have in common with a child, and what is told of holders."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from xacthuc.grpckit.errors import FailedPrecondition, InvalidRequest, NotFound, RequestIdReused
from xacthuc.grpckit.reasons import Reason as Refusal
from xacthuc.identity.adapters.purge import Purge, purge_job
from xacthuc.identity.commands import CheckGuardian, Consent, PutGuardianship, RegisterGuardian
from xacthuc.identity.domain.account import State
from xacthuc.identity.domain.facts import Supervision
from xacthuc.identity.domain.guardianship import Guardian, Guardianship, Relation, Unfit
from xacthuc.identity.domain.holders import AgeBand, Assurance, Coincidence
from xacthuc.identity.domain.registration import CalendarDate
from xacthuc.identity.usecases import holders
from xacthuc.identity.usecases.guardianships import put_guardianship
from xacthuc.policy import Action, Policy, Reason

PLATFORM = "forum"
CHILD_BORN, ADULT_BORN = (2015, 1, 2), (1985, 6, 7)
NUMBER, OTHER_NUMBER = "+84912345671", "+84912345672"
ALL = Supervision(0, suspended=False, actions=frozenset(Action), quiet_from=0, quiet_to=0)


class People:
    """Who is to answer for children."""

    def __init__(self, bench):
        self.bench = bench
        self.version = 0

    def command(self, name="Trần Thị Mẹ", born=ADULT_BORN, account="", number=NUMBER, device="", **more):
        now, link = self.bench.clock.now(), more.pop("link", "links/l1")
        proof = replace(
            self.bench.proof("", number), subject=link, device=device, proof_id=more.pop("proof", uuid4().hex)
        )
        usual = {
            "order": self.bench.order(f"{name}{born}{account}", "RegisterGuardian"),
            "link": link,
            "account_id": account,
            "full_name": name,
            "birth_date": CalendarDate(*born),
            "consent": Consent(text_version="declaration-1", accept_time=now),
            "proof": proof,
        }
        return RegisterGuardian(**{**usual, **more})

    async def register(self, **given):
        return await holders.register_guardian(self.bench.identity, self.command(**given))

    async def refusal(self, **given):
        with pytest.raises(FailedPrecondition) as refused:
            await self.register(**given)
        return refused.value

    async def check(self, account, child="child", devices=()):
        guardian = self.guardian(account)
        command = CheckGuardian(platform=PLATFORM, child_id=child, guardian=guardian, child_devices=frozenset(devices))
        return await holders.check_guardian(self.bench.identity, command)

    def guardian(self, account):
        return Guardian(
            link="links/l1", account_id=account, relation=Relation.MOTHER, start_time=self.bench.clock.now()
        )

    async def put(self, *accounts, child="child"):
        self.version += 1
        answering = tuple(map(self.guardian, accounts))
        wanted = Guardianship(guardians=answering, supervision=ALL, version=self.version)
        order = self.bench.order(str(self.version), "PutGuardianship")
        await put_guardianship(self.bench.identity, PutGuardianship(order=order, child_id=child, guardianship=wanted))


@pytest.fixture
async def people(bench):
    await bench.register("child", born=CHILD_BORN)
    return People(bench)


@pytest.mark.rule("R16")
async def test_a_guardian_without_an_account_gets_a_record_that_answers_for_the_child(bench, people, look):
    known = await people.register()

    assert (known.age_band, known.assurance, known.state) == (AgeBand.ADULT, Assurance.PHONE, State.VERIFIED)
    assert await people.check(known.account_id) == (None, frozenset())
    await people.put(known.account_id)
    assert (await bench.check("child", Action.POST)).reason is Reason.VERIFIED
    (row,) = await look(
        "SELECT kind, text_version FROM identity.accounts NATURAL JOIN identity.consents AS c(platform,"
        " account, consent, ckind, text_version) WHERE account = :of",
        of=known.account_id,
    )
    assert tuple(row) == ("GUARDIAN", "declaration-1")


async def test_nothing_is_allowed_to_a_record_and_nobody_lists_it(bench, people):
    known = await people.register()

    for action in set(Action) - {Action.READ}:
        assert (await bench.check(known.account_id, action)).reason is Reason.NOT_REGISTERED
    listed, _ = await bench.identity.account_list.page(PLATFORM, "", 100)
    assert [account.account_id for account in listed] == ["child"]


async def test_ids_of_records_tell_nothing_and_differ(people):
    first = await people.register()
    second = await people.register(name="Lê Văn Cha", number=OTHER_NUMBER)

    assert len({first.account_id, second.account_id}) == 2
    assert all(len(known.account_id) == len("guardian.") + 22 for known in (first, second))
    assert "first.account_id" not in repr(first)


@pytest.mark.rule("R18")
async def test_the_same_person_with_the_same_number_answers_for_every_child_by_one_record(people):
    first = await people.register()

    assert (await people.register(link="links/l2")).account_id == first.account_id
    assert (await people.register(name="trần thị  mẹ")).account_id == first.account_id
    assert (await people.register(born=(1985, 6, 8))).account_id != first.account_id


async def test_a_repeated_request_is_answered_alike_and_another_payload_is_refused(bench, people, look):
    command = people.command()
    first = await holders.register_guardian(bench.identity, command)

    assert await holders.register_guardian(bench.identity, command) == first
    assert len(await look("SELECT 1 FROM identity.accounts WHERE kind = 'GUARDIAN'")) == 1
    other = people.command(name="Khác", order=bench.order("other", "RegisterGuardian", command.order.request_id))
    with pytest.raises(RequestIdReused):
        await holders.register_guardian(bench.identity, other)


async def test_one_request_beside_itself_keeps_one_record(bench, people, look):
    command = people.command()

    answers = await asyncio.gather(*(holders.register_guardian(bench.identity, command) for _ in range(4)))

    assert len({known.account_id for known in answers}) == 1
    assert len(await look("SELECT 1 FROM identity.accounts WHERE kind = 'GUARDIAN'")) == 1


async def test_a_killed_registration_is_taken_up_where_it_was(bench, people):
    command = people.command()
    new = holders.NewRecord(
        person=holders.Person(command.full_name, command.birth_date.on_calendar()),
        consent=command.consent,
        number=NUMBER,
        purge_time=bench.clock.now(),
    )
    opened = await bench.identity.holders.open_record(command.order, new, bench.clock.now())

    assert (await holders.register_guardian(bench.identity, command)).account_id == opened


async def test_a_proof_serves_once(people):
    await people.register(proof="p1")

    assert (await people.refusal(proof="p1", name="Lê Văn Cha")).reason is Refusal.PROOF_REDEEMED


@pytest.mark.rule("R17")
async def test_who_is_under_18_is_refused_before_anything_is_kept(people, look):
    refused = await people.refusal(born=(2008, 11, 24))  # 18 tomorrow

    assert (refused.reason, refused.metadata["cause"]) == (Refusal.GUARDIAN_UNFIT, "CHILD")
    assert await look("SELECT 1 FROM identity.accounts WHERE kind = 'GUARDIAN'") == []
    assert (await people.register(born=(2008, 11, 23))).age_band is AgeBand.ADULT


async def test_an_account_proves_its_own_number_as_the_person_it_is_registered_for(bench, people):
    await bench.register("mother", born=ADULT_BORN, name="Trần Thị Mẹ")
    assert (await people.refusal(account="mother")).metadata["cause"] == "OTHER_NUMBER"
    await bench.verify("mother", bench.proof("mother", NUMBER))
    bench.clock.advance(timedelta(seconds=1))

    assert (await people.register(account="mother")).account_id == "mother"
    assert (await people.refusal(account="mother", number=OTHER_NUMBER)).metadata["cause"] == "OTHER_NUMBER"
    assert (await people.refusal(account="mother", name="Kẻ Lạ")).metadata["cause"] == "OTHER_PERSON"
    assert (await people.refusal(account="nobody")).metadata["cause"] == "UNKNOWN"


async def test_a_number_of_ones_own_does_not_tell_whose_an_account_is(bench, people):
    await bench.register("mother", born=ADULT_BORN, name="Trần Thị Mẹ")
    await bench.verify("mother", bench.proof("mother", NUMBER))

    guesses = [
        await people.refusal(account="mother", number=OTHER_NUMBER, name=name) for name in ("Trần Thị Mẹ", "Kẻ Lạ")
    ]

    assert [guess.metadata["cause"] for guess in guesses] == ["OTHER_NUMBER"] * 2


async def test_faulty_dates_and_times_are_named(bench, people):
    ahead = Consent(text_version="1", accept_time=bench.clock.now() + timedelta(hours=1))
    with pytest.raises(InvalidRequest) as refused:
        await people.register(born=(1985, 2, 30), consent=ahead)

    assert {fault.field for fault in refused.value.field_faults} == {"birth_date.day", "accept_time"}


async def test_what_a_child_used_before_it_was_known_to_be_one_is_found_at_its_guardian(bench, people):
    await bench.register("young", born=ADULT_BORN)
    await bench.verify("young", replace(bench.proof("young", OTHER_NUMBER), device="d" * 16))
    await bench.correct("young", birth_date=CalendarDate(*CHILD_BORN))
    own = await people.register(number=OTHER_NUMBER, device="e" * 16)
    same_phone = await people.register(name="Lê Văn Cha", number="+84912345673", device="d" * 16)

    assert (await people.check(own.account_id, "young"))[1] == {Coincidence.NUMBER}
    assert (await people.check(same_phone.account_id, "young"))[1] == {Coincidence.DEVICE}
    assert (await people.check(own.account_id))[1] == frozenset()
    assert (await people.check(own.account_id, devices=["e" * 16]))[1] == {Coincidence.DEVICE}


async def test_who_cannot_answer_is_told_with_the_cause(bench, people):
    await bench.register("uncle", born=ADULT_BORN)

    assert (await people.check("child"))[0] is Unfit.SELF
    assert (await people.check("nobody"))[0] is Unfit.UNKNOWN
    assert (await people.check("uncle"))[0] is Unfit.NOT_VERIFIED
    with pytest.raises(NotFound):
        await people.check("uncle", child="nobody")
    with pytest.raises(FailedPrecondition):
        await people.check("child", child="uncle")


async def test_a_policy_may_ask_more_of_a_guardian_than_a_number(new_server, engine, new_ring):
    policy = Policy.load()
    strict = replace(policy, guardianship=replace(policy.guardianship, min_assurance="PERSONAL_ID"))
    bench = new_server(engine, new_ring(), new_ring(), policy=strict)
    await bench.register("child", born=CHILD_BORN)
    people = People(bench)
    known = await people.register()

    assert (await people.check(known.account_id))[0] is Unfit.NOT_ASSURED
    with pytest.raises(FailedPrecondition):
        await people.put(known.account_id)


@pytest.mark.parametrize(
    ("born", "band"),
    [
        ((2019, 11, 24), AgeBand.BELOW_ASSENT),
        ((2019, 11, 23), AgeBand.BELOW_INDEPENDENCE),
        ((2010, 11, 24), AgeBand.BELOW_INDEPENDENCE),
        ((2010, 11, 23), AgeBand.BELOW_CAPACITY),
        ((2008, 11, 24), AgeBand.BELOW_CAPACITY),
        ((2008, 11, 23), AgeBand.ADULT),
    ],
)
async def test_of_a_birth_date_nothing_but_the_band_is_told(bench, born, band):
    await bench.register("somebody", born=born)

    known = await holders.get_holder(bench.identity, PLATFORM, "somebody")

    assert (known.age_band, known.assurance) == (band, None)
    with pytest.raises(NotFound):
        await holders.get_holder(bench.identity, PLATFORM, "nobody")


@pytest.mark.rule("R49")
async def test_a_record_without_a_child_is_dropped_and_one_with_a_child_is_kept_until_the_last_link_ended(
    bench, people, engine, look
):
    purge = Purge(engine, bench.keys, bench.erasures, bench.clock, bench.identity.standings.forget)
    unused, used = await people.register(), await people.register(name="Lê Văn Cha", number=OTHER_NUMBER)
    await people.put(used.account_id)

    async def time_comes(days):
        bench.clock.advance(timedelta(days=days))
        for known in (unused, used):
            await purge.purge(purge_job(PLATFORM, known.account_id, bench.clock.now()))
        rows = await look(
            "SELECT account FROM identity.accounts WHERE kind = 'GUARDIAN'"
            " UNION SELECT account FROM identity.evidence WHERE kind = 'PHONE'"
            " UNION SELECT account FROM identity.number_claims"
        )
        return {row.account for row in rows}

    assert await time_comes(31) == {used.account_id}
    await people.put()
    assert await time_comes(31) == {used.account_id}
    assert await time_comes(740) == set()


@pytest.mark.rule("R49")
async def test_a_record_that_waits_is_kept_as_long_as_its_last_link_may_wait(bench, people, engine, look):
    purge = Purge(engine, bench.keys, bench.erasures, bench.clock, bench.identity.standings.forget)
    known = await people.register()
    bench.clock.advance(timedelta(days=29))
    assert (await people.register(link="links/l2")).account_id == known.account_id

    bench.clock.advance(timedelta(days=2))
    await purge.purge(purge_job(PLATFORM, known.account_id, bench.clock.now()))

    assert len(await look("SELECT 1 FROM identity.accounts WHERE kind = 'GUARDIAN'")) == 1

"""The attack book of docs/guardians.md: who tries to answer for a child, or for oneself, through the whole product.

Each attack ends with the child refused, whatever else it did. Everything goes over real sockets, with real codes.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from guardian_town import BORN, CHILD_BORN, declaration

from xacthuc.client import (
    AccountState,
    Action,
    Commerce,
    DecisionReason,
    FailedPrecondition,
    InvalidRequest,
    LinkState,
    NoMobile,
    Relation,
    XacthucError,
)
from xacthuc.ids import new_request_id

PERSONAL_ID = f"0000{BORN:%y}000000"
"""Of the sandbox, confirmed for whoever was born then."""
NO_MOBILE = NoMobile(confirmed=True, text_version="1", confirm_time=datetime.now(UTC))
ADULT_SIBLING = date(CHILD_BORN.year - 8, 1, 1)


def may_post(town, child):
    return town.client.identity.check_action(child, Action.POST).allowed


def reason(town, child):
    return town.client.identity.check_action(child, Action.POST).reason


def open_family(town, eventually_blocking, number=""):
    """A child that posts, and the link of its mother."""
    child = town.child()
    link = town.taken_on(child, number=number)
    town.client.guardian.update_supervision(link, no_quiet_hours=True)
    eventually_blocking(lambda: may_post(town, child))
    return child, link


def turned_child(town, number, device):
    """Somebody who said to be grown up, proved a number from a device, and turned out to be twelve."""
    child = town.register("be")
    town.client.identity.verify_phone(child, town.proof(number, f"accounts/{child}", device=device))
    town.client.identity.correct_account(child, birth_date=CHILD_BORN)
    assert reason(town, child) is DecisionReason.GUARDIAN_REQUIRED
    return child


# The child itself


@pytest.mark.rule("R15")
@pytest.mark.rule("R24")
def test_a_child_gets_nowhere_by_itself(town):
    child = town.child()

    with pytest.raises(FailedPrecondition):
        town.client.identity.verify_phone(child, town.proof(town.number(), f"accounts/{child}"))
    assert town.client.identity.get_account(child).state is AccountState.PENDING_GUARDIAN
    assert {reason(town, child)} == {DecisionReason.GUARDIAN_REQUIRED}
    for action in set(Action) - {Action.READ}:
        assert not town.client.identity.check_action(child, action).allowed


@pytest.mark.rule("R18")
def test_a_child_with_a_second_sim_is_known_by_the_device_it_lied_on(town):
    child = turned_child(town, town.number(), device="phone-of-be")
    second_sim = town.number()
    link = town.invite(child, second_sim)

    held = town.confirm(link, town.proof_for(link, second_sim, device="phone-of-be"))

    assert held.state is LinkState.HELD
    assert not may_post(town, child)


@pytest.mark.rule("R18")
def test_a_child_is_not_guarded_by_a_number_that_was_its_own(town):
    number = town.number()
    child = turned_child(town, number, device="phone-of-be")
    link = town.invite(child, number)

    held = town.confirm(link, town.proof_for(link, number, device="tablet-of-a-friend"))

    assert held.state is LinkState.HELD
    assert not may_post(town, child)


@pytest.mark.rule("R18")
def test_a_child_is_not_guarded_by_the_holder_of_a_personal_id_that_was_its_own(town):
    """It gave its mother's, or its own under an account that says it is grown up: either way both are known by one."""
    child, number = town.register("be"), town.number()
    assert town.client.identity.verify_personal_id(child, PERSONAL_ID, reason=NO_MOBILE)
    town.client.identity.correct_account(child, birth_date=CHILD_BORN)
    grown_up = town.verified("kela", number)
    assert town.client.identity.verify_personal_id(grown_up, PERSONAL_ID, reason=Commerce())
    link = town.client.guardian.request_link(child, account=grown_up, relation=Relation.MOTHER)

    held = town.confirm(link, town.proof_for(link, number, device="tablet-of-a-friend"), who="kela")

    assert (held.state, bool(held.dispute)) == (LinkState.HELD, True)
    assert not may_post(town, child)


def test_what_is_held_opens_by_nobodys_word_but_an_officers(town):
    child, number = town.child(), town.number()
    link = town.invite(child, number, device="phone-of-be")
    held = town.confirm(link, town.proof_for(link, number, device="phone-of-be"))

    for attempt in (
        lambda: town.client.guardian.approve_link(held, by=held),
        lambda: town.client.guardian.update_supervision(held, no_quiet_hours=True),
        lambda: town.confirm(held, town.proof_for(held, number)),
    ):
        with pytest.raises(FailedPrecondition):
            attempt()
    assert town.client.guardian.get_link(held).state is LinkState.HELD
    assert not may_post(town, child)


def test_a_child_that_lies_about_its_age_again_needs_a_proof_of_its_own(town, eventually_blocking):
    child, _ = open_family(town, eventually_blocking)

    town.client.identity.correct_account(child, full_name="Trần Bé", birth_date=BORN)

    assert not may_post(town, child)


# Strangers


def test_a_stranger_rules_over_nobody_elses_child_by_a_link_of_their_own(town, eventually_blocking):
    child, mother = open_family(town, eventually_blocking)
    _, strangers = open_family(town, eventually_blocking)
    father = town.taken_on(child, Relation.FATHER)

    with pytest.raises(InvalidRequest) as refused:
        town.client.guardian.approve_link(father, by=strangers)

    assert [fault.field for fault in refused.value.field_faults] == ["approving_link"]
    assert town.client.guardian.get_link(father).state is LinkState.PENDING_APPROVAL
    assert town.client.guardian.get_link(mother).active
    assert may_post(town, child)


def test_a_stranger_who_knows_the_mothers_name_and_birthday_takes_no_child_on_in_her_account(town):
    number = town.number()
    mother, child = town.verified("me", number), town.child()
    link = town.client.guardian.request_link(child, account=mother, relation=Relation.MOTHER)

    with pytest.raises((FailedPrecondition, InvalidRequest)):
        town.confirm(link, town.proof_for(link, town.number()))

    assert town.client.guardian.get_link(link).state is LinkState.INVITED
    assert not may_post(town, child)


def test_whoever_holds_the_mothers_phone_for_a_moment_is_not_she(town):
    number = town.number()
    mother, child = town.verified("me", number), town.child()
    link = town.client.guardian.request_link(child, account=mother, relation=Relation.MOTHER)

    with pytest.raises(FailedPrecondition) as refused:
        town.confirm(link, town.proof_for(link, number), who="kela")

    assert refused.value.reason == "GUARDIAN_UNFIT"
    assert not may_post(town, child)


# Siblings


@pytest.mark.rule("R17")
def test_a_sibling_of_17_answers_for_nobody(town):
    child, number = town.child(), town.number()
    link = town.invite(child, number, Relation.GUARDIAN_NATURAL)

    with pytest.raises(FailedPrecondition) as refused:
        town.confirm(link, town.proof_for(link, number), born=date(CHILD_BORN.year - 4, 1, 1))

    assert refused.value.metadata["cause"] == "CHILD"
    assert not may_post(town, child)


@pytest.mark.rule("R18")
def test_a_grown_up_sibling_comes_to_answer_beside_nobodys_mother(town, eventually_blocking):
    child, mother = open_family(town, eventually_blocking)
    number = town.number()

    with pytest.raises(FailedPrecondition) as refused:
        link = town.invite(child, number, Relation.GUARDIAN_NATURAL)
        town.confirm(link, town.proof_for(link, number), who="anh", born=ADULT_SIBLING)

    assert refused.value.reason == "GUARDIAN_LIMIT"
    assert [each.name for each in town.client.guardian.list_links(child) if each.active] == [mother.name]


# A number that was given to somebody else


@pytest.mark.rule("R21")
@pytest.mark.rule("R30")
def test_the_next_holder_of_a_guardians_number_shuts_the_childs_gate_and_gets_no_child(town, eventually_blocking):
    number = town.number()
    child, mother = open_family(town, eventually_blocking, number)

    stranger = town.verified("kela", number)

    eventually_blocking(lambda: reason(town, child) is DecisionReason.GUARDIAN_REQUIRED)
    assert all(each.child != f"accounts/{child}" for each in town.client.guardian.list_links(stranger))
    with pytest.raises(FailedPrecondition):
        town.confirm(mother, town.proof_for(mother, number), who="kela")
    assert not may_post(town, child)


def test_a_mother_whose_number_passed_on_comes_back_with_her_new_one(town, eventually_blocking):
    number, fresh = town.number(), town.number()
    child, mother = open_family(town, eventually_blocking, number)
    town.verified("kela", number)
    eventually_blocking(lambda: not may_post(town, child))

    record = mother.guardian.removeprefix("accounts/")
    town.client.identity.verify_phone(record, town.proof(fresh, mother.guardian))

    eventually_blocking(lambda: may_post(town, child))
    assert town.client.guardian.get_link(mother).active
    assert not may_post(town, record)


def test_a_guardian_who_left_may_come_back_and_the_clock_of_erasure_stops(town, eventually_blocking):
    number = town.number()
    child, mother = open_family(town, eventually_blocking, number)
    town.client.guardian.revoke_link(mother)
    eventually_blocking(lambda: town.client.identity.get_account(child).purge_time is not None)
    again = town.invite(child, number)

    back = town.confirm(again, town.proof_for(again, number), who="mother")

    assert (back.active, back.guardian) == (True, mother.guardian)
    eventually_blocking(lambda: town.client.identity.get_account(child).purge_time is None)
    eventually_blocking(lambda: may_post(town, child))


# Consent that was given before


def test_a_consent_serves_neither_another_child_nor_another_time(town, eventually_blocking):
    number = town.number()
    child, sibling = town.child(), town.child()
    link, other = town.invite(child, number), town.invite(sibling, number)
    proof, request_id = town.proof_for(link, number), new_request_id()
    assert town.confirm(link, proof, request_id=request_id).active

    with pytest.raises(InvalidRequest) as foreign:
        town.confirm(other, proof)
    with pytest.raises(XacthucError) as reused:
        town.client.guardian.confirm_link(
            other,
            proof,
            full_name="Trần me",
            birth_date=BORN,
            declaration=declaration(Relation.MOTHER),
            request_id=request_id,
        )

    assert (foreign.value.reason, reused.value.reason) == ("PROOF_INVALID", "REQUEST_ID_REUSED")
    assert not may_post(town, sibling)

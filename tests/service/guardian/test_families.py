"""A family goes through the whole product: real codes, real sockets, every process of its own."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from guardian_town import BORN, CHILD_BORN, declaration

from xacthuc.client import (
    AccountState,
    Action,
    DecisionReason,
    FailedPrecondition,
    InvalidRequest,
    LinkState,
    NotFound,
    Relation,
)
from xacthuc.ids import new_request_id


def may_post(town, child):
    return town.client.identity.check_action(child, Action.POST).allowed


def reason(town, child):
    return town.client.identity.check_action(child, Action.POST).reason


def at_any_hour(town, link):
    """A test runs at night as well."""
    town.client.guardian.update_supervision(link, no_quiet_hours=True)


@pytest.mark.rule("R15")
@pytest.mark.rule("R16")
def test_a_child_posts_once_a_mother_without_an_account_answers_for_it(town, eventually_blocking):
    child, number = town.child(), town.number()
    assert town.client.identity.get_account(child).state is AccountState.PENDING_GUARDIAN
    assert not may_post(town, child)

    link = town.invite(child, number)
    assert (link.state, link.guardian) == (LinkState.INVITED, "")
    assert not may_post(town, child)

    link = town.confirm(link, town.proof_for(link, number))
    assert link.active
    assert link.guardian
    at_any_hour(town, link)
    eventually_blocking(lambda: may_post(town, child))
    assert town.client.identity.get_account(child).state is AccountState.VERIFIED


@pytest.mark.rule("R21")
def test_a_child_whose_mother_revokes_is_refused_and_its_clock_runs(town, eventually_blocking):
    child = town.child()
    link = town.taken_on(child)
    at_any_hour(town, link)
    eventually_blocking(lambda: may_post(town, child))

    assert town.client.guardian.revoke_link(link).state is LinkState.ENDED

    eventually_blocking(lambda: not may_post(town, child))
    assert town.client.identity.get_account(child).purge_time is not None


@pytest.mark.rule("R19")
def test_a_suspended_child_is_refused_and_goes_on_when_resumed(town, eventually_blocking):
    child = town.child()
    link = town.taken_on(child)
    at_any_hour(town, link)
    eventually_blocking(lambda: may_post(town, child))

    town.client.guardian.update_supervision(link, suspended=True)
    eventually_blocking(lambda: reason(town, child) is DecisionReason.SUSPENDED)
    town.client.guardian.update_supervision(link, suspended=False)
    eventually_blocking(lambda: may_post(town, child))


@pytest.mark.rule("R16")
def test_a_father_with_an_account_answers_with_the_number_that_it_stands_on(town, eventually_blocking):
    child, number = town.child(), town.number()
    father = town.verified("bo", number)
    link = town.client.guardian.request_link(child, account=father, relation=Relation.FATHER)

    link = town.confirm(link, town.proof_for(link, number), who="bo")

    assert (link.state, link.guardian) == (LinkState.ACTIVE, f"accounts/{father}")
    at_any_hour(town, link)
    eventually_blocking(lambda: may_post(town, child))
    assert [each.name for each in town.client.guardian.list_links(father)] == [link.name]


@pytest.mark.rule("R18")
def test_both_parents_answer_once_the_first_approves_the_second(town, eventually_blocking):
    child = town.child()
    mother = town.taken_on(child)
    father = town.taken_on(child, Relation.FATHER)

    assert father.state is LinkState.PENDING_APPROVAL
    assert town.client.guardian.approve_link(father, by=mother).active
    town.client.guardian.revoke_link(mother)
    at_any_hour(town, father)
    eventually_blocking(lambda: may_post(town, child))


@pytest.mark.rule("R17")
def test_a_guardian_who_is_no_parent_declares_why_and_under_the_right_text(town):
    child, number = town.child(), town.number()
    link = town.invite(child, number, Relation.GUARDIAN_COURT)
    proof = town.proof_for(link, number)

    with pytest.raises(InvalidRequest) as refused:
        town.client.guardian.confirm_link(
            link, proof, full_name="Trần Bá", birth_date=BORN, declaration=declaration(Relation.MOTHER)
        )

    assert {fault.field for fault in refused.value.field_faults} == {
        "declaration.text_version",
        "declaration.ward_ground",
    }
    assert town.confirm(link, proof).active  # a proof is not spent by a declaration that is put right


@pytest.mark.rule("R17")
def test_a_guardian_under_18_is_refused(town):
    child, number = town.child(), town.number()
    link = town.invite(child, number)
    young = BORN.replace(year=datetime.now(UTC).year - 17)

    with pytest.raises(FailedPrecondition) as refused:
        town.confirm(link, town.proof_for(link, number), born=young)

    assert (refused.value.reason, refused.value.metadata["cause"]) == ("GUARDIAN_UNFIT", "CHILD")


def test_nobody_answers_for_their_own_account(town):
    child = town.child()

    with pytest.raises(FailedPrecondition) as refused:
        town.client.guardian.request_link(child, account=child, relation=Relation.MOTHER)

    assert refused.value.metadata["cause"] == "SELF"


def test_a_child_guards_no_child(town):
    child, other, number = town.child(), town.child(), town.number()
    link = town.client.guardian.request_link(child, account=other, relation=Relation.MOTHER)

    with pytest.raises(FailedPrecondition) as refused:
        town.confirm(link, town.proof_for(link, number))

    assert refused.value.reason == "GUARDIAN_UNFIT"
    assert not may_post(town, child)


def test_a_grown_up_has_no_guardian_and_nobody_has_one_unregistered(town):
    with pytest.raises(FailedPrecondition) as refused:
        town.invite(town.register("an"), town.number())
    assert refused.value.metadata["next_step"] == "VERIFY_PHONE"
    with pytest.raises(NotFound):
        town.invite("nobody", town.number())


@pytest.mark.rule("R24")
def test_a_number_that_is_no_mobile_is_named_as_the_fault(town):
    with pytest.raises(InvalidRequest) as refused:
        town.invite(town.child(), "024 3825 1234")

    assert [fault.field for fault in refused.value.field_faults] == ["phone_number"]


def test_the_answer_to_an_invitation_does_not_tell_whether_a_number_is_known(town):
    known = town.number()
    town.verified("an", known)

    links = [town.invite(town.child(), number) for number in (known, town.number())]

    assert {(each.state, each.guardian, each.dispute, each.declaration) for each in links} == {
        (LinkState.INVITED, "", "", None)
    }


def test_a_consent_that_is_replayed_is_answered_and_changes_nothing(town):
    child, number, request_id = town.child(), town.number(), new_request_id()
    link = town.invite(child, number)
    proof, said = town.proof_for(link, number), declaration(Relation.MOTHER)

    def confirm(request_id):
        return town.client.guardian.confirm_link(
            link, proof, full_name="Trần Mẹ", birth_date=BORN, declaration=said, request_id=request_id
        )

    first = confirm(request_id)
    town.client.guardian.revoke_link(first)

    assert confirm(request_id) == first
    assert town.client.guardian.get_link(link).state is LinkState.ENDED
    with pytest.raises(FailedPrecondition) as refused:
        confirm(new_request_id())
    assert refused.value.reason == "LINK_STATE"


@pytest.mark.rule("R18")
def test_a_device_that_the_child_signed_up_on_is_left_to_an_officer(town):
    child, number = town.child(), town.number()
    link = town.invite(child, number, device="tablet-of-be")

    held = town.confirm(link, town.proof_for(link, number, device="tablet-of-be"))

    assert held.state is LinkState.HELD
    assert held.dispute
    assert not may_post(town, child)


def test_an_invitation_that_was_declined_takes_no_answer(town):
    child, number = town.child(), town.number()
    link = town.invite(child, number)
    proof = town.proof_for(link, number)
    town.client.guardian.decline_link(link)

    with pytest.raises(FailedPrecondition) as refused:
        town.confirm(link, proof)

    assert refused.value.metadata == {**refused.value.metadata, "state": "DECLINED", "next_step": "LINK_GUARDIAN"}


def test_what_one_guardian_does_is_told_so_that_the_other_hears_of_it(town):
    child = town.child()
    mother = town.taken_on(child)
    father = town.taken_on(child, Relation.FATHER)
    town.client.guardian.decline_link(father, by=mother)

    kinds = []
    for batch in town.client.guardian.watch_links():
        kinds += [(each.kind.name, each.link) for each in batch.events if each.child == f"accounts/{child}"]
        if ("LINK_DECLINED", father.name) in kinds:
            break

    assert kinds == [
        ("LINK_INVITED", mother.name),
        ("LINK_ACTIVE", mother.name),
        ("LINK_INVITED", father.name),
        ("LINK_AWAITS_APPROVAL", father.name),
        ("LINK_DECLINED", father.name),
    ]


@pytest.mark.rule("R18")
def test_a_number_that_the_child_had_proven_is_left_to_an_officer(town):
    """It said that it was grown up at first, and proved a number; then the birth date was put right."""
    number = town.number()
    child = town.verified("be", number)
    town.client.identity.correct_account(child, birth_date=CHILD_BORN)
    link = town.invite(child, number)

    held = town.confirm(link, town.proof_for(link, number))

    assert held.state is LinkState.HELD
    assert not may_post(town, child)

"""Somebody else takes a guardian's place, a guardian died, and whatever happens is told: real sockets, real codes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from xacthuc.client import Action, DecisionReason, EndCause, LinkState, Relation


def reason(town, child):
    return town.client.identity.check_action(child, Action.POST).reason


def runs_out(town, child):
    """Whether the account is to be erased in its time."""
    return town.client.identity.get_account(child).purge_time is not None


def open_family(town, eventually_blocking):
    """A child that posts, and the link of its mother."""
    child = town.child()
    link = town.taken_on(child)
    town.client.guardian.update_supervision(link, no_quiet_hours=True)
    eventually_blocking(lambda: reason(town, child) is DecisionReason.VERIFIED)
    return child, link


@pytest.mark.rule("R21")
def test_another_guardian_takes_the_place_of_one_who_left(town, eventually_blocking):
    child, mother = open_family(town, eventually_blocking)
    town.client.guardian.revoke_link(mother)
    eventually_blocking(lambda: reason(town, child) is DecisionReason.GUARDIAN_REQUIRED and runs_out(town, child))

    grandmother = town.taken_on(child, Relation.GRANDPARENT)

    assert grandmother.active  # nobody is left who would have to approve her
    town.client.guardian.update_supervision(grandmother, no_quiet_hours=True)
    eventually_blocking(lambda: reason(town, child) is DecisionReason.VERIFIED and not runs_out(town, child))


@pytest.mark.rule("R21")
def test_a_guardian_whose_death_an_officer_puts_on_record_answers_no_more(town, eventually_blocking):
    child, mother = open_family(town, eventually_blocking)
    told = town.stack.json("guardians", "contest", "demo", mother.name, "--basis", "death certificate 12/2026")
    assert reason(town, child) is DecisionReason.VERIFIED  # nothing changes before somebody has decided

    town.stack.json("guardians", "resolve", told["name"], "refuse", "--basis", "death certificate 12/2026")

    link = town.client.guardian.get_link(mother)
    assert (link.state, link.end_cause) == (LinkState.ENDED, EndCause.DISPUTE)
    eventually_blocking(lambda: reason(town, child) is DecisionReason.GUARDIAN_REQUIRED and runs_out(town, child))


@pytest.mark.rule("R19")
@pytest.mark.rule("R20")
def test_every_change_of_a_family_is_told_in_its_order(town):
    child = town.child()
    mother = town.taken_on(child)
    town.client.guardian.update_supervision(mother, suspended=True)
    father = town.taken_on(child, Relation.FATHER)
    town.client.guardian.approve_link(father, by=mother)
    for said_by in (mother, None):
        town.client.guardian.record_child_assent(
            child, "map", text_version="1", accept_time=datetime.now(UTC), by=said_by
        )
    town.client.guardian.record_child_assent(
        child, "map", text_version="1", accept_time=datetime.now(UTC), by=father, withdrawn=True
    )
    dispute = town.stack.json("guardians", "contest", "demo", father.name, "--basis", "letter 3")
    town.stack.json("guardians", "resolve", dispute["name"], "allow", "--basis", "letter 3")
    town.client.guardian.revoke_link(mother)

    told = []
    for batch in town.client.guardian.watch_links():
        told += [(each.kind.name, each.link) for each in batch.events if each.child == f"accounts/{child}"]
        if ("LINK_ENDED", mother.name) in told:
            break

    assert told == [
        ("LINK_INVITED", mother.name),
        ("LINK_ACTIVE", mother.name),
        ("SUPERVISION_SET", mother.name),
        ("LINK_INVITED", father.name),
        ("LINK_AWAITS_APPROVAL", father.name),
        ("LINK_ACTIVE", father.name),
        ("ASSENT_RECORDED", mother.name),
        ("ASSENT_RECORDED", ""),
        ("ASSENT_RECORDED", father.name),
        ("DISPUTE_OPENED", father.name),
        ("DISPUTE_RESOLVED", father.name),
        ("LINK_ENDED", mother.name),
    ]

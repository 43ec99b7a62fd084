"""Each family of the sandbox ends as it says, over real sockets and with real codes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from xacthuc.cli.sandbox.families import FAMILIES
from xacthuc.client import Action, DecisionReason, EndCause, LinkState


@pytest.fixture
def play(town):
    """Makes a family at the terminal, as an engineer does."""

    def play(name):
        return town.stack.json("guardians", "sandbox", name)

    return play


def reason(town, made):
    return town.client.identity.check_action(made["child"], Action.POST).reason


def standing(town, made):
    return [town.client.guardian.get_link(each["name"]).state for each in made["links"]]


def test_every_family_is_listed_with_what_it_shows(town):
    listed = town.stack.json("guardians", "sandbox")

    assert [(each["family"], each["shows"]) for each in listed] == [
        (name, family.shows) for name, family in FAMILIES.items()
    ]


@pytest.mark.rule("R15")
@pytest.mark.parametrize("name", ["consents", "account", "grandmother", "sixteen", "seven"])
def test_a_child_somebody_answers_for_writes(town, play, eventually_blocking, name):
    made = play(name)

    eventually_blocking(lambda: reason(town, made) is DecisionReason.VERIFIED)
    assert standing(town, made) == [LinkState.ACTIVE]


@pytest.mark.rule("R16")
def test_a_mother_who_declines_leaves_the_gate_shut(town, play):
    made = play("declines")

    assert standing(town, made) == [LinkState.DECLINED]
    assert reason(town, made) is DecisionReason.GUARDIAN_REQUIRED


def test_an_invitation_nobody_answers_expires_while_one_looks_on(town, play, eventually_blocking):
    made = play("unanswered")

    expires = datetime.fromisoformat(made["links"][0]["expire_time"])
    assert expires < datetime.now(UTC) + timedelta(seconds=11)
    eventually_blocking(lambda: standing(town, made) == [LinkState.EXPIRED], within=timedelta(seconds=30))


@pytest.mark.rule("R17")
def test_somebody_under_18_is_refused_and_told_so(town, play):
    made = play("underage")

    assert (made["refused"]["reason"], made["refused"]["metadata"]["cause"]) == ("GUARDIAN_UNFIT", "CHILD")
    assert standing(town, made) == [LinkState.INVITED]


@pytest.mark.rule("R18")
def test_a_device_of_the_child_waits_for_an_officer(town, play):
    made = play("held")

    assert standing(town, made) == [LinkState.HELD]
    assert made["links"][0]["dispute"]


@pytest.mark.rule("R18")
def test_a_father_waits_for_the_mother(town, play):
    assert standing(town, play("second")) == [LinkState.ACTIVE, LinkState.PENDING_APPROVAL]


@pytest.mark.rule("R18")
def test_both_parents_answer_and_a_third_person_does_not(town, play):
    made = play("parents")

    assert standing(town, made) == [LinkState.ACTIVE, LinkState.ACTIVE]
    assert (made["refused"]["reason"], made["refused"]["metadata"]["cause"]) == ("GUARDIAN_LIMIT", "TOO_MANY")


@pytest.mark.rule("R19")
def test_a_suspended_child_is_refused_until_it_is_resumed(town, play, eventually_blocking):
    made = play("suspended")
    eventually_blocking(lambda: reason(town, made) is DecisionReason.SUSPENDED)

    town.client.guardian.update_supervision(made["links"][0]["name"], suspended=False)

    eventually_blocking(lambda: reason(town, made) is DecisionReason.VERIFIED)


@pytest.mark.rule("R21")
def test_a_consent_that_was_taken_back_starts_the_erasure(town, play, eventually_blocking):
    made = play("revoked")

    assert town.client.guardian.get_link(made["links"][0]["name"]).end_cause is EndCause.REVOKED
    eventually_blocking(lambda: town.client.identity.get_account(made["child"]).purge_time is not None)
    assert reason(town, made) is DecisionReason.GUARDIAN_REQUIRED


@pytest.mark.rule("R18")
def test_a_number_that_passed_on_shuts_the_gate_and_asks_an_officer(town, play, eventually_blocking):
    made = play("recycled")
    (link,) = [each["name"] for each in made["links"]]

    eventually_blocking(lambda: reason(town, made) is DecisionReason.GUARDIAN_REQUIRED)
    eventually_blocking(lambda: town.client.guardian.get_link(link).dispute != "")
    causes = [each["cause"] for each in town.stack.json("guardians", "disputes", "demo") if each["link"].endswith(link)]
    assert causes == ["NUMBER_RECYCLED"]


@pytest.mark.rule("R20")
def test_a_photo_of_a_child_of_six_is_published_with_its_mothers_consent(town, play):
    made = play("seven")

    (assent,) = town.client.guardian.list_child_assents(made["child"])
    assert (assent.feature, assent.complete) == ("profile_photo", True)


@pytest.mark.parametrize("name", ["consents", "second"])
def test_a_family_can_be_made_again(town, play, name):
    assert play(name)["links"] != play(name)["links"]

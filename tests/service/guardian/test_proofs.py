"""Proofs that are no good for a link: each is refused by a reason of its own, with what to do next, and spends nothing.

Real sockets, real codes; ten minutes pass in the store alone.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from guardian_town import CHILD_BORN

from xacthuc.client import FailedPrecondition, InvalidRequest, LinkState, Purpose, Unauthenticated, Xacthuc

LIFE = timedelta(minutes=10)
"""`otp.proof_token_seconds`."""
ALMOST = LIFE - timedelta(minutes=2)


@pytest.fixture
def asked(town):
    """A number, and the link by which it was invited to answer for a child."""
    number = town.number()
    return number, town.invite(town.child(), number)


@pytest.fixture
def elsewhere(town, eventually_blocking):
    """Another platform of the same deployment."""
    platform = town.name("video")
    town.stack.json("platforms", "create", platform, "--display-name", "Video")
    key = town.stack.json("keys", "create", platform, "--scope", "otp")["secret"]
    with Xacthuc(key=key, otp=town.stack.otp) as client:

        def is_known():
            try:
                return client.otp.lookup_number("0992000000").accepted
            except Unauthenticated:
                return False

        eventually_blocking(is_known)
        yield client


def refused(town, link, proof, kind):
    """Returns why a proof takes nobody on, once it is certain that it left the link as it was."""
    with pytest.raises(kind) as caught:
        town.confirm(link, proof)
    kept = town.client.guardian.get_link(link)
    assert (kept.state, kept.guardian) == (LinkState.INVITED, "")
    assert caught.value.metadata["next_step"] == "VERIFY_PHONE"
    assert caught.value.localized  # for the guardian, beside what a program reads
    return caught.value.reason


@pytest.mark.rule("R16")
def test_a_proof_that_is_too_old_is_refused_and_a_new_code_takes_the_child_on(town, asked):
    number, link = asked
    proof = town.proof_for(link, number)
    town.grow_old(proof, LIFE)

    assert refused(town, link, proof, FailedPrecondition) == "PROOF_EXPIRED"
    assert town.confirm(link, town.proof_for(link, number)).active


def test_a_proof_is_good_for_as_long_as_a_form_takes(town, asked):
    number, link = asked
    proof = town.proof_for(link, number)
    town.grow_old(proof, ALMOST)

    assert town.confirm(link, proof).active


@pytest.mark.rule("R16")
def test_a_proof_that_was_made_for_another_link_is_refused_and_stays_good_for_that(town, asked):
    number, link = asked
    other = town.invite(town.child(), number)
    foreign = town.proof_for(other, number)

    assert refused(town, link, foreign, InvalidRequest) == "PROOF_INVALID"
    assert town.confirm(other, foreign).active


@pytest.mark.rule("R16")
def test_a_proof_that_was_made_for_an_account_is_refused_and_stays_good_for_that(town, asked):
    number, link = asked
    account = town.register("an")
    foreign = town.proof(number, f"accounts/{account}")

    assert refused(town, link, foreign, InvalidRequest) == "PROOF_INVALID"
    assert town.client.identity.verify_phone(account, foreign).verified


@pytest.mark.rule("R16")
def test_a_proof_of_another_platform_is_refused_although_its_link_has_the_same_name(town, asked, elsewhere):
    number, link = asked
    challenge = elsewhere.otp.start_challenge(number, subject=link.name, purpose=Purpose.GUARDIAN_LINK)
    foreign = elsewhere.otp.check_code(challenge, town.stack.code(challenge.name)).proof_token

    assert refused(town, link, foreign, InvalidRequest) == "PROOF_INVALID"
    assert town.confirm(link, town.proof_for(link, number)).active


@pytest.mark.rule("R16")
def test_a_proof_of_another_number_than_the_invited_one_is_refused(town, asked):
    _, link = asked

    assert refused(town, link, town.proof_for(link, town.number()), InvalidRequest) == "PROOF_INVALID"


def test_a_proof_that_nobody_made_is_refused(town, asked):
    number, link = asked
    proof = town.proof_for(link, number)
    forged = proof[:-1] + ("A" if proof[-1] != "A" else "E")

    assert refused(town, link, forged, InvalidRequest) == "PROOF_INVALID"


def test_a_proof_is_used_up_by_whoever_it_refused_for_another_reason(town, asked):
    """Its number, name and birth date were looked at by then: whoever puts those right proves the number anew."""
    number, link = asked
    proof = town.proof_for(link, number)
    with pytest.raises(FailedPrecondition):
        town.confirm(link, proof, born=CHILD_BORN)

    assert refused(town, link, proof, FailedPrecondition) == "PROOF_REDEEMED"
    assert town.confirm(link, town.proof_for(link, number)).active

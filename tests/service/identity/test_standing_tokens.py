"""Standing tokens over the wire: what they list, and that an edge verifies them through a rotation of the keys."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from google.protobuf.json_format import MessageToDict
from identity_process import IdentityProcess, identity_process
from identity_service import NUMBER, Api, Platform

from xacthuc.api.identity.v1 import resources_pb2, service_pb2
from xacthuc.client import Action
from xacthuc.client.standing import StandingVerifier, UnknownKey
from xacthuc.ids import encode, random_bytes

ISSUER = "https://identity.xacthuc.local"
WRITING = {Action.POST, Action.COMMENT, Action.SHARE, Action.LIVESTREAM, Action.REACT, Action.POLL}


async def issue(platform: Platform, account: str) -> resources_pb2.StandingToken:
    return await platform.ask("IssueStandingToken", service_pb2.IssueStandingTokenRequest(name=f"accounts/{account}"))


async def jwks(platform: Platform) -> dict[str, object]:
    """Returns what the edge publishes: the answer in JSON, as the mapping of protobuf has it."""
    return MessageToDict(await platform.ask("GetJwks", service_pb2.GetJwksRequest()))


async def verified(api: Api, platform: Platform, account: str) -> None:
    await platform.register(account)
    await platform.verify(account, api.otp.prove(NUMBER, account))


async def verifier_of(platform: Platform) -> StandingVerifier:
    keys = await jwks(platform)
    return StandingVerifier(lambda: keys, platform=platform.name, issuer=ISSUER)


@pytest.mark.rule("R3")
async def test_a_verified_account_gets_what_it_may_do_but_for_selling_live(api: Api, platform: Platform):
    await verified(api, platform, "an")

    token = await issue(platform, "an")
    standing = (await verifier_of(platform)).verify(token.token)

    assert (standing.account, {action.name for action in standing.actions}) == (
        "an",
        {resources_pb2.Action.Name(action) for action in token.actions},
    )
    assert standing.actions > WRITING
    assert Action.LIVESTREAM_COMMERCE not in standing.actions
    assert standing.expire_time == token.expire_time.ToDatetime(UTC) <= datetime.now(UTC) + timedelta(seconds=60)
    assert token.next_step.kind == resources_pb2.NextStep.NONE


@pytest.mark.parametrize(
    ("born", "step"),
    [((1990, 1, 2), resources_pb2.NextStep.VERIFY_PHONE), ((2015, 1, 2), resources_pb2.NextStep.LINK_GUARDIAN)],
)
async def test_who_may_only_read_gets_no_token_and_the_next_step(platform: Platform, born, step):
    await platform.register("an", born=born)

    token = await issue(platform, "an")

    assert (token.token, list(token.actions), token.HasField("expire_time")) == ("", [], False)
    assert token.next_step.kind == step
    assert token.next_step.text_vi


async def test_published_keys_have_the_members_of_a_jwk_set(platform: Platform):
    (key,) = (await jwks(platform))["keys"]

    assert key.keys() == {"kty", "crv", "alg", "use", "kid", "x", "y"}
    assert (key["kty"], key["crv"], key["alg"], key["use"]) == ("EC", "P-256", "ES256", "sig")


@pytest.mark.rule("R43")
async def test_every_way_to_a_lawful_account_is_told_in_both_languages(platform: Platform):
    answer = await platform.ask("ListVerificationPaths", service_pb2.ListVerificationPathsRequest())

    kinds = [resources_pb2.VerificationPath.Kind.Name(path.kind) for path in answer.paths]
    assert kinds == ["PHONE", "ELECTRONIC_ID", "READ_ONLY", "GUARDIAN"]
    assert all((path.who_vi, path.who_en, path.what_vi, path.what_en, path.legal_basis) for path in answer.paths)
    assert all(all(getattr(path, field.name) for field in path.DESCRIPTOR.fields) for path in answer.paths)


@pytest.fixture
def own(postgres_server, sql, lasting_valkey, tmp_path):
    """A process of this test alone, whose keys it rotates."""
    sql("CREATE DATABASE identity_rotation")
    database_url = postgres_server.database_url("identity_rotation")
    with identity_process(tmp_path, database_url, lasting_valkey.url) as made:
        yield made
    sql("DROP DATABASE identity_rotation WITH (FORCE)")


async def test_an_edge_verifies_offline_before_between_and_after_the_rounds_of_a_rotation(own: IdentityProcess):
    old, new = encode(random_bytes(32)), encode(random_bytes(32))
    rounds = (f"0 {old} current\n", f"0 {old} current\n1 {new}\n", f"0 {old}\n1 {new} current\n", f"1 {new} current\n")
    tokens, verifiers = [], []
    platform = None
    for lines in rounds:
        (own.keys / "standing-sign.keys").write_text(lines, "ascii")
        own.start()
        api = Api(own)
        if platform is None:
            platform = await Platform.create(api)
            await verified(api, platform, "an")
        else:
            platform = platform.over(api)
            await platform.until_known()
        tokens.append((await issue(platform, "an")).token)
        verifiers.append(await verifier_of(platform))
        await api.close()
        own.stop()

    for round_, verifier in enumerate(verifiers):
        for neighbour in range(max(round_ - 1, 0), min(round_ + 2, len(rounds))):
            assert verifier.verify(tokens[neighbour]).allows(Action.POST), (round_, neighbour)
    with pytest.raises(UnknownKey):
        verifiers[3].verify(tokens[0])
    assert len({token.partition(".")[0] for token in tokens}) == 2

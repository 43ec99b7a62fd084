"""Certificates of the internal port while calls go on: renewed, replaced with their authority, ended, taken back, wrong."""

import asyncio
from datetime import timedelta

import grpc
import pytest
from authority import Authority, replace
from cryptography.x509 import load_pem_x509_certificate

from xacthuc.api.otp.v1 import internal_pb2
from xacthuc.api.otp.v1.internal_pb2_grpc import OtpInternalStub
from xacthuc.grpckit.channels import ServiceChannel
from xacthuc.grpckit.rejection import details_of
from xacthuc.grpckit.tls import TlsFiles

REQUEST = internal_pb2.RedeemProofRequest(
    proof_token=f"{'a' * 24}.{'b' * 43}",
    request_id="0b2f7a52-53c1-4e0e-9d3c-3f1f0f1b8a11",
    subject="accounts/a",
    purposes=["ACCOUNT_VERIFICATION"],
)
WATCH = internal_pb2.WatchOutcomesRequest()
WITHIN = timedelta(seconds=5)
CALLS_AT_ONCE = 8


class Installation:
    """A server, a client, and the directory that both have their certificates in."""

    def __init__(self, directory, authority, deployment):
        self.directory, self.authority, self.deployment = directory, authority, deployment
        self.channel = self.connect()
        self.stub = OtpInternalStub(self.channel.channel)

    def connect(self):
        files = TlsFiles(self.directory, "identity")
        return ServiceChannel(self.deployment.addresses["internal"], files, self.deployment.telemetry, peer="otp")

    async def call(self):
        return await self.channel.tell(self.stub.RedeemProof, REQUEST, within=WITHIN)

    async def reason(self):
        """Returns why a call is refused, by the status where gRPC itself does; empty when it is not."""
        try:
            await self.stub.RedeemProof(REQUEST, timeout=WITHIN.total_seconds())
        except grpc.aio.AioRpcError as refused:
            return str(details_of(refused).reason or refused.code().name)
        return ""

    def own_certificate(self):
        return load_pem_x509_certificate((self.directory / "identity.pem").read_bytes())

    def trust(self, *authorities):
        replace(self.directory / "ca.pem", b"".join(authority.pem for authority in authorities))

    def take_back(self, *certificates):
        replace(self.directory / "crl.pem", self.authority.revocations(*certificates))


async def answer(_request, call):
    return internal_pb2.Proof(proof_id=call.peer)


@pytest.fixture
async def install(deploy, tmp_path):
    """`await install(identity=...)` starts a server, and a client whose certificate is issued with those options."""
    channels = []

    async def made(**identity):
        directory, authority = tmp_path / "tls", Authority()
        directory.mkdir()
        replace(directory / "ca.pem", authority.pem)
        authority.issue(directory, "otp")
        authority.issue(directory, "identity", **identity)
        deployment = await deploy(tls_directory=directory)
        deployment.probe.does = answer
        installation = Installation(directory, authority, deployment)
        channels.append(installation.channel)
        return installation

    yield made
    for channel in channels:
        await channel.close()


class Load:
    """Calls without a pause, and what became of them."""

    def __init__(self, installation):
        self._installation = installation
        self._ending = asyncio.Event()
        self.answered = 0

    async def _call(self):
        while not self._ending.is_set():
            await self._installation.call()
            self.answered += 1

    async def __aenter__(self):
        self._callers = [asyncio.create_task(self._call()) for _ in range(CALLS_AT_ONCE)]
        return self

    async def __aexit__(self, *_):
        self._ending.set()
        await asyncio.gather(*self._callers)  # the first call that failed fails the test


def renewals(installation):
    return sum(line["event"] == "certificate_renewed" for line in installation.deployment.lines())


async def test_every_certificate_and_the_authority_are_replaced_under_load_without_a_failed_call(install, eventually):
    installation = await install()
    old, new = installation.authority, Authority("the next authority")

    async def moved(times):
        await eventually(lambda: renewals(installation) == times)

    async with Load(installation) as load:
        await eventually(lambda: load.answered > CALLS_AT_ONCE)
        old.issue(installation.directory, "identity")
        await moved(1)
        installation.trust(old, new)
        await moved(2)
        new.issue(installation.directory, "otp")
        new.issue(installation.directory, "identity")
        await moved(3)
        installation.trust(new)
        await moved(4)
        answered = load.answered
        await eventually(lambda: load.answered > answered + CALLS_AT_ONCE)
    # The last connection was made by who trusts the next authority alone: the server presents its certificate.


async def test_metrics_tell_until_when_the_pair_holds_that_the_next_handshake_presents(install):
    installation = await install()

    def told(which="after"):
        metric = f"xacthuc_certificate_not_{which}_seconds"
        return installation.deployment.telemetry.metrics.registry.get_sample_value(metric, {"port": "internal"})

    issued = installation.authority.issue(installation.directory, "otp", life=timedelta(hours=3))
    assert told() == issued.not_valid_after_utc.timestamp()
    assert told("before") == issued.not_valid_before_utc.timestamp()
    (installation.directory / "otp.key").write_text("half a renewal")
    assert told() == issued.not_valid_after_utc.timestamp()
    (installation.directory / "otp.key").unlink()
    assert told() == issued.not_valid_after_utc.timestamp()
    renewed = installation.authority.issue(installation.directory, "otp", life=timedelta(hours=9))
    assert told() == renewed.not_valid_after_utc.timestamp() > issued.not_valid_after_utc.timestamp()


async def test_a_stream_outlives_the_renewal_of_the_certificate_it_was_opened_with(install, eventually):
    installation = await install()
    more = asyncio.Event()

    async def two_answers(_request, _call):
        async def answers():
            yield internal_pb2.WatchOutcomesResponse(cursor=b"1")
            await more.wait()
            yield internal_pb2.WatchOutcomesResponse(cursor=b"2")

        return answers()

    installation.deployment.probe.does = two_answers
    stream = installation.channel.watch(installation.stub.WatchOutcomes, WATCH)
    first = await anext(stream)

    installation.deployment.probe.does = answer
    installation.authority.issue(installation.directory, "identity")

    async def renewed():
        await installation.call()
        return renewals(installation) == 1

    await eventually(renewed)
    more.set()

    assert [first.cursor, (await anext(stream)).cursor] == [b"1", b"2"]
    with pytest.raises(StopAsyncIteration):
        await anext(stream)


async def test_half_of_a_renewal_keeps_the_pair_in_use(install):
    installation = await install()
    before = await installation.call()
    kept = (installation.directory / "identity.key").read_bytes()

    installation.authority.issue(installation.directory, "identity")
    replace(installation.directory / "identity.key", kept)
    installation.channel.channel._look()  # what calls do four times a second

    assert await installation.call() == before
    assert renewals(installation) == 0


async def test_a_certificate_that_the_peer_does_not_take_costs_no_call(install):
    installation = await install()
    await installation.call()

    Authority("a stranger").issue(installation.directory, "identity")
    installation.channel.channel._look()  # what calls do four times a second
    refused = [await installation.reason() for _ in range(20)]

    assert refused == [""] * 20
    assert renewals(installation) == 0


async def test_a_certificate_that_was_taken_back_is_refused_on_a_connection_that_is_open(install, eventually):
    installation = await install()
    own = installation.authority.issue(installation.directory, "livestream")
    assert await installation.reason() == ""

    taken = installation.own_certificate()
    installation.take_back(own, taken)

    async def refused():
        return await installation.reason() == "PEER_REVOKED"

    await eventually(refused)


async def test_another_certificate_of_the_same_service_is_good_while_one_is_taken_back(install, eventually):
    installation = await install()
    installation.take_back(installation.own_certificate())

    async def answers(reason):
        return await installation.reason() == reason

    await eventually(lambda: answers("PEER_REVOKED"))
    installation.authority.issue(installation.directory, "identity")

    await eventually(lambda: answers(""))


async def test_a_list_that_a_stranger_signed_changes_nothing(install, eventually):
    installation = await install()
    taken = installation.own_certificate()
    replace(installation.directory / "crl.pem", Authority("test authority").revocations(taken))

    async def said():
        assert await installation.reason() == ""
        return any(line["event"] == "revocation_list_unusable" for line in installation.deployment.lines())

    await eventually(said)


async def test_a_certificate_that_ended_cannot_connect(install):
    installation = await install(life=-timedelta(minutes=1))

    assert await installation.reason() == "UNAVAILABLE"


async def test_a_certificate_of_another_authority_cannot_connect(install):
    installation = await install()
    Authority("a stranger").issue(installation.directory, "identity")

    async with installation.connect() as stranger:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await OtpInternalStub(stranger.channel).RedeemProof(REQUEST, timeout=5)

    assert refused.value.code() is grpc.StatusCode.UNAVAILABLE


@pytest.mark.parametrize(
    "uris",
    [
        [],
        ["spiffe://elsewhere/identity"],
        ["https://xacthuc/identity"],
        ["spiffe://xacthuc/identity", "spiffe://xacthuc/cli"],
    ],
)
async def test_a_certificate_that_names_no_service_or_several_opens_nothing(install, uris):
    installation = await install(uris=uris)

    assert await installation.reason() == "PEER_UNKNOWN"


@pytest.mark.parametrize("uri", ["spiffe://xacthuc/identity/x", "spiffe://xacthuc/IDENTITY", "spiffe://xacthuc/"])
async def test_a_name_that_is_not_to_the_letter_on_the_list_opens_nothing(install, uri):
    installation = await install(uris=[uri])

    assert await installation.reason() == "PEER_NOT_ALLOWED"

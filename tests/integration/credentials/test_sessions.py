"""Sessions of the staff travel from identity to every server: signed, at once, and no longer than they are used."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from prometheus_client import CollectorRegistry

from xacthuc.credentials import records
from xacthuc.credentials.publisher import SessionPublisher
from xacthuc.credentials.replica import LONGEST_AGE
from xacthuc.credentials.session_directory import SessionDirectory
from xacthuc.credentials.sessions import SessionRecord, SessionSecret, SessionState, sign
from xacthuc.credentials.staff import Role
from xacthuc.credentials.store import SESSIONS, USED
from xacthuc.grpckit.errors import Unauthenticated, Unavailable
from xacthuc.grpckit.reasons import Reason
from xacthuc.telemetry.metrics import Metrics
from xacthuc.valkey import Store

SIGNING = Ed25519PrivateKey.from_private_bytes(bytes(32))
SECRET = SessionSecret.generate()
HEADER = f"Bearer {SECRET.text}"
HOUR = timedelta(hours=1)
HOUR_MS = 3_600_000


@pytest.fixture
async def store(valkey_url):
    store = await Store.connect(valkey_url)
    yield store
    await store.close()


@pytest.fixture
def record(clock):
    return SessionRecord(
        id="s1",
        operator="an",
        roles=frozenset({Role.OFFICER}),
        sha256=SECRET.sha256,
        state=SessionState.ACTIVE,
        create_ms=clock.now_ms(),
        expire_ms=clock.now_ms() + 8 * HOUR_MS,
        idle_ms=HOUR_MS,
        version=1,
    )


@pytest.fixture
def publisher(store):
    return SessionPublisher(store, SIGNING)


@pytest.fixture
async def new_server(store, clock):
    """Makes one server's copy."""
    started = []

    async def make():
        directory = SessionDirectory(store, SIGNING.public_key(), clock, Metrics(CollectorRegistry()))
        await directory.start()
        started.append(directory)
        return directory

    yield make
    for directory in started:
        await directory.stop()


def refusal(directory, header=HEADER):
    with pytest.raises((Unauthenticated, Unavailable)) as refused:
        directory.authenticate(header)
    assert isinstance(refused.value, Unavailable) or "xacthuc staff sign-in" in refused.value.message
    return refused.value.reason


async def test_a_session_names_its_operator_with_roles(publisher, new_server, record, eventually):
    server = await new_server()
    assert refusal(server) is Reason.STAFF_SESSION_UNKNOWN

    await publisher.publish([record])

    await eventually(lambda: server._records)
    operator = server.authenticate(HEADER)
    assert (operator.id, operator.roles, operator.session) == ("an", {Role.OFFICER}, "s1")


async def test_a_revocation_holds_within_a_second(publisher, new_server, record, eventually):
    await publisher.publish([record])
    server = await new_server()
    await publisher.publish([replace(record, state=SessionState.REVOKED, version=2)])

    def is_refused():
        try:
            server.authenticate(HEADER)
        except Unauthenticated as refused:
            return refused.reason is Reason.STAFF_SESSION_REVOKED
        return False

    await eventually(is_refused, within=timedelta(seconds=1))


async def test_an_old_record_brings_no_session_back(publisher, new_server, record):
    await publisher.publish([replace(record, state=SessionState.REVOKED, version=2)])
    server = await new_server()

    await publisher.publish([record])
    await server.refresh()

    assert refusal(server) is Reason.STAFF_SESSION_REVOKED


async def test_a_session_ends_at_its_time_however_much_it_is_used(publisher, new_server, record, clock):
    await publisher.publish([record])
    server = await new_server()
    for _ in range(15):
        clock.advance(HOUR / 2)
        await server.refresh()
        server.authenticate(HEADER)
    clock.advance(HOUR / 2)
    await server.refresh()

    assert refusal(server) is Reason.STAFF_SESSION_EXPIRED


async def test_a_session_that_nobody_uses_for_an_hour_is_over(publisher, new_server, record, clock):
    await publisher.publish([record])
    server = await new_server()
    clock.advance(HOUR - timedelta(milliseconds=1))
    await server.refresh()
    server.authenticate(HEADER)
    clock.advance(HOUR)
    await server.refresh()

    assert refusal(server) is Reason.STAFF_SESSION_EXPIRED


async def test_being_used_at_one_server_counts_at_all(publisher, new_server, record, clock, store, eventually):
    await publisher.publish([record])
    used, other = await new_server(), await new_server()
    clock.advance(HOUR * 0.9)
    for server in (used, other):
        await server.refresh()
    used.authenticate(HEADER)

    async def is_told():
        return await store.execute(b"HGET", USED, "s1") == str(clock.now_ms()).encode()

    await eventually(is_told)
    clock.advance(HOUR * 0.9)
    await other.refresh()
    assert other.authenticate(HEADER).id == "an"


async def test_who_writes_to_the_store_can_make_no_session_and_prolong_none_beyond_its_time(
    publisher, new_server, record, clock, store
):
    stranger = Ed25519PrivateKey.generate()
    await publisher.publish([record])
    forged = replace(record, id="s2", sha256=SessionSecret.generate().sha256, roles=frozenset(Role))
    await store.execute(b"HSET", SESSIONS.records, "s2", sign(forged, stranger), "#", "other")
    await store.execute(b"HSET", USED, "s1", str(clock.now_ms() + 100 * HOUR_MS), "s2", "x")
    server = await new_server()

    assert set(server._records) == {SECRET.sha256}
    clock.advance(HOUR * 8)
    await server.refresh()
    assert refusal(server) is Reason.STAFF_SESSION_EXPIRED


async def test_a_key_record_is_no_session_record(new_server, store):
    key = records.KeyRecord(
        platform="forum", key_id="s1", sha256=SECRET.sha256, scopes=frozenset(), state=records.KeyState.ACTIVE,
        expire_ms=None, version=1,
    )  # fmt: skip
    await store.execute(b"HSET", SESSIONS.records, "s1", records.sign(key, SIGNING), "#", "1")

    assert refusal(await new_server()) is Reason.STAFF_SESSION_UNKNOWN


async def test_without_the_store_the_last_good_copy_serves_for_a_quarter_of_an_hour(
    publisher, new_server, record, clock
):
    await publisher.publish([record])
    server = await new_server()
    await server.stop()
    clock.advance(LONGEST_AGE)
    assert server.authenticate(HEADER)
    clock.advance(timedelta(milliseconds=1))

    assert refusal(server) is Reason.CREDENTIALS_UNAVAILABLE


async def test_what_ended_long_ago_is_dropped_from_the_store(publisher, new_server, record, store):
    await publisher.publish([record])
    await store.execute(b"HSET", USED, "s1", "1")
    server = await new_server()

    await publisher.drop(["s1"])
    await server.refresh()

    assert refusal(server) is Reason.STAFF_SESSION_UNKNOWN
    assert await store.execute(b"HGET", USED, "s1") is None


@pytest.mark.parametrize("form", ["", "Bearer", "bearer {}", "{}", "Bearer  {}", "Bearer é"])
async def test_what_is_no_session_is_refused_without_being_quoted(publisher, new_server, record, form):
    header = form.format(SECRET.text)
    await publisher.publish([record])

    assert refusal(await new_server(), header) is Reason.STAFF_SESSION_UNKNOWN

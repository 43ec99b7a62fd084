"""Keys travel from identity to every server through the store: at once, signed, and for 15 minutes without it."""

import math
import os
import signal
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from prometheus_client import CollectorRegistry

from xacthuc.credentials.directory import LONGEST_AGE, KeyDirectory
from xacthuc.credentials.key import PlatformKey
from xacthuc.credentials.publisher import KeyPublisher
from xacthuc.credentials.records import KeyRecord, KeyState, sign
from xacthuc.credentials.scopes import Scope
from xacthuc.grpckit.errors import Unauthenticated, Unavailable
from xacthuc.grpckit.reasons import Reason
from xacthuc.settings import Environment
from xacthuc.telemetry.metrics import Metrics
from xacthuc.valkey import Store

SIGNING = Ed25519PrivateKey.from_private_bytes(bytes(32))
KEY = PlatformKey.generate(Environment.PRODUCTION)
HEADER = f"Bearer {KEY.text}"
RECORD = KeyRecord(
    platform="forum",
    key_id="k1",
    sha256=KEY.sha256,
    scopes=frozenset({Scope.OTP}),
    state=KeyState.ACTIVE,
    expire_ms=None,
    version=1,
)
REVOKED = replace(RECORD, state=KeyState.REVOKED, version=2)

# The promise of decision 12, and the poll that keeps it when the channel stays silent.
ONE_SECOND = timedelta(seconds=1)


@pytest.fixture
async def store(valkey_url):
    store = await Store.connect(valkey_url)
    yield store
    await store.close()


@pytest.fixture
def metrics():
    return Metrics(CollectorRegistry())


@pytest.fixture
def publisher(store):
    return KeyPublisher(store, SIGNING)


@pytest.fixture
async def directory(store, clock, metrics):
    directory = KeyDirectory(store, SIGNING.public_key(), clock, metrics, development=False)
    await directory.start()
    yield directory
    await directory.stop()


def reason_of(directory, header=HEADER):
    with pytest.raises((Unauthenticated, Unavailable)) as caught:
        directory.authenticate(header)
    return caught.value.reason


def is_known(directory):
    try:
        return directory.authenticate(HEADER) == RECORD
    except Unauthenticated:
        return False


async def test_a_published_key_is_known_to_a_running_server_within_a_second(directory, publisher, eventually):
    await publisher.publish([RECORD])

    await eventually(lambda: is_known(directory), within=ONE_SECOND)


async def test_a_revocation_holds_within_a_second(directory, publisher, eventually):
    await publisher.publish([RECORD])
    await eventually(lambda: is_known(directory))

    await publisher.publish([REVOKED])

    await eventually(lambda: not is_known(directory), within=ONE_SECOND)
    assert reason_of(directory) is Reason.CREDENTIALS_REVOKED


async def test_a_revocation_holds_within_a_second_when_its_message_is_lost(store, directory, publisher, eventually):
    await publisher.publish([RECORD])
    await eventually(lambda: is_known(directory))

    await store.execute("HSET", "keys", "k1", sign(REVOKED, SIGNING))
    await store.execute("HSET", "keys", "#", os.urandom(8).hex())

    await eventually(lambda: not is_known(directory), within=ONE_SECOND)


async def test_a_server_that_starts_later_knows_what_was_published_before(store, clock, metrics, publisher):
    await publisher.publish([RECORD])
    late = KeyDirectory(store, SIGNING.public_key(), clock, metrics, development=False)
    await late.refresh()

    assert late.authenticate(HEADER) == RECORD


async def test_more_keys_than_fit_in_one_trip_are_all_published(directory, publisher, metrics):
    records = [replace(RECORD, key_id=f"k{n}", sha256=n.to_bytes(32)) for n in range(1203)]
    await publisher.publish(records)
    await directory.refresh()

    assert metrics.keys_known._value.get() == 1203


async def test_a_record_that_identity_did_not_sign_opens_nothing_and_is_counted(store, directory, publisher, metrics):
    await publisher.publish([replace(RECORD, key_id="other", sha256=bytes(32))])
    await store.execute("HSET", "keys", "k1", sign(RECORD, Ed25519PrivateKey.generate()))
    await store.execute("HSET", "keys", "#", os.urandom(8).hex())
    await directory.refresh()

    assert reason_of(directory) is Reason.CREDENTIALS_UNKNOWN
    assert metrics.keys_refresh_failures.value("signature") > 0


async def test_an_older_record_of_a_key_does_not_bring_it_back(store, directory, publisher):
    await publisher.publish([REVOKED])
    await directory.refresh()
    await store.execute("HSET", "keys", "k1", sign(RECORD, SIGNING))
    await store.execute("HSET", "keys", "#", os.urandom(8).hex())
    await directory.refresh()

    assert reason_of(directory) is Reason.CREDENTIALS_REVOKED


async def test_records_read_before_a_revocation_and_published_after_it_do_not_undo_it(
    store, clock, metrics, publisher, directory
):
    """Another identity process fills the store with what it read before the revocation was committed."""
    await publisher.publish([REVOKED])
    await publisher.publish([RECORD, replace(RECORD, key_id="other", sha256=bytes(32))])

    later = KeyDirectory(store, SIGNING.public_key(), clock, metrics, development=False)
    await later.refresh()

    assert reason_of(later) is Reason.CREDENTIALS_REVOKED
    assert metrics.keys_known._value.get() == 2


async def test_a_published_record_replaces_what_is_not_a_record(store, directory, publisher):
    for field, value in (("k1", b"x"), ("k2", bytes(64) + b"7"), ("k3", bytes(64) + b'{"version":"z"}')):
        await store.execute("HSET", "keys", field, value)
        await publisher.publish([replace(RECORD, key_id=field)])
        await directory.refresh()

        assert directory.authenticate(HEADER).key_id == field
        await store.execute("HDEL", "keys", field)


async def test_a_key_whose_record_was_removed_opens_nothing(store, directory, publisher):
    await publisher.publish([RECORD])
    await store.execute("HDEL", "keys", "k1")
    await store.execute("HSET", "keys", "#", os.urandom(8).hex())
    await directory.refresh()

    assert reason_of(directory) is Reason.CREDENTIALS_UNKNOWN


async def test_a_store_that_was_emptied_takes_no_key_away(store, directory, publisher, metrics):
    await publisher.publish([RECORD])
    await directory.refresh()
    await store.execute("DEL", "keys")
    await directory.refresh()

    assert directory.authenticate(HEADER) == RECORD
    assert metrics.keys_refresh_failures.value("store") > 0


async def test_identity_can_tell_that_a_store_has_to_be_filled_anew(publisher):
    assert not await publisher.is_published()
    await publisher.publish([RECORD])
    assert await publisher.is_published()


async def test_publishing_everything_again_changes_nothing(directory, publisher):
    await publisher.publish([RECORD])
    await publisher.publish([RECORD])
    await directory.refresh()

    assert directory.authenticate(HEADER) == RECORD


async def test_no_key_is_trusted_before_the_store_was_ever_read(store, clock, metrics):
    unread = KeyDirectory(store, SIGNING.public_key(), clock, metrics, development=False)

    assert reason_of(unread) is Reason.CREDENTIALS_UNAVAILABLE
    assert unread.age_seconds() == math.inf


@pytest.fixture
async def cut_off(own_valkey, clock, metrics):
    """A directory that read its keys and then lost its store."""
    store = await Store.connect(own_valkey.url, timeout_seconds=0.1)
    await KeyPublisher(store, SIGNING).publish([RECORD])
    directory = KeyDirectory(store, SIGNING.public_key(), clock, metrics, development=False)
    await directory.refresh()
    os.kill(own_valkey.process.pid, signal.SIGSTOP)
    await directory.refresh()
    yield directory, own_valkey
    os.kill(own_valkey.process.pid, signal.SIGCONT)
    await store.close()


async def test_the_last_good_copy_serves_for_fifteen_minutes(cut_off, clock, metrics):
    directory, _ = cut_off
    clock.advance(LONGEST_AGE)

    assert directory.authenticate(HEADER) == RECORD
    assert metrics.keys_refresh_failures.value("store") == 1


async def test_after_fifteen_minutes_without_the_store_no_key_is_trusted(cut_off, clock):
    directory, _ = cut_off
    clock.advance(LONGEST_AGE + timedelta(milliseconds=1))

    assert reason_of(directory) is Reason.CREDENTIALS_UNAVAILABLE
    assert directory.age_seconds() > 900


async def test_keys_are_trusted_again_once_the_store_is_back(cut_off, clock, eventually):
    directory, server = cut_off
    clock.advance(LONGEST_AGE * 2)
    os.kill(server.process.pid, signal.SIGCONT)

    async def back():
        await directory.refresh()
        return directory.age_seconds() == 0

    await eventually(back)

    assert directory.authenticate(HEADER) == RECORD


async def test_a_store_that_was_lost_and_filled_anew_is_read_anew(directory, publisher, store):
    """As many changes as before must not look like none."""
    await publisher.publish([replace(RECORD, key_id="k0", sha256=bytes(32))])
    await directory.refresh()
    await store.execute(b"DEL", b"keys")

    await publisher.publish([RECORD])
    await directory.refresh()

    assert is_known(directory)

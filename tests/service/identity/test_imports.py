"""ImportAccounts over real gRPC with mutual TLS: who may, what a stream survives, and what its answers say."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import grpc
import grpc.aio
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from google.type import date_pb2
from identity_service import refusal

from xacthuc.api.identity.v1 import internal_pb2, internal_pb2_grpc, resources_pb2
from xacthuc.grpckit.tls import TlsFiles

VERDICT = internal_pb2.ImportVerdict
SECONDS = 30


@pytest.fixture
async def internal(deployment):
    """The internal port as a service named by its certificate calls it."""
    channels = []

    def of(peer):
        credentials = TlsFiles(deployment.tls, peer).channel_credentials()
        options = [("grpc.ssl_target_name_override", "identity"), ("grpc.max_receive_message_length", -1)]
        channels.append(grpc.aio.secure_channel(deployment.internal, credentials, options=options))
        return internal_pb2_grpc.IdentityInternalStub(channels[-1])

    yield of
    for channel in channels:
        await channel.close()


@pytest.fixture
def send(internal, platform):
    async def stream(*requests, peer="backfill", metadata=None):
        named = metadata if metadata is not None else (("x-xacthuc-platform", platform.name),)
        call = internal(peer).ImportAccounts(iter(requests), metadata=named, timeout=SECONDS)
        return [answer async for answer in call]

    return stream


async def refused(stream):
    """Returns the server's refusal. A refused stream changes nothing, so it is sent again for as long as gRPC's client
    hides the status behind an INTERNAL of its own, which it does when the refusal overtakes a write."""
    error = await refusal(stream())
    while error.details() == "Internal error from Core":
        error = await refusal(stream())
    return error


def account(account_id, **fields):
    accepted = Timestamp()
    accepted.FromDatetime(datetime(2025, 3, 1, tzinfo=UTC))
    whole = {
        "account_id": account_id,
        "full_name": "Nguyễn Văn A",
        "birth_date": date_pb2.Date(year=1990, month=1, day=2),
        "consent": internal_pb2.ImportedAccount.PriorConsent(text_version="1", accept_time=accepted),
    }
    return internal_pb2.ImportedAccount(**{**whole, **fields})


def batch(*rows, batch_id=None):
    return internal_pb2.ImportAccountsRequest(batch_id=batch_id or str(uuid4()), rows=rows)


@pytest.mark.parametrize("peer", ["backfill", "cli"])
async def test_an_import_is_answered_batch_by_batch_in_order(send, platform, peer):
    sent = [batch(account(f"u{number}"), account(f"v{number}")) for number in range(5)]

    answers = await send(*sent, peer=peer)

    assert [answer.batch_id for answer in answers] == [one.batch_id for one in sent]
    assert {answer.counts.imported for answer in answers} == {2}
    assert (await platform.get("v4")).state == resources_pb2.Account.UNVERIFIED


async def test_a_batch_is_sent_when_the_one_before_is_answered_as_well_as_ahead(internal, platform):
    call = internal("backfill").ImportAccounts(metadata=(("x-xacthuc-platform", platform.name),), timeout=SECONDS)
    for number in range(3):
        await call.write(batch(account(f"u{number}")))
        assert (await call.read()).counts.imported == 1
    await call.done_writing()

    assert await call.read() is grpc.aio.EOF


async def test_every_kind_of_faulty_row_is_refused_alone(send):
    far = Timestamp(seconds=10**12)
    phone, row = internal_pb2.ImportedAccount.PhoneEvidence, internal_pb2.ImportedAccount
    past = Timestamp(seconds=1_700_000_000)
    faulty = {
        "account_id": account("0912345678"),
        "account_id ": account("has space"),
        "account_id  ": account(""),
        "account_id   ": account("x" * 65),
        "account_id    ": account("an.gmail.com"),
        "full_name": account("a", full_name="A" * 300),
        "full_name ": account("b", full_name="A\x00"),
        "birth_date": account("c", birth_date=date_pb2.Date(year=1990)),
        "birth_date.day": account("d", birth_date=date_pb2.Date(year=2023, month=2, day=29)),
        "birth_date.year": account("e", birth_date=date_pb2.Date(year=9999, month=1, day=1)),
        "consent.accept_time": account("f", consent=row.PriorConsent(text_version="1", accept_time=far)),
        "consent.text_version": account("g", consent=row.PriorConsent(text_version="một", accept_time=past)),
        "phone_evidence.phone_number": account(
            "h", phone_evidence=phone(phone_number="02438251234", verify_time=past, source="s")
        ),
        "phone_evidence.source": account(
            "i", phone_evidence=phone(phone_number="0912345678", verify_time=past, source="Ê")
        ),
        "transition.legal_basis": account("j", transition=row.Transition(end_time=past)),
        "transition.end_time": account("k", transition=row.Transition(end_time=far, legal_basis="x")),
    }
    (answer,) = await send(batch(*faulty.values(), account("fine")))

    told = [[fault.field for fault in verdict.faults] for verdict in answer.verdicts]
    assert told == [*([name.strip()] for name in faulty), []]
    assert (answer.counts.refused, answer.counts.imported) == (len(faulty), 1)
    assert all(fault.reason and fault.description for verdict in answer.verdicts for fault in verdict.faults)


async def test_an_answer_says_nothing_of_what_was_sent(send):
    (answer,) = await send(batch(account("0912345678", full_name="Bí Mật\x00"), account("u1")))

    assert "0912345678" not in str(answer)
    assert "Bí Mật" not in str(answer)


@pytest.mark.parametrize(
    "wrong",
    [batch(), batch(*[account(f"u{n}") for n in range(1001)]), batch(account("u"), batch_id="1")],
    ids=["empty", "of 1 001 rows", "without a UUID"],
)
async def test_a_batch_that_breaks_the_contract_ends_the_stream_and_changes_nothing(send, wrong):
    assert (await refused(lambda: send(wrong))).code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_thousand_rows_of_the_longest_names_fit_into_a_message(send):
    rows = [account(f"{'x' * 50}{number:014d}", full_name="Ẵ" * 200) for number in range(1000)]

    (answer,) = await send(batch(*rows))

    assert answer.counts.imported == 1000


async def test_a_message_beyond_4_mib_is_refused(send):
    error = await refused(lambda: send(batch(*[account("u", full_name="x" * 5_000) for _ in range(1000)])))

    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_a_repeated_batch_is_answered_as_before_and_another_of_its_id_is_refused(send):
    sent = batch(account("a"), account("b"))
    (first,) = await send(sent)
    (again,) = await send(sent)
    error = await refused(lambda: send(batch(account("c"), batch_id=sent.batch_id)))

    assert first == again
    assert error.code() is grpc.StatusCode.ALREADY_EXISTS


async def test_other_services_may_not_import(send):
    assert (await refused(lambda: send(batch(account("u")), peer="otp"))).code() is grpc.StatusCode.PERMISSION_DENIED


async def test_an_import_has_to_name_its_platform(send):
    assert (await refused(lambda: send(batch(account("u")), metadata=()))).code() is grpc.StatusCode.UNAUTHENTICATED


async def test_streams_side_by_side_import_everything_once(send, platform):
    async def stream(turn):
        return await send(*(batch(*(account(f"u{turn}-{n}-{m}") for m in range(50))) for n in range(4)))

    answers = await asyncio.gather(*(stream(turn) for turn in range(4)))

    assert sum(answer.counts.imported for stream_ in answers for answer in stream_) == 800


async def test_an_importer_that_does_not_read_its_verdicts_costs_no_memory(internal, platform, deployment):
    """72 MB are sent while no answer is read, and never held at once."""
    sent = [batch(*(account(f"u{n}", full_name="x" * 3_000) for n in range(1_000))) for _ in range(24)]
    call = internal("backfill").ImportAccounts(metadata=(("x-xacthuc-platform", platform.name),), timeout=240)
    before_mib = peak_mib(deployment.process.pid)

    async def write():
        for one in sent:
            await call.write(one)
        await call.done_writing()

    writer = asyncio.create_task(write())
    await asyncio.wait({writer}, timeout=2)
    answers = [answer.batch_id async for answer in call]

    await writer
    assert answers == [one.batch_id for one in sent]
    assert peak_mib(deployment.process.pid) - before_mib < 60


def peak_mib(pid):
    """The most memory that a process ever had in RAM (VmHWM, proc(5))."""
    (line,) = [one for one in Path(f"/proc/{pid}/status").read_text("ascii").splitlines() if one.startswith("VmHWM")]
    return int(line.split()[1]) / 1_024

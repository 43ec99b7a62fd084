"""The service over a Cluster: the silent channel, resends, notices, money and figures each find their slots."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from fake_operator import FakeOperator
from otp_service import Challenge, Deployment, Refused, answer
from silent_channel import TOKEN, operator

from xacthuc.api.otp.v1 import admin_pb2, internal_pb2, service_pb2
from xacthuc.otp.delivery.adapters.valkey_purse import ValkeyPurse
from xacthuc.otp.delivery.adapters.valkey_tallies import Tallies
from xacthuc.otp.delivery.domain.figures import Entry, Figures, Place
from xacthuc.otp.delivery.ports import Charge
from xacthuc.policy import Policy
from xacthuc.valkey import Store

if TYPE_CHECKING:
    from pathlib import Path

    from otp_deployment import Deploy

    from xacthuc.embedded import ValkeyCluster

__all__ = ["operator"]

pytestmark = pytest.mark.engine

Verdict = service_pb2.CheckCodeResponse
PRICE = 800
NUMBERS = [f"09123456{number:02d}" for number in range(8)]
"""In so many partitions that every server has some."""


@pytest.fixture
async def otp(deploy: Deploy, valkey_cluster: ValkeyCluster, operator: FakeOperator, tmp_path: Path) -> Deployment:
    """A service over a Cluster that other tests used before."""
    store = await Store.connect(valkey_cluster.url)
    await store.execute_everywhere("FLUSHALL")
    await store.close()
    return await deploy(store_url=valkey_cluster.url, operators_directory=operator.file(tmp_path / "operators"))


async def test_numbers_of_every_partition_are_proven_silently_or_by_a_code_that_follows(otp: Deployment) -> None:
    for number in NUMBERS:
        subject = f"accounts/n{number}"
        silent = await otp.forum.start(number, subject=subject, channel=Challenge.NETWORK)
        assert (await otp.forum.check_network(silent.name, TOKEN)).verdict == Verdict.VERIFIED
        other = await otp.forum.start(number, subject=subject, channel=Challenge.NETWORK)
        await otp.forum.resend(other.name)
        otp.clock.advance(timedelta(minutes=1))
        await otp.forum.resend(other.name)
        assert (await otp.forum.check(other.name, otp.code(other.name))).verdict == Verdict.VERIFIED


async def test_notices_are_taken_once_for_each_number(otp: Deployment) -> None:
    async def send(number: str) -> internal_pb2.Notice:
        request = internal_pb2.SendNoticeRequest(
            phone_number=number, template="verification_due", lane="BULK", request_id=str(uuid.uuid4())
        )
        return await answer(otp.backfill.SendNotice(request, metadata=(("x-xacthuc-platform", "forum"),)))

    for number in NUMBERS:
        await send(number)
        with pytest.raises(Refused) as refused:
            await send(number)
        assert refused.value.metadata["limit"] == "notice_number"


async def test_money_is_paid_given_back_capped_and_shown(otp: Deployment) -> None:
    purse = ValkeyPurse(store=otp.store, spend=Policy.load().spend, clock_tolerance_ms=0)
    for token in ("a", "b"):
        charge = Charge(platform="forum", bulk=False, token=token, cost_vnd=PRICE)
        assert await purse.take(charge, otp.clock.now_ms()) is None
    await purse.give_back(charge, otp.clock.now_ms())
    request = admin_pb2.SetSpendCapRequest(
        platform="platforms/forum", budget="INTERACTIVE", daily_cap_vnd=PRICE, reason="x", request_id=str(uuid.uuid4())
    )

    assert (await answer(otp.admin.SetSpendCap(request))).spent_today_vnd == PRICE
    with pytest.raises(Refused) as refused:
        await otp.forum.start()
    assert refused.value.metadata["limit"] == "spend"
    listed = (await answer(otp.admin.ListSpending(admin_pb2.ListSpendingRequest()))).spendings
    assert [each.spent_today_vnd for each in listed if each.budget == admin_pb2.INTERACTIVE] == [PRICE]


async def test_figures_of_many_places_are_added_up(otp: Deployment) -> None:
    tallies = Tallies(store=otp.store, clock=otp.clock, operators=(), counted=lambda *_: None, clock_tolerance_ms=0)
    now_ms = otp.clock.now_ms()
    entry = Entry(0, (now_ms, 0), now_ms, Figures(sent=1))
    entries = {Place(f"vendor_{number}", "viettel", 1): [entry] for number in range(12)}
    assert await tallies.count(entries) == entries

    found = (await answer(otp.admin.ListDeliveryFigures(admin_pb2.ListDeliveryFiguresRequest()))).figures

    assert sum(row.sent_count for row in found) == 12

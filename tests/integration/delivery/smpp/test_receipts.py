"""Receipts as centers send them: early, late, elsewhere, twice, unreadable, or while the store is away."""

from __future__ import annotations

import pytest
from smsc import message

from xacthuc.otp.delivery.ports import Accepted, Receipt, Status
from xacthuc.valkey import StoreUnavailable

DELIVERED = Receipt("1", Status.DELIVERED)


def text_receipt(text: str, esm_class: int = 4) -> dict[str, object]:
    return {"esm_class": esm_class, "source_addr": "84912345678", "short_message": {"message": text}}


async def test_a_receipt_may_come_before_the_answer(center, tend):
    await center.plan({"early": True})
    tended = await tend(center.port)
    assert await tended.provider.send(message()) == Accepted("1")
    assert tended.receipts == [DELIVERED]


async def test_a_receipt_may_come_on_another_bind(center, tend, eventually):
    tended = await tend(center.port, "binds = 2")
    await eventually(lambda: tended.binds == 2)
    await center.plan({"elsewhere": True})
    assert await tended.provider.send(message()) == Accepted("1")
    assert tended.receipts == [DELIVERED]


async def test_a_receipt_may_come_to_another_worker(node, tend, eventually):
    first, second = await tend(node.port), await tend(node.port)
    await eventually(lambda: (first.binds, second.binds) == (1, 1))
    await node.plan({"elsewhere": True})
    assert await first.provider.send(message()) == Accepted("1")
    assert (first.receipts, second.receipts) == ([], [DELIVERED])


async def test_parameters_say_it_without_a_text(node, tend, eventually):
    await node.do("set", to={"tlvReceipts": True})
    await node.plan({}, {"receipt": "EXPIRED"})
    tended = await tend(node.port)
    await tended.provider.send(message())
    await tended.provider.send(message(number=1))
    await eventually(lambda: tended.receipts == [DELIVERED, Receipt("2", Status.FAILED, "expired")])


@pytest.mark.parametrize("parameters", [False, True])
async def test_one_id_in_two_notations_is_one_id(node, tend, eventually, parameters):
    await node.do("set", to={"hexIds": True, "tlvReceipts": parameters})
    tended = await tend(node.port, 'receipts = {id_format = "hex_decimal"}')
    answers = [await tended.provider.send(message(number=number)) for number in range(12)]
    await eventually(lambda: len(tended.receipts) == 12)
    assert [receipt.message_id for receipt in tended.receipts] == [answer.message_id for answer in answers]


async def test_a_center_repeats_what_the_store_could_not_take(center, tend, eventually):
    tended = await tend(center.port)
    tended.refusals.append(StoreUnavailable("away", sent=False, retry_after_seconds=1.0))
    await tended.provider.send(message())

    async def refused() -> bool:
        return (await center.report())["answers"] in ([0x64], [-1])

    await eventually(refused)
    assert tended.receipts == []


async def test_a_fault_of_ours_while_a_receipt_is_recorded_is_counted_and_asks_for_it_again(center, tend, eventually):
    tended = await tend(center.port)
    tended.refusals.append(RuntimeError("a fault"))
    await tended.provider.send(message())

    async def refused() -> bool:
        return (await center.report())["answers"] in ([0x64], [-1])

    await eventually(refused)
    assert tended.faults == ["failed"]
    assert isinstance(await tended.provider.send(message(number=1)), Accepted), "the bind stands"


async def test_what_is_no_receipt_is_acknowledged_and_counted(node, tend, eventually):
    tended = await tend(node.port)
    await eventually(lambda: tended.binds == 1)
    await node.do("deliver", unit=text_receipt("xin chao", esm_class=0))
    await node.do("deliver", unit=text_receipt("no id, no state"))
    await node.do("deliver", unit=text_receipt("id:7 stat:NONSENSE"))
    await node.do("deliver", unit=text_receipt("id:7 sub:001 dlvrd:000 stat:ENROUTE err:000"))

    async def answered() -> bool:
        return (await node.report())["answers"] == [0, 0, 0, 0]

    await eventually(answered)
    assert tended.faults == ["inbound", "malformed_receipt", "malformed_receipt"]
    assert tended.receipts == []


async def test_a_number_out_of_service_is_named_by_the_centers_error(node, tend, eventually):
    tended = await tend(node.port, 'receipts = {inactive_errors = ["027"]}')
    await eventually(lambda: tended.binds == 1)
    await node.do("deliver", unit=text_receipt("id:7 sub:001 dlvrd:000 stat:UNDELIV err:027 text:"))
    await eventually(lambda: tended.receipts == [Receipt("7", Status.FAILED, "number_inactive")])


async def test_more_receipts_than_can_be_recorded_are_asked_for_again(node, tend, eventually):
    tended = await tend(node.port)
    await eventually(lambda: tended.binds == 1)
    tended.taking.clear()
    for number in range(80):
        await node.do("receipt", number=number, state="DELIVRD")
    await eventually(lambda: tended.faults.count("busy") == 80 - 64)
    assert isinstance(await tended.provider.send(message()), Accepted), "answers are read all the same"
    tended.taking.set()
    await eventually(lambda: len(tended.receipts) >= 64)

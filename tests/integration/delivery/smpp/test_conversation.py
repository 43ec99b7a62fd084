"""What passes between a provider and message centers nobody here wrote, while both behave."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from smsc import message

from xacthuc.otp.delivery.ports import Accepted, Left, Receipt, Rejected, Status

LONG = "Thong bao ve viec xac thuc tai khoan. " * 6
LONG_VIETNAMESE = "Thông báo về việc xác thực tài khoản. " * 4


async def test_a_message_is_submitted_and_its_receipt_comes_back(center, tend, eventually):
    tended = await tend(center.port)
    assert await tended.provider.send(message()) == Accepted("1")
    await eventually(lambda: tended.receipts == [Receipt("1", Status.DELIVERED)])
    [submitted] = await center.submissions()
    assert (submitted["to"], submitted["from"]) == ("84912345678", "Forum")


async def test_a_receipt_says_that_a_message_failed(center, tend, eventually):
    await center.plan({"receipt": "UNDELIV"})
    tended = await tend(center.port)
    await tended.provider.send(message())
    await eventually(lambda: tended.receipts == [Receipt("1", Status.FAILED, "undelivered")])


async def test_the_text_arrives_as_it_was_written(node, tend):
    texts = ["Forum: ma 123456 @forum.vn [x] {€}", "Mã xác thực 123456", "Mã 123456 \N{LOCK}"]
    tended = await tend(node.port)
    for number, text in enumerate(texts):
        await tended.provider.send(message(text, number=number))
    assert [submitted["text"] for submitted in await node.submissions()] == texts


async def test_texts_travel_as_septets_while_they_can(node, tend):
    tended = await tend(node.port)
    await tended.provider.send(message("Ma 123456"))
    await tended.provider.send(message("Mã 123456", number=1))
    assert [submitted["coding"] for submitted in await node.submissions()] == [0, 8]


async def test_long_texts_are_joined_by_their_headers(node, tend):
    tended = await tend(node.port)
    await tended.provider.send(message(LONG))
    await tended.provider.send(message(LONG_VIETNAMESE, number=1))
    submitted = await node.submissions()
    assert "".join(part["text"] for part in submitted[:2]) == LONG
    assert "".join(part["text"] for part in submitted[2:]) == LONG_VIETNAMESE
    headers = [bytes.fromhex(part["udh"][0]) for part in submitted]
    assert [(header[0], header[1], *header[-2:]) for header in headers] == [
        (0, 3, 2, 1),
        (0, 3, 2, 2),
        (0, 3, 3, 1),
        (0, 3, 3, 2),
        (0, 3, 3, 3),
    ]
    assert len({header[2] for header in headers[:2]}) == len({header[2] for header in headers[2:]}) == 1


async def test_only_the_last_segment_asks_for_the_receipt_that_stands_for_all(node, tend, eventually):
    tended = await tend(node.port)
    assert await tended.provider.send(message(LONG)) == Accepted("2")
    assert [part["registered"] for part in await node.submissions()] == [0, 1]
    await eventually(lambda: tended.receipts == [Receipt("2", Status.DELIVERED)])


async def test_a_long_text_of_which_a_part_was_refused_is_in_doubt(node, tend):
    await node.plan({}, {"status": 0x45})
    tended = await tend(node.port)
    assert await tended.provider.send(message(LONG)) == Rejected(reason="refused", left=Left.DOUBT)


async def test_a_long_text_of_which_a_part_is_out_waits_for_the_pace_however_long(node, tend):
    tended = await tend(node.port, "per_second = 0.45\nresponse_seconds = 5.0")
    assert await tended.provider.send(message(LONG)) == Accepted("2")


async def test_what_the_file_asks_for_is_submitted_with_every_message(node, tend):
    extra = """
        parameters = [{tag = 0x1400, value = "{text_id}"}, {tag = 0x1401, value = "C-7", terminated = false}]
        source = {sender = "ACME"}
        validity_seconds = 3661
        """
    tended = await tend(node.port, extra)
    await tended.provider.send(message(text_id="T12"))
    await tended.provider.send(message(number=1, code=""))
    first, notice = await node.submissions()
    assert first["parameters"] == {str(0x1400): b"T12\0".hex(), str(0x1401): b"C-7".hex()}
    assert notice["parameters"] == {str(0x1401): b"C-7".hex()}, "a text without an id gets no empty one"
    assert (first["from"], first["ton"]) == ("ACME", 5)
    valid_until = datetime.fromisoformat(first["validity"])
    assert abs(valid_until - datetime.now(UTC) - timedelta(seconds=3661)) < timedelta(seconds=60)
    assert notice["validity"] == ""


async def test_an_operator_may_know_the_sender_by_a_name_of_its_own(node, tend):
    tended = await tend(node.port, 'senders = {viettel = "ACME-VT"}')
    await tended.provider.send(message(operator="viettel"))
    await tended.provider.send(message(number=1, operator="mobifone"))
    assert [one["from"] for one in await node.submissions()] == ["ACME-VT", "Forum"]


async def test_without_receipts_none_are_asked_for(node, tend):
    tended = await tend(node.port, "receipts = {requested = false}")
    await tended.provider.send(message())
    assert not tended.provider.reports
    assert [submitted["registered"] for submitted in await node.submissions()] == [0]


async def test_both_sides_ask_whether_the_other_is_there(center, tend, eventually):
    tended = await tend(center.port, "enquire_link_seconds = 1.0")
    await eventually(lambda: tended.binds == 1)
    if "enquiries" in await center.report():

        async def asked() -> bool:
            return (await center.report())["enquiries"] > 1

        await eventually(asked)
        await center.do("raw", hex="00000010000000150000000000000007")
    assert isinstance(await tended.provider.send(message()), Accepted)
    assert tended.faults == []


async def test_a_bind_that_ends_is_unbound_after_the_last_answer(node, tend, eventually):
    tended = await tend(node.port)
    await tended.provider.send(message())
    await tended.end()

    async def parted() -> bool:
        report = await node.report()
        return (report["unbinds"], report["bound"]) == (1, 0)

    await eventually(parted)
    assert await tended.provider.send(message()) == Rejected(reason="unreachable", left=Left.NOTHING)


async def test_the_sandbox_keeps_its_numbers(node, tend):
    tended = await tend(node.port)
    assert tended.provider.takes(message())
    assert not tended.provider.takes(message(to="+84992000001"))


async def test_a_brand_that_is_no_lawful_sender_name_is_not_submitted(node, tend):
    tended = await tend(node.port)
    answer = await tended.provider.send(message(brand="Diễn đàn lớn nhất"))
    assert answer == Rejected(reason="sender_refused")
    assert await node.submissions() == []


async def test_a_text_of_too_many_segments_is_not_submitted(node, tend):
    tended = await tend(node.port)
    assert await tended.provider.send(message("x" * 160 * 9)) == Rejected(reason="text_refused")
    assert await node.submissions() == []

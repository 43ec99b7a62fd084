"""What receipts say, in the ways in which centers say it."""

from __future__ import annotations

import pytest

from xacthuc.otp.delivery.adapters.smpp.pdu import Delivered, MalformedPdu, Tag
from xacthuc.otp.delivery.adapters.smpp.receipts import IdFormat, ReceiptRules, answered_id, is_receipt, read
from xacthuc.otp.delivery.ports import Receipt, Status

# The form of Appendix B.
TEXT = b"id:0123456789 sub:001 dlvrd:001 submit date:2611230300 done date:2611230301 stat:%s err:%s text:Forum: ma"
SAME = ReceiptRules()


def delivered(text: bytes = b"", esm_class: int = 4, **parameters: bytes) -> Delivered:
    return Delivered(
        esm_class=esm_class, text=text, parameters={Tag[name.upper()]: value for name, value in parameters.items()}
    )


@pytest.mark.parametrize(
    ("state", "receipt"),
    [
        (b"DELIVRD", Receipt("0123456789", Status.DELIVERED)),
        (b"EXPIRED", Receipt("0123456789", Status.FAILED, "expired")),
        (b"DELETED", Receipt("0123456789", Status.FAILED, "deleted")),
        (b"UNDELIV", Receipt("0123456789", Status.FAILED, "undelivered")),
        (b"REJECTD", Receipt("0123456789", Status.FAILED, "rejected")),
        (b"ACCEPTD", None),
        (b"ENROUTE", None),
        (b"UNKNOWN", None),
    ],
)
def test_the_text_of_appendix_b_says_how_it_ended(state, receipt):
    assert read(delivered(TEXT % (state, b"000")), SAME) == receipt


def test_letters_may_be_small_and_spaces_may_follow_the_colon():
    assert read(delivered(b"ID: 77 stat: delivrd"), SAME) == Receipt("77", Status.DELIVERED)


@pytest.mark.parametrize(
    ("state", "receipt"),
    [
        (2, Receipt("4FD0", Status.DELIVERED)),
        (3, Receipt("4FD0", Status.FAILED, "expired")),
        (5, Receipt("4FD0", Status.FAILED, "undelivered")),
        (8, Receipt("4FD0", Status.FAILED, "rejected")),
        (1, None),
        (6, None),
        (7, None),
    ],
)
def test_parameters_say_it_in_numbers(state, receipt):
    unit = delivered(receipted_message_id=b"4FD0\0", message_state=bytes((state,)))
    assert read(unit, SAME) == receipt


def test_parameters_are_believed_before_the_text():
    unit = delivered(TEXT % (b"UNDELIV", b"000"), receipted_message_id=b"A", message_state=b"\2")
    assert read(unit, SAME) == Receipt("A", Status.DELIVERED)


@pytest.mark.parametrize(
    ("id_format", "answered", "receipted"),
    [
        (IdFormat.SAME, "4fd0", b"4fd0"),
        (IdFormat.HEX_DECIMAL, "4FD0", b"20432"),
        (IdFormat.HEX_DECIMAL, "00004fd0", b"0000020432"),
        (IdFormat.DECIMAL_HEX, "20432", b"4fd0"),
        (IdFormat.HEX_DECIMAL, "no-number", b"no-number"),
    ],
)
def test_one_id_in_two_notations_is_one_id(id_format, answered, receipted):
    receipt = read(delivered(b"id:%s stat:DELIVRD" % receipted), ReceiptRules(id_format=id_format))
    assert receipt is not None
    assert receipt.message_id == answered_id(answered, id_format)


@pytest.mark.parametrize("unit", [{"text": TEXT % (b"UNDELIV", b"027")}, {"network_error_code": b"\3\0\x1b"}])
def test_the_centers_error_says_that_a_number_is_out_of_service(unit):
    said = {"text": TEXT % (b"UNDELIV", b"000"), **unit}
    rules = ReceiptRules(inactive_errors=("027", "27"))
    assert read(delivered(**said), rules) == Receipt("0123456789", Status.FAILED, "number_inactive")


def test_an_error_that_the_file_does_not_name_is_none_of_the_numbers():
    receipt = read(delivered(TEXT % (b"UNDELIV", b"028")), ReceiptRules(inactive_errors=("027",)))
    assert receipt == Receipt("0123456789", Status.FAILED, "undelivered")


@pytest.mark.parametrize(
    "unit",
    [
        {},
        {"text": b"stat:DELIVRD"},
        {"text": b"id:7"},
        {"text": b"id:7 stat:WHATEVER"},
        {"text": b"id:" + b"7" * 65 + b" stat:DELIVRD"},
        {"text": b"x" * 600 + b" id:7 stat:DELIVRD"},
        {"receipted_message_id": b"7\0"},
        {"receipted_message_id": b"7\0", "message_state": b"\x63"},
        {"receipted_message_id": b"\xff\0", "message_state": b"\2"},
        {"receipted_message_id": b"7" * 65, "message_state": b"\2"},
        {"receipted_message_id": b"a\nb", "message_state": b"\2"},
    ],
)
def test_what_names_no_message_or_no_state_is_malformed(unit):
    with pytest.raises(MalformedPdu):
        read(delivered(**unit), SAME)


@pytest.mark.parametrize(
    ("esm_class", "receipt"), [(0x00, False), (0x04, True), (0x44, True), (0x20, True), (0x08, False)]
)
def test_the_esm_class_tells_receipts_from_messages(esm_class, receipt):
    assert is_receipt(delivered(esm_class=esm_class)) is receipt

"""The octets of SMPP units, compared with the examples and layouts of the specification."""

from __future__ import annotations

import struct

import pytest

from xacthuc.otp.delivery.adapters.smpp import pdu
from xacthuc.otp.delivery.adapters.smpp.pdu import Command, MalformedPdu, Pdu, Submission, Tag

# Section 3.2.2: the specification's own example of a bind_transmitter unit, which the layout of a transceiver's equals.
EXAMPLE_BODY = bytes.fromhex(
    "53 4D 50 50 33 54 45 53 54 00"  # system_id "SMPP3TEST"
    "73 65 63 72 65 74 30 38 00"  # password "secret08"
    "53 55 42 4D 49 54 31 00"  # system_type "SUBMIT1"
)


def submission(**changes: object) -> Submission:
    given: dict[str, object] = {
        "service_type": "",
        "source_ton": 5,
        "source_npi": 0,
        "source": "ACME",
        "destination": "84912345678",
        "esm_class": 0x40,
        "validity": "000000000500000R",
        "receipt": True,
        "data_coding": 8,
        "short_message": b"ab",
        "parameters": b"",
    }
    return Submission(**{**given, **changes})  # type: ignore[arg-type]


def delivery(text: bytes = b"", parameters: bytes = b"", esm_class: int = 4) -> bytes:
    head = b"\0" + b"\1\1" + b"84912345678\0" + b"\5\0" + b"ACME\0" + bytes((esm_class, 0, 0)) + b"\0\0"
    return head + bytes((0, 0, 0, 0, len(text))) + text + parameters


def test_a_bind_is_laid_out_as_in_the_example_of_the_specification():
    body = pdu.bind_transceiver("SMPP3TEST", "secret08", "SUBMIT1")
    assert body == EXAMPLE_BODY + b"\x34\0\0\0"


def test_a_header_holds_length_command_status_and_sequence():
    octets = pdu.encode(Command.DELIVER_SM_RESP, 7, b"\0", 0x64)
    assert octets == bytes.fromhex("00000011 80000005 00000064 00000007 00")
    assert pdu.decode_header(octets[:16]) == (1, Pdu(0x80000005, 0x64, 7))


@pytest.mark.parametrize("length", [0, 15, pdu.MOST_BYTES + 1, 2**32 - 1])
def test_a_length_that_no_unit_has_is_malformed(length):
    with pytest.raises(MalformedPdu):
        pdu.decode_header(struct.pack(">IIII", length, 4, 0, 1))


def test_a_submission_is_laid_out_as_section_4_4_1_says():
    body = pdu.submit_sm(submission(parameters=pdu.tlv(0x1400, b"T\0")))
    assert body == (
        b"\0\5\0ACME\0\1\x0184912345678\0"
        b"\x40\0\0"  # esm_class, protocol_id, priority_flag
        b"\x00000000000500000R\0"  # schedule_delivery_time, validity_period
        b"\1\0\x08\0\2ab"  # registered_delivery, replace, data_coding, default message, length, text
        b"\x14\0\0\2T\0"
    )


def test_a_submission_shows_neither_number_nor_text():
    shown = repr(submission())
    assert "84912345678" not in shown
    assert "ab'" not in shown


@pytest.mark.parametrize(("body", "message_id"), [(b"4fd0\0", "4fd0"), (b"", ""), (b"\0", ""), (b"77", "77")])
def test_a_message_id_ends_at_its_nul_or_at_the_end(body, message_id):
    assert pdu.read_message_id(body) == message_id


@pytest.mark.parametrize("body", [b"x" * 65, b"\xc3\xa1\0", b"a\x07b\0"])
def test_a_message_id_that_is_none_is_malformed(body):
    with pytest.raises(MalformedPdu):
        pdu.read_message_id(body)


def test_a_delivery_gives_its_text_and_parameters():
    body = delivery(b"id:1", pdu.tlv(Tag.MESSAGE_STATE, b"\2"))
    delivered = pdu.read_delivered(Pdu(Command.DELIVER_SM, 0, 1, body))
    assert (delivered.esm_class, delivered.text, delivered.parameters) == (4, b"id:1", {Tag.MESSAGE_STATE: b"\2"})


def test_a_payload_stands_in_for_the_short_message():
    body = delivery(parameters=pdu.tlv(Tag.MESSAGE_PAYLOAD, b"id:2"))
    assert pdu.read_delivered(Pdu(Command.DELIVER_SM, 0, 1, body)).text == b"id:2"


def test_a_data_sm_is_read_like_a_deliver_sm():
    body = b"\0\1\x0184912345678\0\5\0ACME\0\4\0\0" + pdu.tlv(Tag.MESSAGE_PAYLOAD, b"id:3")
    assert pdu.read_delivered(Pdu(Command.DATA_SM, 0, 1, body)).text == b"id:3"


@pytest.mark.parametrize("missing", range(1, len(delivery(b"id:1"))))
def test_a_delivery_cut_short_is_malformed(missing):
    # Short of a length, a NUL or a parameter: nothing is guessed.
    with pytest.raises(MalformedPdu):
        pdu.read_delivered(Pdu(Command.DELIVER_SM, 0, 1, delivery(b"id:1")[:-missing]))


def test_a_parameter_longer_than_the_unit_is_malformed():
    with pytest.raises(MalformedPdu):
        pdu.read_delivered(Pdu(Command.DELIVER_SM, 0, 1, delivery(parameters=b"\x04\x27\xff\xff\x02")))

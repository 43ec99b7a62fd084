"""Whatever octets arrive are read or are malformed; whatever is submitted, others read as it was meant."""

from __future__ import annotations

import string
from contextlib import suppress
from io import BytesIO

from hypothesis import given
from hypothesis import strategies as st
from smpp.pdu.pdu_encoding import PDUEncoder
from smpp.pdu.pdu_types import RegisteredDeliveryReceipt

from xacthuc.otp.delivery.adapters.smpp import pdu, receipts
from xacthuc.otp.delivery.adapters.smpp.pdu import Command, Delivered, MalformedPdu, Pdu, Submission, Tag
from xacthuc.otp.delivery.adapters.smpp.receipts import IdFormat, ReceiptRules
from xacthuc.otp.delivery.adapters.smpp.text import Alphabet, Coding, Segment, segments
from xacthuc.otp.delivery.ports import Receipt

# The same octet in ASCII and in the GSM alphabet.
PLAIN = string.ascii_letters + string.digits + " \n\r!\"#%&'()*+,-./:;<=>?"
WORDS = st.text(PLAIN.replace("\n", "").replace("\r", ""), max_size=20)
PARAMETERS = st.dictionaries(st.sampled_from(list(Tag)) | st.integers(0, 0xFFFF), st.binary(max_size=80))


@given(st.sampled_from([Command.DELIVER_SM, Command.DATA_SM]), st.binary(max_size=200))
def test_a_delivery_of_any_octets_is_read_or_malformed(command, body):
    with suppress(MalformedPdu):
        assert isinstance(pdu.read_delivered(Pdu(command, 0, 1, body)), Delivered)


@given(st.binary(min_size=16, max_size=16))
def test_a_header_of_any_octets_is_read_or_malformed(octets):
    with suppress(MalformedPdu):
        length, unit = pdu.decode_header(octets)
        assert 0 <= length <= pdu.MOST_BYTES
        assert unit.command == int.from_bytes(octets[4:8], "big")


@given(st.binary(max_size=600), PARAMETERS, st.sampled_from(IdFormat))
def test_a_receipt_of_any_octets_is_read_or_malformed(text, parameters, id_format):
    rules = ReceiptRules(id_format=id_format, inactive_errors=("1",))
    with suppress(MalformedPdu):
        receipt = receipts.read(Delivered(esm_class=4, text=text, parameters=parameters), rules)
        assert receipt is None or isinstance(receipt, Receipt)


@given(st.integers(0, 2**63), st.sampled_from(["DELIVRD", "UNDELIV"]), WORDS)
def test_a_receipt_is_found_whatever_the_message_in_it_says(number, state, words):
    text = (
        f"id:{number} sub:001 dlvrd:001 submit date:2611230300 done date:2611230301 stat:{state} err:000 text:{words}"
    )
    receipt = receipts.read(Delivered(esm_class=4, text=text.encode(), parameters={}), ReceiptRules())
    assert receipt is not None
    assert receipt.message_id == str(number)


@given(
    st.text(string.ascii_letters, max_size=5),
    st.text(string.ascii_letters + string.digits, min_size=1, max_size=11),
    st.text(string.digits, min_size=5, max_size=15),
    st.binary(max_size=160),
    st.booleans(),
)
def test_others_read_a_submission_as_it_was_meant(service_type, source, destination, message, receipt):
    """By smpp.pdu3, which nobody here wrote."""
    submission = Submission(
        service_type=service_type,
        source_ton=5,
        source_npi=0,
        source=source,
        destination=destination,
        esm_class=0,
        validity="",
        receipt=receipt,
        data_coding=8,
        short_message=message,
    )
    read = PDUEncoder().decode(BytesIO(pdu.encode(Command.SUBMIT_SM, 77, pdu.submit_sm(submission))))
    said = read.params
    assert (
        read.seqNum,
        said["service_type"],
        said["source_addr"],
        said["destination_addr"],
        said["short_message"],
    ) == (
        77,
        service_type.encode(),
        source.encode(),
        destination.encode(),
        message,
    )
    asked = said["registered_delivery"].receipt is RegisteredDeliveryReceipt.SMSC_DELIVERY_RECEIPT_REQUESTED
    assert asked is receipt


@given(st.text(max_size=400), st.sampled_from(Alphabet), st.integers(0, 255))
def test_no_segment_is_larger_than_a_message_of_the_air(text, alphabet, reference):
    found = segments(text, Coding(alphabet=alphabet), reference)
    for segment in found:
        packed = segment.data_coding == 8 or alphabet is Alphabet.GSM7_PACKED
        assert len(segment.octets) <= (140 if packed else 160)
    numbers = [segment.octets[5] for segment in found if segment.esm_class]
    assert numbers == (list(range(1, len(found) + 1)) if len(found) > 1 else [])


@given(st.text(max_size=400), st.integers(0, 255))
def test_joined_segments_of_ucs2_are_the_text(text, reference):
    text += "ệ"
    joined = b"".join(_text_of(segment) for segment in segments(text, Coding(), reference))
    assert joined.decode("utf-16-be") == text


@given(st.text(PLAIN, max_size=800), st.integers(0, 255))
def test_joined_segments_of_septets_are_the_text(text, reference):
    joined = b"".join(_text_of(segment) for segment in segments(text, Coding(), reference))
    assert joined.decode("ascii") == text


@given(st.text(PLAIN, max_size=800), st.integers(0, 255))
def test_unpacked_again_packed_segments_are_the_text(text, reference):
    joined = "".join(map(_unpacked, segments(text, Coding(alphabet=Alphabet.GSM7_PACKED), reference)))
    assert joined.replace("\r", "") == text.replace("\r", ""), "but for the fill of the last octet"


def _text_of(segment: Segment) -> bytes:
    return segment.octets[6:] if segment.esm_class else segment.octets


def _unpacked(segment: Segment) -> str:
    """Reads septets bit by bit, in the way of the figures of 3GPP TS 23.038 section 6.1.2.1."""
    octets = _text_of(segment)
    bits = "".join(f"{octet:08b}"[::-1] for octet in octets)[1 if segment.esm_class else 0 :]
    septets = (bits[at : at + 7] for at in range(0, len(bits) - 6, 7))
    return "".join(chr(int(septet[::-1], 2)) for septet in septets)

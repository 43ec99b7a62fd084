"""How texts become short messages: alphabets, limits and headers, by the examples of the standards."""

from __future__ import annotations

import pytest

from xacthuc.otp.delivery.adapters.smpp.text import MOST_SEGMENTS, UDHI, Alphabet, Coding, Segment, segments

PACKED = Coding(alphabet=Alphabet.GSM7_PACKED)
ASCII = Coding(alphabet=Alphabet.ASCII)


def test_a_short_text_is_one_message_of_septets():
    assert segments("Ma 123456", Coding(), 0) == [Segment(0, 0, b"Ma 123456")]


def test_letters_outside_ascii_have_their_place_in_the_gsm_alphabet():
    assert segments("@£à_\n", Coding(), 0)[0].octets == bytes((0x00, 0x01, 0x7F, 0x11, 0x0A))


def test_letters_of_the_extension_table_are_escaped():
    assert segments("[€]", Coding(), 0)[0].octets == bytes.fromhex("1B3C 1B65 1B3E")


def test_a_text_beyond_the_gsm_alphabet_is_ucs2():
    assert segments("Mã", Coding(), 0) == [Segment(8, 0, "Mã".encode("utf-16-be"))]


def test_septets_are_packed_from_the_lowest_bit_on():
    # The example by which implementations of 3GPP TS 23.038 section 6.1.2.1 are commonly compared.
    assert segments("hellohello", PACKED, 0)[0].octets == bytes.fromhex("E8329BFD4697D9EC37")


def test_seven_spare_bits_are_filled_so_that_they_are_no_letter():
    octets = segments("a" * 7, PACKED, 0)[0].octets
    assert len(octets) == 7
    assert octets[-1] >> 1 == 0x0D


def test_behind_a_header_septets_begin_at_a_septet():
    first = segments("a" * 161, PACKED, 9)[0].octets
    assert len(first) == 140
    bits = int.from_bytes(first[6:], "little") >> 1
    assert {(bits >> 7 * at) & 0x7F for at in range(153)} == {ord("a")}


def test_a_center_that_translates_gets_ascii():
    assert segments("a@[b", ASCII, 0) == [Segment(0, 0, b"a@[b")]
    assert segments("è", ASCII, 0) == [Segment(8, 0, "è".encode("utf-16-be"))]


@pytest.mark.parametrize(
    ("text", "octets"),
    [
        ("a" * 160, [160]),
        ("a" * 161, [6 + 153, 6 + 8]),
        ("[" * 80, [160]),
        ("a" * 159 + "[", [6 + 153, 6 + 8]),
        ("a" * 152 + "[" + "a" * 20, [6 + 152, 6 + 22]),
        ("ã" * 70, [140]),
        ("ã" * 71, [6 + 134, 6 + 8]),
        ("ã" * 66 + "\N{LOCK}" + "ã" * 9, [6 + 132, 6 + 22]),
    ],
)
def test_limits_are_those_of_the_standard_and_no_letter_is_cut_in_two(text, octets):
    assert [len(segment.octets) for segment in segments(text, Coding(), 0)] == octets


def test_the_header_numbers_the_segments_of_one_reference():
    found = segments("a" * 400, Coding(), 0xAB)
    assert [segment.octets[:6].hex() for segment in found] == ["050003ab0301", "050003ab0302", "050003ab0303"]
    assert {segment.esm_class for segment in found} == {UDHI}


def test_a_file_may_announce_the_alphabets_by_other_numbers():
    coding = Coding(data_coding=0xF1, ucs2_data_coding=0x18)
    assert segments("a", coding, 0)[0].data_coding == 0xF1
    assert segments("ã", coding, 0)[0].data_coding == 0x18


def test_half_a_surrogate_pair_is_replaced_and_not_an_error():
    assert segments("\ud83d", Coding(), 0)[0].octets == "?".encode("utf-16-be")


def test_the_most_segments_are_more_than_any_message_of_the_product_takes():
    assert len(segments("a" * 153 * MOST_SEGMENTS, Coding(), 0)) == MOST_SEGMENTS


def test_a_segment_does_not_show_its_text():
    assert "123456" not in repr(segments("123456", Coding(), 0))

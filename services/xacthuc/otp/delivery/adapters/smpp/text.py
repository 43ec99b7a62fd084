"""How a text becomes short messages: which alphabet, how many segments, and the header that joins them.

The alphabet is 3GPP TS 23.038 section 6.2.1 with its extension table (6.2.1.1), the header TS 23.040 section 9.2.3.24.1.
Owns the octets of the user data; says nothing of whom it is for.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

SEGMENT_SEPTETS: Final = 160
JOINED_SEPTETS: Final = 153
"""What 140 octets hold alone, and beside a header of 6 octets filled up to 7 septets (TS 23.040 section 9.2.3.24)."""

SEGMENT_UNITS: Final = 70
JOINED_UNITS: Final = 67
"""The same in UCS-2, two octets a unit."""

MOST_SEGMENTS: Final = 8
"""More than any message of this product needs; TS 23.040 would count to 255, and bill each."""

UDHI: Final = 0x40
"""The bit of `esm_class` that announces a header (SMPP 3.4 section 5.2.12)."""

_HEADER_OCTETS: Final = 6
_HEADER_FILL_BITS: Final = 1
"""Between the header and the first septet behind it, which begins where a septet would (TS 23.040 section 9.2.3.24)."""

_ESCAPE: Final = 0x1B
_CARRIAGE_RETURN: Final = b"\r"
"""Fills the last septet of an octet that has seven bits left, so that they are not read as one more `@` (TS 23.038 section
6.1.2.3.1, which has the same trouble)."""

# Position in the string is the septet. The escape to the extension table holds a place that no text can ask for.
_DEFAULT: Final = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\uffffÆæßÉ"
    " !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION: Final = {
    "\f": 0x0A,
    "^": 0x14,
    "{": 0x28,
    "}": 0x29,
    "\\": 0x2F,
    "[": 0x3C,
    "~": 0x3D,
    "]": 0x3E,
    "|": 0x40,
    "€": 0x65,
}
_SEPTETS: Final = {
    **{ord(character): bytes((septet,)) for septet, character in enumerate(_DEFAULT) if septet != _ESCAPE},
    **{ord(character): bytes((_ESCAPE, septet)) for character, septet in _EXTENSION.items()},
}


class Alphabet(StrEnum):
    """What a center takes its default alphabet (`data_coding` 0) to be; the standard leaves it to each (5.2.19)."""

    GSM7 = "gsm7"
    """A septet to an octet, as nearly all centers have it."""
    GSM7_PACKED = "gsm7_packed"
    """Eight septets to seven octets, as they travel over the air."""
    ASCII = "ascii"
    """The center translates; texts beyond ASCII travel as UCS-2."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coding:
    """How a center wants its texts."""

    alphabet: Alphabet = Alphabet.GSM7
    data_coding: int = 0
    """What announces the default alphabet."""
    ucs2_data_coding: int = 8
    """What announces UCS-2 (section 5.2.19)."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One short message."""

    data_coding: int
    esm_class: int
    octets: bytes = field(repr=False)


def segments(text: str, coding: Coding, reference: int) -> list[Segment]:
    """Returns the short messages of a text, one if it fits. `reference`, of 8 bits, tells a handset what to join."""
    septets = _septets(text)
    if septets is None or (coding.alphabet is Alphabet.ASCII and not text.isascii()):
        units = _ucs2(text)
        if len(units) <= 2 * SEGMENT_UNITS:
            return [Segment(coding.ucs2_data_coding, 0, units)]
        pieces = [_ucs2(piece) for piece in _cut(text, JOINED_UNITS, _units_of)]
        return _joined(pieces, coding.ucs2_data_coding, reference)
    if len(septets) <= SEGMENT_SEPTETS:
        return [Segment(coding.data_coding, 0, _written(text, septets, coding.alphabet, 0))]
    pieces = [
        _written(piece, _septets(piece) or b"", coding.alphabet, _HEADER_FILL_BITS)
        for piece in _cut(text, JOINED_SEPTETS, _septets_of)
    ]
    return _joined(pieces, coding.data_coding, reference)


def _septets(text: str) -> bytes | None:
    """Returns a septet to an octet; None when the text has a letter that the alphabet has not."""
    try:
        return codecs.charmap_encode(text, "strict", _SEPTETS)[0]
    except UnicodeEncodeError:
        return None


def _septets_of(character: str) -> int:
    return len(_SEPTETS[ord(character)])


def _ucs2(text: str) -> bytes:
    # UTF-16, whose surrogates handsets read though UCS-2 has none: an emoji is better than two question marks.
    return text.encode("utf-16-be", "replace")


def _units_of(character: str) -> int:
    return len(_ucs2(character)) // 2


def _cut(text: str, most: int, size_of: Callable[[str], int]) -> list[str]:
    """Cuts a text into pieces of at most so many units, never through a character that takes two."""
    pieces, start, used = [], 0, 0
    for at, character in enumerate(text):
        size = size_of(character)
        if used + size > most:
            pieces.append(text[start:at])
            start, used = at, 0
        used += size
    return [*pieces, text[start:]]


def _written(text: str, septets: bytes, alphabet: Alphabet, fill_bits: int) -> bytes:
    if alphabet is Alphabet.ASCII:
        return text.encode("ascii")
    return septets if alphabet is Alphabet.GSM7 else _packed(septets, fill_bits)


def _packed(septets: bytes, fill_bits: int) -> bytes:
    """Packs septets from the lowest bit on, behind so many bits (TS 23.038 section 6.1.2.1)."""
    if (fill_bits + 7 * len(septets)) % 8 == 1:
        septets += _CARRIAGE_RETURN
    bits = 0
    for septet in reversed(septets):
        bits = bits << 7 | septet
    return (bits << fill_bits).to_bytes((fill_bits + 7 * len(septets) + 7) // 8, "little")


def _joined(pieces: list[bytes], data_coding: int, reference: int) -> list[Segment]:
    """Puts the header of concatenated messages with an 8-bit reference (section 9.2.3.24.1) before each piece."""
    return [
        Segment(data_coding, UDHI, bytes((_HEADER_OCTETS - 1, 0, 3, reference, len(pieces), number)) + piece)
        for number, piece in enumerate(pieces, start=1)
    ]

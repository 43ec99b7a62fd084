"""Encodings that Vietnamese text comes in: which one it is, and reading it as UTF-8.

UTF-8 and UTF-16 tell of themselves. The two of one byte a letter do not, and each makes sense of the other's bytes; they
are told apart by how the commonest names and words are spelled in them. Where those are missing, nobody guesses.
"""

from __future__ import annotations

import codecs
import io
from enum import StrEnum
from typing import TYPE_CHECKING, Final, cast
from unicodedata import normalize

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class Encoding(StrEnum):
    """How characters stand in bytes. Closed."""

    UTF_8 = "utf-8"
    UTF_16_LE = "utf-16-le"
    UTF_16_BE = "utf-16-be"
    WINDOWS_1258 = "windows-1258"
    TCVN3 = "tcvn3"
    """TCVN 5712:1993, third table, that of the ABC fonts: capitals with a mark are small letters in another font."""


_ABSENT: Final = "\ufffe"
"""What `codecs.charmap_decode` takes for a byte that means nothing."""
_TCVN3_LETTERS: Final = (
    "·ĂÂÊÔƠƯĐăâêôơưđ······àảãáạ·ằẳẵắ·······ặầẩẫấậè·ẻẽéẹềểễếệìỉ···ĩíịò·ỏõóọồổỗốộờởỡớợù·ủũúụừửữứựỳỷỹýỵ·"
)
"""Bytes A0 to FF, as the GNU C library has them under TCVN5712-1 wherever both tables agree."""
_TCVN3: Final = (
    "".join(map(chr, range(128))) + _ABSENT * 32 + _TCVN3_LETTERS.replace("·", _ABSENT)
)  # fmt: skip
_TCVN3_BYTES: Final = {letter: byte for byte, letter in enumerate(_TCVN3) if letter != _ABSENT}
_TONES: Final = "\u0300\u0301\u0303\u0309\u0323"

_MARKS: Final = (
    (codecs.BOM_UTF8, Encoding.UTF_8),
    (codecs.BOM_UTF16_LE, Encoding.UTF_16_LE),
    (codecs.BOM_UTF16_BE, Encoding.UTF_16_BE),
)
_ONE_BYTE: Final = (Encoding.WINDOWS_1258, Encoding.TCVN3)
_WORDS: Final = (
    "Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Huỳnh", "Phan", "Vũ", "Võ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Dương",
    "Văn", "Thị", "Đức", "Hữu", "họ", "tên", "số", "điện", "thoại", "ngày", "tài", "khoản",
)  # fmt: skip
_FEWEST_WORDS: Final = 3
_READ_AT_ONCE: Final = 1 << 16
_LOST: Final = "\ufffd"


def detect(head: bytes) -> Encoding | None:
    """Returns the encoding of a text that begins with `head`; None when it cannot be told.

    What is UTF-8 but for a few lines is UTF-8 with broken lines.
    """
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    if utf_16 := _utf_16(head):
        return utf_16
    lines = head.split(b"\n")[:-1] or [head]
    beyond_ascii = [line for line in lines if not line.isascii()]
    broken = len(beyond_ascii) - sum(map(_is_utf_8, beyond_ascii))
    if broken * 2 <= len(beyond_ascii):
        return Encoding.UTF_8
    found = sorted((sum(map(head.count, _SPELLED[encoding])), encoding) for encoding in _ONE_BYTE)
    (second, _), (most, encoding) = found
    if most >= _FEWEST_WORDS and most > 2 * second:
        return encoding
    return Encoding.UTF_8 if broken * 2 <= len(lines) else None


def decoded(data: bytes, encoding: Encoding) -> str:
    """Returns text; U+FFFD where the bytes mean nothing."""
    if encoding is Encoding.TCVN3:
        return codecs.charmap_decode(data, "replace", _TCVN3)[0]
    return data.decode(encoding, "replace")


def encoded(text: str, encoding: Encoding) -> bytes:
    """Returns bytes; `?` for what the encoding has no letter for."""
    if encoding is Encoding.TCVN3:
        letters = (letter if letter in _TCVN3_BYTES else letter.lower() for letter in normalize("NFC", text))
        return bytes(_TCVN3_BYTES.get(letter, ord("?")) for letter in letters)
    if encoding is Encoding.WINDOWS_1258:
        return "".join(map(_tone_apart, normalize("NFC", text))).encode(encoding, "replace")
    return text.encode(encoding, "replace")


def as_utf_8(file: io.BufferedReader, encoding: Encoding) -> io.BufferedReader:
    """Returns the same text as UTF-8, without a mark; a line with bytes that mean nothing is no UTF-8 there either."""
    text = file
    if encoding is not Encoding.UTF_8:
        text = io.BufferedReader(cast("io.RawIOBase", _Recoded(file, encoding)), _READ_AT_ONCE)
    if text.peek(len(codecs.BOM_UTF8)).startswith(codecs.BOM_UTF8):
        text.read(len(codecs.BOM_UTF8))
    return text


class _Recoded(io.RawIOBase):
    """Reads a file in UTF-8 whatever it was written in."""

    def __init__(self, file: io.BufferedReader, encoding: Encoding) -> None:
        self._file, self._encoding, self._waiting = file, encoding, b""
        self._decoder = None if encoding is Encoding.TCVN3 else codecs.getincrementaldecoder(encoding)("replace")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        while not self._waiting:
            data = self._file.read(_READ_AT_ONCE)
            self._waiting = self._recoded(data)
            if not data and not self._waiting:
                return 0
        space = memoryview(buffer)
        size = min(len(space), len(self._waiting))
        space[:size], self._waiting = self._waiting[:size], self._waiting[size:]
        return size

    def close(self) -> None:
        self._file.close()
        super().close()

    def _recoded(self, data: bytes) -> bytes:
        text = decoded(data, self._encoding) if self._decoder is None else self._decoder.decode(data, final=not data)
        return text.encode("utf-8", "replace").replace(_LOST.encode(), b"\xff")


def _utf_16(head: bytes) -> Encoding | None:
    """Tells text whose letters are Latin mostly, so that every other byte is nothing mostly."""
    half = len(head) // 2
    even, odd = head[::2].count(0), head[1::2].count(0)
    if min(even, odd) * 20 > half or max(even, odd) * 5 <= half * 3:
        return None
    return Encoding.UTF_16_LE if odd > even else Encoding.UTF_16_BE


def _is_utf_8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _tone_apart(letter: str) -> str:
    """Returns a letter as Windows-1258 has it: one that carries a tone as well is written as two."""
    if letter.isascii() or letter.encode("cp1258", "ignore"):
        return letter
    parts = normalize("NFD", letter)
    tones = "".join(part for part in parts if part in _TONES)
    return normalize("NFC", "".join(part for part in parts if part not in _TONES)) + tones


def _spellings(encoding: Encoding) -> tuple[bytes, ...]:
    """Returns the words as they stand in bytes, in small letters, with a capital, and in capitals."""
    cases = {case for word in _WORDS for case in (word, word.lower(), word.title(), word.upper())}
    return tuple({encoded(case, encoding) for case in cases if not case.isascii()})


_SPELLED: Final = {encoding: _spellings(encoding) for encoding in _ONE_BYTE}

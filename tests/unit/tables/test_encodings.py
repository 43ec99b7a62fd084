"""Which encoding a text is in, and reading it as UTF-8."""

from __future__ import annotations

import io
from unicodedata import normalize

import pytest

from xacthuc.tables.encodings import Encoding, as_utf_8, detect, encoded

TEXT = "họ tên,số điện thoại\r\nNguyễn Thị Hường,0912345678\r\nTrần Đức Ẩn,0987654321\r\n"
SMALL_LETTERS = "nguyễn thị ngọc bích, đỗ hữu phước, lê ưu đãi, ộ ậ ặ ự ỹ ỵ ẵ ẫ\n"


def read(data: bytes, encoding: Encoding) -> bytes:
    with as_utf_8(io.BufferedReader(io.BytesIO(data)), encoding) as file:
        return file.read()


@pytest.mark.parametrize("encoding", Encoding)
def test_text_is_recognised_and_read_in(encoding: Encoding) -> None:
    data = encoded(TEXT, encoding)

    assert detect(data) is encoding
    assert composed(read(data, encoding)) in {TEXT, TEXT.replace("Ẩ", "ẩ")}  # TCVN3 has no capitals with two marks


@pytest.mark.parametrize("encoding", Encoding)
def test_every_vietnamese_letter_survives_in(encoding: Encoding) -> None:
    assert composed(read(encoded(SMALL_LETTERS, encoding), encoding)) == SMALL_LETTERS


def composed(data: bytes) -> str:
    return normalize("NFC", data.decode())


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (TEXT.encode("utf-8-sig"), Encoding.UTF_8),
        (TEXT.encode("utf-16"), Encoding.UTF_16_LE),
        (b"\xfe\xff" + TEXT.encode("utf-16-be"), Encoding.UTF_16_BE),
    ],
    ids=["utf-8", "little", "big"],
)
def test_a_mark_tells_and_is_not_read(data: bytes, encoding: Encoding) -> None:
    assert detect(data) is encoding
    assert read(data, encoding) == TEXT.encode()


def test_capitals_of_tcvn3_are_small_letters_in_another_font() -> None:
    assert read(b"NGUY\xd4N TH\xde", Encoding.TCVN3).decode() == "NGUYễN THị"
    assert detect(b"NGUY\xd4N V\xa1N \xa7\xf8C\nTR\xc7N TH\xde BA\n") is Encoding.TCVN3


def test_a_broken_line_does_not_make_utf_8_something_else() -> None:
    assert detect(TEXT.encode() * 3 + b"\xff\xfe\xd4\n") is Encoding.UTF_8
    assert detect(b"id,phone\n" * 5 + b"\xff\xfe\xd4\n") is Encoding.UTF_8


@pytest.mark.parametrize(
    "data",
    ["caf\u00e9\n".encode("latin-1") * 9, bytes(range(128, 256)) + b"\n", b"\xd4\xd4\n"],
    ids=["french", "all", "one"],
)
def test_nobody_guesses_where_no_word_is_known(data: bytes) -> None:
    assert detect(data) is None


def test_nothing_is_utf_8() -> None:
    assert detect(b"") is Encoding.UTF_8


@pytest.mark.parametrize(
    ("data", "encoding"),
    [(b"a\nb\x81\nc", Encoding.TCVN3), (b"a\nb\x8a\nc", Encoding.WINDOWS_1258)],
    ids=["tcvn3", "windows-1258"],
)
def test_bytes_that_mean_nothing_spoil_their_line_alone(data: bytes, encoding: Encoding) -> None:
    first, second, third = read(data, encoding).split(b"\n")

    assert (first, third) == (b"a", b"c")
    with pytest.raises(UnicodeDecodeError):
        second.decode()

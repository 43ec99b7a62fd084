"""What a message may look like: one GSM 7-bit segment, no address to tap, no advertisement, a lawful sender name.

Owns the checks of templates, of finished texts and of what a call says. The texts themselves are data.
"""

import re
import unicodedata
from collections.abc import Collection, Mapping
from string import Formatter
from typing import Final

SEGMENT_CHARACTERS = 160
"""Septets of one unconcatenated message: 140 octets (3GPP TS 23.040 section 9.2.3.24)."""

SENDER_NAME_CHARACTERS = 11
"""Longest lawful sender name (Decree 91/2020/NĐ-CP Art. 23(1)), also the longest alphanumeric address of TS 23.040."""

SPEECH_CHARACTERS = 300
"""Longest template of a call. With the code read out twice it lasts about half a minute at 14 characters a second; who
picks up late still hears the second reading."""

CODE_FIELDS: Final = {"brand": None, "code": 1, "minutes": None}
"""What a message with a code may fill in, and how often it must."""

NOTICE_FIELDS: Final = {"brand": None}

SPEECH_FIELDS: Final = {"brand": None, "code": 2, "minutes": None}
"""A call says the code twice: the first time the person looks for a pencil."""

_SENDER_NAME = re.compile(r"[A-Za-z0-9._ -]+", re.ASCII)

# 3GPP TS 23.038 section 6.2.1, its ASCII part. Brackets and their like travel as two septets (section 6.2.1.1).
_ONE_SEPTET = frozenset(
    "\n\r !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz",
)
_TWO_SEPTETS = frozenset("^{}[]~|\\")
_GSM = _ONE_SEPTET | _TWO_SEPTETS

# A scheme, `www.`, a numeric address, or a host with a top-level domain of letters: handsets turn them into links. Dots
# followed by a space, and numbers such as 1.5, are none.
_LINK = re.compile(r"://|\bwww\.|\b\d{1,3}(?:\.\d{1,3}){3}\b|[a-z0-9-]\.[a-z]{2,}(?![a-z0-9])", re.IGNORECASE)


def gsm7_length(text: str) -> int | None:
    """Returns the septets that `text` takes in a text message; None when it is not ASCII within the GSM alphabet.

    Letters of the GSM alphabet beyond ASCII are left out: operators in Vietnam register templates without diacritics,
    and any other letter would turn the message into UCS-2 with 70 characters a segment.
    """
    used = set(text)
    if not used <= _GSM:
        return None
    return len(text) + sum(text.count(character) for character in used & _TWO_SEPTETS)


def has_link(text: str) -> bool:
    """Whether `text` has a link, or what a handset would take for one."""
    return _LINK.search(text) is not None


def message_fault(text: str, promotional_words: Collection[str] = ()) -> str | None:
    """Returns why the finished message `text` must not be sent (R34), or None when it may.

    A link is refused because rogue base stations put theirs into genuine threads; a promotional word because it would
    turn the message into an advertisement (Decree 91/2020/NĐ-CP Art. 3(1)).
    """
    length = gsm7_length(text)
    if length is None:
        return "has a character outside ASCII or the GSM 7-bit alphabet; write it without diacritics"
    if length > SEGMENT_CHARACTERS:
        return (
            f"takes {length} characters, {length - SEGMENT_CHARACTERS} too many; one message holds {SEGMENT_CHARACTERS}"
        )
    return wording_fault(text, promotional_words)


def wording_fault(text: str, promotional_words: Collection[str]) -> str | None:
    """Returns why the wording of `text` is not one of a message with a code (R34), or None when it is.

    Promotional words are compared without diacritics, so that what is read out is held to the same list.
    """
    if has_link(text):
        return "has a link or what a handset would take for one; messages carry none, so that a false one shows"
    plain = " ".join(_without_diacritics(text).split())
    for word in promotional_words:
        if word.lower() in plain and re.search(rf"\b{re.escape(word.lower())}\b", plain):
            return f"has the promotional wording {word!r}; it would make the message an advertisement"
    return None


def template_fault(template: str, fields: Mapping[str, int | None]) -> str | None:
    """Returns why `template` of a written message cannot be used, or None when it can.

    `fields` are the names it may fill in, with how often each must occur (None: as often as it likes).
    """
    if "\n" in template or "\r" in template:
        return "has a line break; write one line, the line for filling in the code is added where it is asked for"
    if fault := _field_fault(template, fields):
        return fault
    return None if template.startswith("{brand}") else "begin with {brand}, so that the person sees who writes"


def speech_fault(template: str, promotional_words: Collection[str] = ()) -> str | None:
    """Returns why `template` of a call cannot be used, or None when it can."""
    if len(template) > SPEECH_CHARACTERS:
        return (
            f"has {len(template)} characters, {len(template) - SPEECH_CHARACTERS} too many for a call of half a minute"
        )
    if "{brand}" not in template:
        return "say {brand}, so that the person hears who calls"
    return _field_fault(template, SPEECH_FIELDS) or wording_fault(template, promotional_words)


def sender_name_fault(name: str) -> str | None:
    """Returns why `name` cannot be a sender name (R35; Decree 91/2020/NĐ-CP Art. 23(1)), or None when it can."""
    if not name or name != name.strip():
        return "is empty or begins or ends with a space"
    if len(name) > SENDER_NAME_CHARACTERS:
        return f"has {len(name)} characters; at most {SENDER_NAME_CHARACTERS} are lawful"
    if not _SENDER_NAME.fullmatch(name):
        return "may hold Latin letters without diacritics, digits, space, dot, dash and underscore only"
    if name.isdigit():
        return "must not consist of digits alone"
    return None


def _field_fault(template: str, fields: Mapping[str, int | None]) -> str | None:
    try:
        used = [part[1:] for part in Formatter().parse(template) if part[1] is not None]
    except ValueError:
        return "has a stray brace"
    if any(name not in fields or form or conversion for name, form, conversion in used):
        return f"only {', '.join(f'{{{name}}}' for name in sorted(fields))} can be filled in"
    for name, times in fields.items():
        if times is not None and sum(each == name for each, _, _ in used) != times:
            return f"use {{{name}}} exactly {'once' if times == 1 else 'twice'}"
    return None


def _without_diacritics(text: str) -> str:
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    return "".join(character for character in decomposed if not unicodedata.combining(character))

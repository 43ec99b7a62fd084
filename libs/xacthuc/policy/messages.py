"""What a text message may look like: one GSM 7-bit segment, no address to tap, no advertisement, a lawful sender name.

Owns the checks. The texts themselves are data.
"""

import re
from collections.abc import Collection

SEGMENT_CHARACTERS = 160
"""Septets of one unconcatenated message: 140 octets (3GPP TS 23.040 section 9.2.3.24)."""

SENDER_NAME_CHARACTERS = 11
"""Longest lawful sender name (Decree 91/2020/NĐ-CP Art. 23(1)), also the longest alphanumeric address of TS 23.040."""

_SENDER_NAME = re.compile(r"[A-Za-z0-9._ -]+", re.ASCII)

# 3GPP TS 23.038 section 6.2.1, its ASCII part. Brackets and their like travel as two septets (section 6.2.1.1).
_ONE_SEPTET = frozenset(
    "\n\r !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz",
)
_TWO_SEPTETS = frozenset("^{}[]~|\\")

# A scheme, `www.`, or a host with a top-level domain of letters, which handsets turn into links. Dots followed by a
# space, and numbers such as 1.5, are none.
_LINK = re.compile(r"://|\bwww\.|\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}\b", re.IGNORECASE)


def gsm7_length(text: str) -> int | None:
    """Returns the septets that `text` takes in a text message; None when it is not ASCII within the GSM alphabet.

    Letters of the GSM alphabet beyond ASCII are left out: operators in Vietnam register templates without diacritics,
    and any other letter would turn the message into UCS-2 with 70 characters a segment.
    """
    if any(character not in _ONE_SEPTET and character not in _TWO_SEPTETS for character in text):
        return None
    return len(text) + sum(character in _TWO_SEPTETS for character in text)


def message_fault(text: str, promotional_words: Collection[str] = ()) -> str | None:
    """Returns why the finished message `text` must not be sent (R34), or None when it may.

    A link is refused because rogue base stations put theirs into genuine threads; a promotional word because it would
    turn the message into an advertisement (Decree 91/2020/NĐ-CP Art. 3(1)).
    """
    length = gsm7_length(text)
    if length is None:
        return "has a character outside ASCII or the GSM 7-bit alphabet; write it without diacritics"
    if length > SEGMENT_CHARACTERS:
        return f"takes {length} characters; one message holds {SEGMENT_CHARACTERS}"
    if _LINK.search(text):
        return "has a link or what a handset would take for one; a message with a code carries none"
    lowered = text.lower()
    for word in promotional_words:
        if re.search(rf"\b{re.escape(word.lower())}\b", lowered):
            return f"has the promotional wording {word!r}; it would make the message an advertisement"
    return None


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

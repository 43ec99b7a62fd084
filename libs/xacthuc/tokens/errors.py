"""Why a token is not believed. Whoever holds one of these asks the service instead.

TokenError
├── Malformed        it is no token of ours: its form, its size, or a claim that is missing or of the wrong kind
├── WrongType        it states something else, such as a clearance where a standing is asked for
├── UnknownKey       it names a key that is not published
├── BadSignature     it was not signed by the key it names, or in a way that does not count
├── WrongIssuer      somebody else states it
├── WrongAudience    it is meant for another platform
├── NotYetValid      its time has not come: a clock is wrong
├── Expired          its time is over
└── KeysUnavailable  nothing is known of the token: no keys are at hand, or none that are young enough

The sentences are fixed, and no error holds the token or a part of it: it names an account.
"""

# ruff: noqa: N818 - each is what is the matter with a token, and reads so where it is caught

from typing import ClassVar


class TokenError(Exception):
    """Base of every reason not to believe a token."""

    sentence: ClassVar[str] = "the token cannot be believed"

    def __init__(self) -> None:
        super().__init__(self.sentence)


class Malformed(TokenError):
    """Not a token of ours."""

    sentence = "this is no token of the kind that is issued here"


class WrongType(TokenError):
    """A token that states something else (RFC 8725 section 3.11)."""

    sentence = "the token states something else than what is asked for"


class UnknownKey(TokenError):
    """A token that names a key which is not published."""

    sentence = "the token names a key that is not published"


class BadSignature(TokenError):
    """A token that its key did not sign, or whose algorithm does not count."""

    sentence = "the token is not signed by the key it names"


class WrongIssuer(TokenError):
    """A token of somebody else."""

    sentence = "the token was issued by somebody else"


class WrongAudience(TokenError):
    """A token for somebody else."""

    sentence = "the token is meant for another platform"


class NotYetValid(TokenError):
    """A token from the future."""

    sentence = "the time of the token has not come; compare the clocks"


class Expired(TokenError):
    """A token whose time is over."""

    sentence = "the token has expired"


class KeysUnavailable(TokenError):
    """No keys to judge by; `__cause__` is what the source of keys raised."""

    sentence = "the keys that tokens are verified with cannot be had"

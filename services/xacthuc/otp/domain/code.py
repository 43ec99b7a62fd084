"""Codes and proofs are derived, never stored: whoever reads the store learns no code, and a resend carries the same one.

    code  = the first 6-digit draw of HMAC-SHA-256(key, "code" | platform | challenge id)
    proof = challenge id "." HMAC-SHA-256(key, "proof" | platform | challenge id)

The two labels keep the derivations apart. Purpose and subject are bound by the challenge's record, which the
redemption reads; the platform is bound twice.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from xacthuc.ids import encode
from xacthuc.otp.domain import challenge_id

if TYPE_CHECKING:
    from xacthuc.otp.domain.challenge_id import ChallengeId

CODE_DIGITS = 6
_CODES = 10**CODE_DIGITS
_DRAW_BYTES = 4
_UNBIASED = (1 << 8 * _DRAW_BYTES) // _CODES * _CODES
"""Draws from here on are rejected: `draw % 10**6` would favour low codes by one part in 4 294 otherwise."""


class UnknownKeyVersion(LookupError):  # noqa: N818 - a missing key is a state of the ring, named as one
    """The id names a key that the ring no longer holds: its challenge is long over."""


class Deriver:
    """Derives codes and proofs under a ring of keys."""

    def __init__(self, keys: dict[int, bytes], current: int) -> None:
        """Takes 32-byte keys by version; new ids name the version `current`."""
        # Keyed once: copying costs a third less than keying anew for each code.
        self._macs = {version: hmac.new(key, digestmod="sha256") for version, key in keys.items()}
        self.current = current

    def code(self, identity: ChallengeId, platform: str) -> str:
        """Returns the six digits of a challenge. UnknownKeyVersion when its key is gone."""
        message = b"code\0" + platform.encode() + b"\0" + identity.raw
        block = self._mac(identity, message)
        while True:
            for start in range(0, len(block), _DRAW_BYTES):
                draw = int.from_bytes(block[start : start + _DRAW_BYTES], "big")
                if draw < _UNBIASED:
                    return f"{draw % _CODES:0{CODE_DIGITS}d}"
            # All eight draws rejected: once in 2^97 blocks. Hash on, so that the result stays a function of the id.
            block = self._mac(identity, message + block)

    def matches(self, identity: ChallengeId, platform: str, code: str) -> bool:
        """Compares in constant time. True says nothing until the attempt is spent: only the store's answer counts."""
        return hmac.compare_digest(self.code(identity, platform), code)

    def proof_token(self, identity: ChallengeId, platform: str) -> str:
        """Returns the proof of possession that a verified challenge yields, the same each time."""
        mac = self._mac(identity, b"proof\0" + platform.encode() + b"\0" + identity.raw)
        return f"{identity.text}.{encode(mac)}"

    def proven(self, token: str, platform: str) -> ChallengeId | None:
        """Returns the challenge a proof token was derived from, or None when it was not derived here, for `platform`."""
        text, _, _ = token.partition(".")
        try:
            identity = challenge_id.parse(text)
            expected = self.proof_token(identity, platform)
        except (ValueError, UnknownKeyVersion):
            return None
        return identity if hmac.compare_digest(expected.encode(), token.encode()) else None

    def _mac(self, identity: ChallengeId, message: bytes) -> bytes:
        keyed = self._macs.get(identity.key_version)
        if keyed is None:
            raise UnknownKeyVersion
        mac = keyed.copy()
        mac.update(message)
        return mac.digest()

"""Signed statements: a JSON object with the signature of whoever answers for it, Ed25519 (RFC 8032).

What is signed is the object in one spelling: keys sorted, no spaces, whole numbers and texts alone, as RFC 8785 has it for
such values. So a statement may be indented, and moved through programs, and stays good.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from xacthuc import ids
from xacthuc.audit.checkpoints import key_id

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_DOMAIN: Final = b"xacthuc.backfill.report.1\n"


class StatementError(ValueError):
    """What is no statement, or no key. The message says which."""


def signed(stated: Mapping[str, Any], pem: bytes) -> dict[str, Any]:
    """Returns a statement; StatementError when the key is no Ed25519 key in PEM without a password."""
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError):
        raise StatementError("the key is no private key in PEM without a password") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise StatementError("the key is not Ed25519")
    signature = {"key_id": key_id(key.public_key().public_bytes_raw()), "value": ids.encode(key.sign(_spelled(stated)))}
    return {"report": stated, "signature": signature}


def verified(text: str, keys: Collection[bytes]) -> dict[str, Any] | None:
    """Returns what is stated, or None when none of the keys signed it; StatementError when it is no statement."""
    try:
        statement = json.loads(text)
        stated, signature = statement["report"], ids.decode(statement["signature"]["value"])
        message = _spelled(stated)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise StatementError("the file is no signed report") from None
    for key in keys:
        try:
            Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
        except InvalidSignature:
            continue
        return dict(stated)
    return None


def _spelled(stated: Any) -> bytes:
    return _DOMAIN + json.dumps(stated, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()

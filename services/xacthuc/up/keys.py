"""The services' secrets for one machine: made once, never overwritten, since data is lost with them.

Owns the file names and that they exist; `xacthuc.sealing` owns how they are read. In production the same files come
from a secret store.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from xacthuc.ids import encode, random_bytes
from xacthuc.sealing import KeyRing
from xacthuc.sealing.keys import KEY_BYTES
from xacthuc.up.layout import write_private

if TYPE_CHECKING:
    from pathlib import Path

RINGS: Final = {
    "otp.keys": "derives codes and proof tokens",
    "seal.keys": "seals personal data, and wraps the keys of accounts",
    "blind-index.keys": "finds equal values in tables; never the key that places numbers in partitions",
    "standing-sign.keys": "signs standing tokens; identity alone holds it",
    "grant-sign.keys": "signs grants of broadcasts; livestream alone holds it",
    "audit-sign.keys": "signs checkpoints of the audit trails",
}
"""Numbered secrets, `<version> <key>` a line; the one marked `current` makes new things."""

SINGLE: Final = {
    "number-index.key": "places numbers in partitions; never rotated, because the partition of a number never changes",
}
"""One secret a file."""

SIGNING: Final = ("identity-sign.key", "identity-sign.pub")
"""Identity's Ed25519 pair (PEM), which signs platform keys; every service holds the public half."""


def make_missing(directory: Path) -> None:
    """Makes the files that are not there yet, each readable by this user alone."""
    for name, purpose in RINGS.items():
        _make(directory / name, f"# {purpose}\n{KeyRing.first_line()}")
    for name in SINGLE:
        _make(directory / name, f"{encode(random_bytes(KEY_BYTES))}\n")
    if not all((directory / name).exists() for name in SIGNING):
        _make_signing_pair(directory)


def _make(path: Path, content: str) -> None:
    if not path.exists():
        write_private(path, content.encode("ascii"))


def _make_signing_pair(directory: Path) -> None:
    private = Ed25519PrivateKey.generate()
    pem = serialization.Encoding.PEM
    write_private(
        directory / SIGNING[0],
        private.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
    )
    write_private(
        directory / SIGNING[1],
        private.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo),
    )

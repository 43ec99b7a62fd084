"""Signed records of keys."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from xacthuc.credentials.records import KeyRecord, KeyState, sign, verify
from xacthuc.credentials.scopes import Scope
from xacthuc.credentials.signing import BadRecordError, signing_key, verifying_key

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
RECORD = KeyRecord(
    platform="forum",
    key_id="k1",
    sha256=bytes(range(32)),
    scopes=frozenset({Scope.OTP, Scope.IDENTITY_READ}),
    state=KeyState.ACTIVE,
    expire_ms=1_800_000_000_000,
    version=3,
)


@pytest.mark.parametrize(
    "record", [RECORD, replace(RECORD, expire_ms=None, scopes=frozenset(), state=KeyState.REVOKED)]
)
def test_a_signed_record_is_read_back(record):
    assert verify(sign(record, KEY), KEY.public_key()) == record


@pytest.mark.parametrize("position", [0, 63, 64, 80, -1])
def test_a_record_with_one_bit_changed_is_refused(position):
    stored = bytearray(sign(RECORD, KEY))
    stored[position] ^= 1

    with pytest.raises(BadRecordError):
        verify(bytes(stored), KEY.public_key())


def test_a_record_signed_by_somebody_else_is_refused():
    with pytest.raises(BadRecordError):
        verify(sign(RECORD, Ed25519PrivateKey.generate()), KEY.public_key())


@pytest.mark.parametrize("stored", [b"", b"short", bytes(64), bytes(200)])
def test_what_is_no_record_is_refused(stored):
    with pytest.raises(BadRecordError):
        verify(stored, KEY.public_key())


def test_a_scope_of_a_later_version_opens_nothing_here():
    body = sign(RECORD, KEY)[64:].replace(b"IDENTITY_READ", b"SOMETHING_NEW")
    stored = KEY.sign(b"xacthuc platform key record 1\n" + body) + body

    assert verify(stored, KEY.public_key()).scopes == {Scope.OTP}


def test_a_signature_made_for_another_purpose_is_refused():
    body = sign(RECORD, KEY)[64:]

    with pytest.raises(BadRecordError):
        verify(KEY.sign(body) + body, KEY.public_key())


def write(path, key):
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    public = path.with_suffix(".pub")
    public.write_bytes(
        key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    return path, public


def test_a_pair_of_key_files_signs_and_verifies(tmp_path):
    private, public = write(tmp_path / "identity-sign.key", KEY)

    assert verify(sign(RECORD, signing_key(private)), verifying_key(public)) == RECORD


def test_key_files_of_another_kind_are_refused(tmp_path):
    private, public = write(tmp_path / "other.key", ec.generate_private_key(ec.SECP256R1()))

    with pytest.raises(ValueError, match="Ed25519 private key"):
        signing_key(private)
    with pytest.raises(ValueError, match="Ed25519 public key"):
        verifying_key(public)

"""A faulty operator file stops the start and names what to correct."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_kyc import FakeKyc

from xacthuc.datafile import DataFileError
from xacthuc.identity.adapters.kyc.kyc_file import Detail, read

BASE = "http://127.0.0.1:1/kyc-match/v0.4"


@pytest.fixture
def fake() -> FakeKyc:
    return FakeKyc(port=1)


def test_a_whole_file_is_read_with_its_secret(fake: FakeKyc, tmp_path: Path) -> None:
    described = read(fake.file(tmp_path))
    assert (described.name, described.match_url) == ("viettel", f"{BASE}/match")
    assert (described.token.secret, described.details) == ("s3cret", tuple(Detail))
    assert "s3cret" not in repr(described)


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("kyc_match", "eauth", "kind: write kyc_match"),
        ('name = "viettel"', 'name = "Viettel"', "name: write 1 to 32"),
        (BASE, "http://api.operator.example", "base_url: begin with https://; http:// is for this machine alone"),
        (BASE, "https://api.operator.example/?key=1", "base_url: write host and path alone"),
        ("timeout_seconds = 5.0", "timeout_seconds = 11", "timeout_seconds: write more than 0 and at most 10"),
        ("timeout_seconds = 5.0", "details = []", "details: name one at least"),
        ("timeout_seconds = 5.0", 'details = ["email"]', "details[0]: write one of full_name"),
        ("timeout_seconds = 5.0", 'hashed = ["birth_date"]', "hashed: a birth date is sent as a date"),
        ("timeout_seconds = 5.0", 'details = ["full_name"]\nhashed = ["personal_id"]', "hashed: names what is not"),
        ("timeout_seconds = 5.0", 'document_type = "card"', "document_type: write one of national_id_card"),
        ("timeout_seconds = 5.0", 'access_token = "x"', "access_token: is not known"),
        ("http://127.0.0.1:1/token", "http://auth.operator.example/token", "token.url: begin with https://"),
        ('client_id = "xacthuc"', 'client_id = ""', "token.client_id: is empty"),
        ("client_secret_basic", "client_secret_jwt", "token.authentication: write one of private_key_jwt"),
        ("client_secret_basic", "private_key_jwt", "token.secret: is no private key in PEM that signs ES256"),
    ],
)
def test_a_fault_is_named(fake: FakeKyc, tmp_path: Path, old: str, new: str, named: str) -> None:
    with pytest.raises(DataFileError, match=r"viettel\.toml: ") as raised:
        read(fake.file(tmp_path, (old, new)))
    assert named in str(raised.value)
    assert "s3cret" not in str(raised.value)


def test_a_private_key_that_cannot_sign_as_it_says_is_refused(fake: FakeKyc, tmp_path: Path) -> None:
    key = ("/secret", "/key.pem")
    signing = ('"client_secret_basic"', '"private_key_jwt"')
    assert read(fake.file(tmp_path, key, signing)).token.secret.startswith("-----BEGIN")
    with pytest.raises(DataFileError, match=r"token\.secret: is no private key in PEM that signs PS256"):
        read(fake.file(tmp_path, key, ('"client_secret_basic"', '"private_key_jwt"\nalgorithm = "PS256"')))


def test_a_secret_that_is_not_there_is_named(fake: FakeKyc, tmp_path: Path) -> None:
    path = fake.file(tmp_path)
    (tmp_path / "secret").unlink()
    with pytest.raises(DataFileError, match=r"token\.secret: cannot be read \(FileNotFoundError\)"):
        read(path)

"""A faulty provider file stops the start and names what to correct, never what is secret."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from oidc_provider import SECRET, file

from xacthuc.datafile import DataFileError
from xacthuc.identity.adapters.oidc.provider_file import Algorithm, UserInfo, check_apart, read

ISSUER = "https://id.provider.example"


def pem(key) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def test_what_is_left_out_is_strict(tmp_path: Path) -> None:
    described = read(file(tmp_path, ISSUER))

    assert described.algorithms == (Algorithm.ES256, Algorithm.RS256, Algorithm.PS256, Algorithm.EDDSA)
    assert (described.userinfo, described.max_age_seconds, described.leeway_seconds) == (UserInfo.NONE, 0, 30)
    assert described.credential == SECRET


def test_a_credential_is_not_printed(tmp_path: Path) -> None:
    assert SECRET not in repr(read(file(tmp_path, ISSUER)))


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"kind": '"saml"'}, "kind: write one of oidc"),
        ({"kind": ""}, "kind: is missing"),
        ({"name": '"VNeID"'}, "name: write 1 to 32"),
        ({"issuer": "http://id.provider.example"}, "issuer: begin with https://"),
        ({"issuer": "https://id.provider.example?x=1"}, "issuer: has a query"),
        ({"issuer": "https://user:pass@id.provider.example"}, "issuer: write neither user nor fragment"),
        ({"issuer": "https://id.provider.example:port"}, "issuer: is not an address"),
        ({"issuer": "https://"}, "issuer: is not an address"),
        ({"redirect_uris": "[]"}, "redirect_uris: name one at least"),
        ({"redirect_uris": '["http://forum.example/eid"]'}, "redirect_uris: begin with https://"),
        ({"redirect_uris": '["javascript:alert(1)"]'}, "redirect_uris: 'javascript:alert(1)'"),
        ({"redirect_uris": '["https://forum.example/eid#x"]'}, "redirect_uris: write neither user nor fragment"),
        ({"scopes": '["profile"]'}, "scopes: openid is missing"),
        ({"scopes": '["openid", "openid profile"]'}, "scopes: 'openid profile'"),
        ({"acr": '["level 2"]'}, "acr: 'level 2'"),
        ({"algorithms": '["none"]'}, "algorithms[0]: write one of ES256, RS256, PS256, EdDSA"),
        ({"algorithms": '["HS256"]'}, "algorithms[0]: write one of"),
        ({"algorithms": "[]"}, "algorithms: name one at least"),
        ({"userinfo": '"maybe"'}, "userinfo: write one of none, json, signed"),
        ({"leeway_seconds": "301"}, "leeway_seconds: write 0 to 300"),
        ({"timeout_seconds": "0"}, "timeout_seconds: write more than 0"),
        ({"max_age_seconds": "-1"}, "max_age_seconds: write at most"),
        ({"client_secret": '"x"'}, "client_secret: is not known"),
        ({"credential": ""}, "client.file: the file is empty"),
        ({"client_extra": 'key_id = "x"'}, "client.key_id: belongs to private_key_jwt"),
        ({"client": "của tôi"}, "client.id: write the printable ASCII"),
        ({"method": "private_key_jwt"}, "client.file: holds no private key"),
    ],
)
def test_a_fault_is_named(tmp_path: Path, changes: dict[str, str], named: str) -> None:
    with pytest.raises(DataFileError, match=r"vneid\.toml: ") as raised:
        read(file(tmp_path, **{"issuer": ISSUER, **changes}))

    assert named in str(raised.value)
    assert SECRET not in str(raised.value)


@pytest.mark.parametrize(
    ("algorithm", "key"),
    [
        ("ES256", ec.generate_private_key(ec.SECP256R1())),
        ("EdDSA", ed25519.Ed25519PrivateKey.generate()),
        ("PS256", rsa.generate_private_key(65537, 2048)),
    ],
    ids=["ES256", "EdDSA", "PS256"],
)
def test_a_key_must_fit_its_algorithm(tmp_path: Path, algorithm: str, key) -> None:
    def with_key(named: str) -> Path:
        return file(
            tmp_path, ISSUER, method="private_key_jwt", credential=pem(key), client_extra=f'algorithm = "{named}"'
        )

    read(with_key(algorithm))
    with pytest.raises(DataFileError, match=r"client\.algorithm: the key in client\.file cannot sign"):
        read(with_key("ES256" if algorithm != "ES256" else "EdDSA"))


def test_an_app_may_be_returned_to_by_its_own_scheme(tmp_path: Path) -> None:
    described = read(file(tmp_path, ISSUER, redirect_uris='["vn.example.forum:/eid"]'))

    assert described.redirect_uris == ("vn.example.forum:/eid",)


def test_plain_http_is_for_this_machine(tmp_path: Path) -> None:
    assert read(file(tmp_path, "http://127.0.0.1:3000")).issuer == "http://127.0.0.1:3000"


def test_two_providers_share_neither_name_nor_address(tmp_path: Path) -> None:
    one = read(file(tmp_path, ISSUER))
    check_apart([one, replace(one, name="other", redirect_uris=("https://forum.example/eid/other",))])

    with pytest.raises(DataFileError, match="two providers are called vneid"):
        check_apart([one, one])
    with pytest.raises(DataFileError, match="vneid and other share https://"):
        check_apart([one, replace(one, name="other")])

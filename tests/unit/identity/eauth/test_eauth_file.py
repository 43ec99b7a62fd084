"""A faulty provider file stops the start and names what to correct."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_eauth import FakeEauth, issue

from xacthuc.datafile import DataFileError
from xacthuc.identity.adapters.eauth.eauth_file import read
from xacthuc.identity.adapters.remote.tls import ClientTls


@pytest.fixture
def fake(tmp_path: Path) -> FakeEauth:
    return FakeEauth(port=1, directory=tmp_path)


def test_a_whole_file_is_read_with_its_secrets(fake: FakeEauth) -> None:
    described = read(fake.file())
    assert (described.name, described.secrets) == ("eid", {"partner": "s3cret"})
    assert described.url(described.ask.path) == "https://127.0.0.1:1/v1/authentications"
    assert described.ask.body["person"]["id"] == "{personal_id}"


def test_neither_secrets_nor_bodies_are_shown(fake: FakeEauth) -> None:
    assert "s3cret" not in repr(read(fake.file()))


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('kind = "eauth"', 'kind = "oidc"', "kind: write eauth"),
        ('name = "eid"', 'name = "E id"', "name: write 1 to 32"),
        ("https://127.0.0.1:1/v1", "http://127.0.0.1:1/v1", "base_url: begin with https://"),
        ("https://127.0.0.1:1/v1", "https://u:p@127.0.0.1/v1", "base_url: write host and path alone"),
        ("https://127.0.0.1:1/v1", "https://127.0.0.1/v1?key=1", "base_url: write host and path alone"),
        ("https://127.0.0.1:1/v1", "https://127.0.0.1/{request_id}", "base_url: write host and path alone"),
        ("https://127.0.0.1:1/v1", "https://[", "base_url: is not an address"),
        ("timeout_seconds = 5.0", "timeout_seconds = 0", "timeout_seconds: write more than 0"),
        ("timeout_seconds = 5.0", "timeout_seconds = 60", "timeout_seconds: write more than 0"),
        ("timeout_seconds = 5.0", "concurrency = 0", "concurrency: write 1 or more"),
        ("timeout_seconds = 5.0", "patience = 1", "patience: is not known"),
        ("[secrets]\npartner", "[secrets]\nKey9", "secrets: 'Key9' is no name"),
        ('path = "/authentications"', 'path = "/authentications?x=1"', "ask.path: begin with /"),
        ('path = "/authentications"', 'path = "/{personal_id}"', "ask.path: {personal_id} is not filled in"),
        ('X-Partner = "{secret.partner}"', 'X-Id = "{personal_id}"', "ask.headers.X-Id: {personal_id} is not filled"),
        ('X-Partner = "{secret.partner}"', 'X-Id = "{secret.other}"', "ask.headers.X-Id: {secret.other} is not"),
        ('id = "{personal_id}"', 'id = "1"', "ask.body: {personal_id} is nowhere in it"),
        ('id = "{personal_id}"', 'id = "{personal_id}{code}"', "ask.body.person.id: {code} is not filled in"),
        ('request = "{request_id}"', "request = 2026-11-23", "ask.body.request: write a string"),
        ('"/authentications/{transaction_id}"', '"/authentications"', "poll.path: {transaction_id} is neither"),
        ('"/authentications/{transaction_id}"', '"/a/{full_name}"', "poll.path: {full_name} is not filled in"),
        ("every_seconds = 7", "every_seconds = 0", "poll.every_seconds: write 1 to 3600"),
        ('level = "data.level"', "", "answers.level: give level or fixed_level"),
        ('level = "data.level"', 'level = "data.level"\nfixed_level = "2"', "answers.level: give level or fixed_level"),
        ('transaction_id = "data.transaction"', 'transaction_id = ""', "answers.transaction_id: is empty"),
        ('means = "confirmed"', 'means = "denied"', "answer: no rule says how an answer confirms"),
        ('means = "confirmed"', 'means = "yes"', "answer[0].means: write one of confirmed"),
        ('where = { code = ["00"], "data.match" = ["true"] }', "", "answer[0].where: name a path and its values"),
        ('where = { code = ["02"] }', "where = { code = [] }", "answer[2].where: name one value at least"),
        ('[callback]\nsecret = "partner"', '[callback]\nsecret = "other"', "callback.secret: is not a name of"),
    ],
)
def test_a_fault_is_named(fake: FakeEauth, old: str, new: str, named: str) -> None:
    with pytest.raises(DataFileError, match=r"eid\.toml: ") as raised:
        read(fake.file((old, new)))
    assert named in str(raised.value)


def test_a_provider_that_would_not_know_who_asks_is_refused(fake: FakeEauth) -> None:
    pair = f'certificate = "{fake.directory}/client.pem"\nkey = "{fake.directory}/client.key"\n'
    with pytest.raises(DataFileError, match=r"tls\.certificate: is missing"):
        read(fake.file((pair, "")))
    with pytest.raises(DataFileError, match=r"tls\.key: certificate and key belong together"):
        read(fake.file((pair.splitlines()[1], "")))


def test_pending_answers_need_a_way_to_be_heard_of_again(fake: FakeEauth) -> None:
    text = fake.text(('[callback]\nsecret = "partner"', ""))
    start, end = text.index("[poll]"), text.index("[answers]")
    with pytest.raises(DataFileError, match=r"poll: is missing; a pending answer"):
        read(fake.file((text[start:end], ""), ('[callback]\nsecret = "partner"', "")))


def test_a_secret_that_cannot_be_read_is_named_and_not_shown(fake: FakeEauth) -> None:
    path = fake.file()
    (fake.directory / "partner").write_text("")
    with pytest.raises(DataFileError, match=r"secrets\.partner: the file is empty"):
        read(path)
    (fake.directory / "partner").unlink()
    with pytest.raises(DataFileError, match=r"secrets\.partner: cannot be read \(FileNotFoundError\)"):
        read(path)


@pytest.mark.parametrize(
    ("file", "content", "named"),
    [
        ("client.pem", b"not a certificate", "tls.certificate: is not PEM"),
        ("client.key", None, "tls.certificate: cannot be read (FileNotFoundError)"),
        ("ca.pem", b"not a certificate", "tls.ca: is not PEM"),
    ],
)
def test_certificates_that_cannot_be_used_stop_the_start(
    fake: FakeEauth, file: str, content: bytes | None, named: str
) -> None:
    issue(fake.directory)
    if content is None:
        (fake.directory / file).unlink()
    else:
        (fake.directory / file).write_bytes(content)
    with pytest.raises(DataFileError) as raised:
        ClientTls(read(fake.file()).tls)
    assert named in str(raised.value)


def test_a_certificate_with_the_key_of_another_stops_the_start(fake: FakeEauth) -> None:
    issue(fake.directory)
    (fake.directory / "client.key").write_bytes((fake.directory / "server.key").read_bytes())
    with pytest.raises(DataFileError, match=r"tls\.certificate: .* does not belong to its key"):
        ClientTls(read(fake.file()).tls)

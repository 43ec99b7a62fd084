"""Files that describe message centers, and what is refused in them."""

from __future__ import annotations

import pytest
import smsc

from xacthuc.datafile import DataFileError
from xacthuc.otp.delivery.adapters.smpp.provider import opened_smpp
from xacthuc.otp.delivery.adapters.smpp.smpp_file import read


def described(tmp_path, extra: str = "", **changes: str):
    path = smsc.file(tmp_path, 2775, extra)
    text = path.read_text()
    for old, new in changes.items():
        text = text.replace(old, new)
    path.write_text(text)
    return read(path)


def test_a_short_file_is_enough(tmp_path):
    center = described(tmp_path)
    assert (center.window, center.binds, center.source.ton, center.receipts.requested) == (10, 1, 5, True)
    assert center.password == "letmein"


@pytest.mark.parametrize(
    ("host", "tls", "encrypted"),
    [
        ("127.0.0.1", "auto", False),
        ("localhost", "auto", False),
        ("::1", "auto", False),
        ("10.0.0.1", "auto", True),
        ("smsc.example", "auto", True),
        ("smsc.example", "off", False),
        ("127.0.0.1", "on", True),
    ],
)
def test_a_connection_that_leaves_the_machine_is_encrypted_unless_the_file_says_otherwise(
    tmp_path, host, tls, encrypted
):
    path = smsc.file(tmp_path, 2775, f'tls = "{tls}"')
    path.write_text(path.read_text().replace('host = "127.0.0.1"', f'host = "{host}"'))
    assert read(path).encrypted is encrypted


@pytest.mark.rule("R35")
@pytest.mark.parametrize("sender", ["far too long a name", "DiễnĐàn", "0912345678"])
def test_a_sender_name_has_to_be_lawful(tmp_path, sender):
    with pytest.raises(DataFileError, match=r"source\.sender"):
        described(tmp_path, f'source = {{sender = "{sender}"}}')


def test_a_short_code_needs_its_type_of_number(tmp_path):
    assert described(tmp_path, 'source = {sender = "8088", ton = 3}').source.sender == "8088"
    with pytest.raises(DataFileError, match=r"source\.sender"):
        described(tmp_path, 'source = {sender = "ACME", ton = 3}')


def test_an_operators_own_sender_is_a_name_so_the_source_has_to_be_one(tmp_path):
    with pytest.raises(DataFileError, match="senders"):
        described(tmp_path, 'source = {sender = "8088", ton = 3}\nsenders = {viettel = "ACME-VT"}')


@pytest.mark.parametrize(
    ("extra", "key"),
    [
        ("window = 0", "window"),
        ("binds = 17", "window"),
        ("enquire_link_seconds = 0.5", "enquire_link_seconds"),
        ("response_seconds = 11.0", "response_seconds"),
        ("validity_seconds = 86400", "validity_seconds"),
        ("coding = {data_coding = 256}", r"coding\.data_coding"),
        ('coding = {alphabet = "ebcdic"}', r"coding\.alphabet"),
        ('receipts = {id_format = "octal"}', r"receipts\.id_format"),
        ("parameters = [{tag = 0x001e, value = 'x'}]", r"parameters\[0\]\.tag"),
        ("parameters = [{tag = 0x1400, value = ''}]", r"parameters\[0\]\.value"),
        ("parameters = [{tag = 0x1400, value = '{code}'}]", r"parameters\[0\]\.value"),
        ("rejected = [{status = [0], reason = 'x'}]", r"rejected\[0\]\.status"),
        ("rejected = [{status = [1], reason = 'Not so'}]", r"rejected\[0\]\.reason"),
        ("source = {npi = 19}", r"source\.ton"),
        ("system_type = 'höher'", "system_type"),
        ("speed = 1", "speed"),
        ("senders = {viettel = 'far too long a name'}", r"senders\.viettel"),
    ],
)
def test_a_faulty_key_is_named_with_its_file(tmp_path, extra, key):
    with pytest.raises(DataFileError, match=rf"center\.toml: {key}"):
        described(tmp_path, extra)


@pytest.mark.parametrize(
    ("line", "instead", "key"),
    [
        ('channels = ["SMS"]', 'channels = ["VOICE"]', "channels"),
        ("port = 2775", "port = 65536", "port"),
        ('system_id = "acme"', 'system_id = ""', "system_id"),
        ("password =", "passphrase =", "secrets"),
    ],
)
def test_a_line_that_cannot_be_is_named(tmp_path, line, instead, key):
    with pytest.raises(DataFileError, match=rf"center\.toml: {key}"):
        described(tmp_path, **{line: instead})


def test_a_password_that_no_bind_can_hold_is_refused_and_not_shown(tmp_path):
    path = smsc.file(tmp_path, 2775, password="mật khẩu")
    with pytest.raises(DataFileError, match=r"secrets\.password") as caught:
        read(path)
    assert "mật" not in str(caught.value)


def test_a_missing_password_is_named(tmp_path):
    path = smsc.file(tmp_path, 2775)
    (tmp_path / "password").unlink()
    with pytest.raises(DataFileError, match=r"secrets\.password"):
        read(path)


def test_the_password_does_not_show(tmp_path):
    assert "letmein" not in repr(described(tmp_path))


async def test_authorities_that_cannot_be_read_are_named(tmp_path, clock):
    path = smsc.file(tmp_path, 2775, f'tls = "on"\nca_file = "{tmp_path / "none.pem"}"')
    with pytest.raises(DataFileError, match="ca_file"):
        async with opened_smpp(path, clock):
            pass

"""The description of a vendor is checked before anything is sent."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from xacthuc.datafile import DataFileError
from xacthuc.otp.delivery.adapters.gateway_file import Gateway, read

if TYPE_CHECKING:
    from pathlib import Path

GOOD = """
name = "vendor"
channels = ["SMS"]
[secrets]
key = "{secret}"
[request]
url = "https://api.vendor.example/send"
[request.headers]
Authorization = "Bearer {{secret.key}}"
[body]
phone = "{{to}}"
nested = {{ texts = ["{{text}}"], flag = true, kind = 2 }}
[accepted]
path = "CodeResult"
equals = ["100"]
message_id = "SMSID"
[[rejected]]
path = "CodeResult"
equals = ["118"]
reason = "number_inactive"
final = true
[receipts]
scheme = "hmac_sha256"
secret = "key"
id = "id"
status = "state"
delivered = ["1"]
"""


def gateway(tmp_path: Path, *changes: tuple[str, str]) -> Gateway:
    secret = tmp_path / "key"
    secret.write_text("very-secret\n")
    text = GOOD.format(secret=secret)
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = tmp_path / "vendor.toml"
    path.write_text(text)
    return read(path)


def test_a_whole_description_is_read_with_its_secrets(tmp_path: Path) -> None:
    described = gateway(tmp_path)
    assert described.name == "vendor"
    assert described.secrets == {"key": "very-secret"}
    assert described.body["nested"]["kind"] == 2


def test_a_description_shows_no_secret(tmp_path: Path) -> None:
    assert "very-secret" not in repr(gateway(tmp_path))


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('name = "vendor"', 'name = "console"', "name"),
        ('name = "vendor"', 'name = "Vendor!"', "name"),
        ('name = "vendor"', 'nane = "vendor"', "nane"),
        ('"SMS"', '"FAX"', "channels"),
        ('["SMS"]', "[]", "channels"),
        ("https://", "http://", "request.url"),
        ("vendor.example/send", "vendor.example/{{to}}", "request.url"),
        ("{to}", "{phone}", "body.phone"),
        ("{text}", "{txt}", "body.nested.texts[0]"),
        ("{text}", "{Text}", "body.nested.texts[0]"),
        ("{text}", "{secret.key2}", "body.nested.texts[0]"),
        ("{to}", "84", "body: {to} is filled in nowhere"),
        ("{text}", "hello", "body: neither {text} nor {code} is filled in"),
        ("kind = 2", "kind = nan", "body.nested.kind"),
        ("vendor.example/send", "vendor.example:70000/send", "request.url"),
        ("vendor.example/send", "vendor.example/se nd", "request.url"),
        ("[secrets]", "per_second = nan\n[secrets]", "per_second"),
        ("[secrets]", "per_second = inf\n[secrets]", "per_second"),
        ("[secrets]", 'cost_vnd = {"Viettel!" = 1}\n[secrets]', "cost_vnd"),
        ("[secrets]", '[senders]\nviettel = "far too long a name"\n[secrets]', "senders.viettel"),
        ("[secrets]", '[senders]\n"Viettel!" = "FORUM"\n[secrets]', "senders.Viettel!"),
        ('path = "CodeResult"\nequals = ["100"]', "status = []", "accepted.status"),
        ("{secret.key}", "{secret.other}", "request.headers.Authorization"),
        ('equals = ["100"]', "equals = []", "accepted.equals"),
        ('reason = "number_inactive"', 'reason = "Number inactive"', "rejected[0].reason"),
        ('secret = "key"', 'secret = "other"', "receipts.secret"),
        ('id = "id"', 'id = ""', "receipts.id"),
        ('scheme = "hmac_sha256"', 'scheme = "md5"', "receipts.scheme"),
        ("[body]", '[request.query]\nx = "{unknown}"\n[body]', "request.query.x"),
    ],
)
def test_a_fault_is_named_by_its_key(tmp_path: Path, old: str, new: str, key: str) -> None:
    with pytest.raises(DataFileError, match=rf"vendor\.toml: {re.escape(key)}"):
        gateway(tmp_path, (old, new))


def test_a_missing_secret_file_is_named_without_its_path(tmp_path: Path) -> None:
    with pytest.raises(DataFileError, match=r"secrets\.key: cannot be read"):
        gateway(tmp_path, (str(tmp_path / "key"), "/nowhere/at/all"))


def test_a_form_holds_no_tables(tmp_path: Path) -> None:
    with pytest.raises(DataFileError, match="body: a form has no tables"):
        gateway(tmp_path, ("[request.headers]", 'format = "form"\n[request.headers]'))

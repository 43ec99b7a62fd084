"""The description of an Official Account is checked before anything is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fake_zalo import APP_ID, TEMPLATES, FakeZalo

from xacthuc.datafile import DataFileError
from xacthuc.otp.delivery.adapters.zns.zns_file import ZnsFile, read

if TYPE_CHECKING:
    from pathlib import Path


def account(tmp_path: Path, *changes: tuple[str, str]) -> ZnsFile:
    path = FakeZalo(port=1).file(tmp_path)
    for old, new in changes:
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))
    return read(path)


def test_a_whole_description_is_read_with_its_secrets(tmp_path: Path) -> None:
    described = account(tmp_path)
    assert described.app_id == APP_ID
    assert described.secrets["refresh_token"] == "refresh-0"


def test_a_description_shows_no_secret(tmp_path: Path) -> None:
    assert "s3cret" not in repr(account(tmp_path))
    assert "refresh-0" not in repr(account(tmp_path))


def test_a_template_of_the_purpose_goes_before_that_of_any(tmp_path: Path) -> None:
    described = account(tmp_path, ("[data]", '[templates.GUARDIAN_LINK]\nvi = "guardian1"\n[data]'))
    assert described.template("GUARDIAN_LINK", "vi") == "guardian1"
    assert described.template("GUARDIAN_LINK", "en") == "guardian1"
    assert described.template("NUMBER_CHANGE", "en") == TEMPLATES["en"]


def test_a_purpose_without_a_template_has_none(tmp_path: Path) -> None:
    assert account(tmp_path, ("templates.any", "templates.NUMBER_CHANGE")).template("GUARDIAN_LINK", "vi") is None


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('["ZALO_ZNS"]', '["SMS"]', "channels"),
        (APP_ID, "not an id", "app_id"),
        ("templates.any", "templates.ANY", "templates.ANY"),
        (TEMPLATES["vi"], "../7", "templates.any.vi"),
        ("{code}", "{password}", "data.otp"),
        ("{code}", "{minutes}", "data: {code} is filled in nowhere"),
        ("refresh_token =", "token =", "secrets.refresh_token"),
        ("webhook_secret =", "hook =", "secrets.hook"),
        ("timeout_seconds = 5.0", "timeout_seconds = 60", "timeout_seconds"),
        ("http://127.0.0.1:1/message", "http://business.openapi.zalo.me/message", "message_url"),
        ("http://127.0.0.1:1/v4", "http://oauth.zaloapp.com/v4", "token_url"),
        ("http://127.0.0.1:1/v4", "https://[/v4", "token_url"),
    ],
)
def test_a_fault_is_named_by_its_key(tmp_path: Path, old: str, new: str, key: str) -> None:
    with pytest.raises(DataFileError, match=rf"zalo\.toml: {key}"):
        account(tmp_path, (old, new))

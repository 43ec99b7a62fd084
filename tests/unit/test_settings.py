"""What a process says of settings that it cannot use."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from xacthuc.identity.settings import IdentitySettings
from xacthuc.settings import explain


@pytest.mark.parametrize(
    ("variable", "url"),
    [
        ("XACTHUC_DATABASE_URL", "postgres://xacthuc:hidden@host/xacthuc"),
        ("XACTHUC_KEY_DATABASE_URL", "postgresql://xacthuc:hidden@host/xacthuc"),
        ("XACTHUC_STATE_URL", "valkey:hidden@host:6379"),
        ("XACTHUC_CACHE_URL", "http://:hidden@host:6379"),
    ],
)
def test_an_url_of_something_else_is_named_with_what_is_expected_and_not_echoed(
    variable: str, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, url)

    with pytest.raises(ValidationError) as refused:
        IdentitySettings()

    said = explain(refused.value)
    assert f"{variable}: Value error, a " in said
    assert "such as" in said
    assert "hidden" not in said


@pytest.mark.parametrize(
    ("variable", "url"),
    [
        ("XACTHUC_DATABASE_URL", "postgresql+asyncpg://xacthuc@/xacthuc?host=/run/postgresql"),
        ("XACTHUC_KEY_DATABASE_URL", ""),
        ("XACTHUC_STATE_URL", "redis+cluster://:password@one:6379,two:6379"),
        ("XACTHUC_CACHE_URL", ""),
    ],
)
def test_urls_that_lead_somewhere_are_taken(variable: str, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, url)

    IdentitySettings()

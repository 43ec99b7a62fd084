from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from xacthuc.livestream.settings import LivestreamSettings
from xacthuc.secret_files import SECRETS_DIRECTORY, given

if TYPE_CHECKING:
    from pathlib import Path

URL = "XACTHUC_DATABASE_URL"
IN_THE_FILE = "postgresql+asyncpg://livestream:secret@db/livestream"
IN_THE_VARIABLE = "postgresql+asyncpg://livestream@elsewhere/livestream"


@pytest.fixture
def secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(SECRETS_DIRECTORY, str(tmp_path))
    monkeypatch.delenv(URL, raising=False)
    (tmp_path / URL).write_text(f"{IN_THE_FILE}\n")
    return tmp_path


def read() -> tuple[str, str]:
    """What a service reads, and what the job that migrates for it does."""
    return LivestreamSettings().database_url.get_secret_value(), given(URL)


@pytest.mark.usefixtures("secrets")
def test_a_setting_may_be_a_file_named_as_its_variable() -> None:
    assert read() == (IN_THE_FILE, IN_THE_FILE)


@pytest.mark.usefixtures("secrets")
def test_a_variable_wins_over_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(URL, IN_THE_VARIABLE)

    assert read() == (IN_THE_VARIABLE, IN_THE_VARIABLE)


def test_a_setting_that_is_neither_has_its_default(secrets: Path) -> None:
    (secrets / URL).unlink()

    assert read() == (LivestreamSettings.model_fields["database_url"].default.get_secret_value(), "")


@pytest.mark.usefixtures("secrets")
def test_a_secret_in_a_file_is_not_printed_with_the_settings() -> None:
    assert "secret@" not in repr(LivestreamSettings())

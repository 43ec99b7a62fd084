"""What a worker refuses to start with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from xacthuc.clock import SystemClock
from xacthuc.datafile import DataFileError
from xacthuc.otp.delivery import providers
from xacthuc.otp.delivery.settings import DEVELOPMENT_INBOX, DeliverySettings
from xacthuc.phone import NumberPlan
from xacthuc.settings import Environment

if TYPE_CHECKING:
    from pathlib import Path


def test_production_refuses_an_inbox(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="in development only"):
        DeliverySettings(environment=Environment.PRODUCTION, inbox_file=tmp_path / "inbox.jsonl")


def test_development_has_an_inbox_without_being_asked() -> None:
    assert DeliverySettings(environment=Environment.DEVELOPMENT).inbox == DEVELOPMENT_INBOX


async def test_production_needs_a_provider(tmp_path: Path) -> None:
    settings = DeliverySettings(environment=Environment.PRODUCTION, providers_directory=tmp_path)
    with pytest.raises(DataFileError, match="holds no provider"):
        async with providers.opened(settings, SystemClock()):
            pass


@pytest.mark.parametrize("name", ["console", "sandbox"])
async def test_production_refuses_a_provider_file_of_a_development_name(tmp_path: Path, name: str) -> None:
    (tmp_path / "x.toml").write_text(
        f'name = "{name}"\nchannels = ["SMS"]\n[request]\nurl = "https://a.example"\n'
        '[body]\nto = "{to}"\ntext = "{text}"\n[accepted]\n'
    )
    settings = DeliverySettings(environment=Environment.PRODUCTION, providers_directory=tmp_path)
    with pytest.raises(DataFileError, match="console and sandbox are taken"):
        async with providers.opened(settings, SystemClock()):
            pass


async def test_two_providers_of_one_name_are_refused(tmp_path: Path) -> None:
    for file in ("a", "b"):
        (tmp_path / f"{file}.toml").write_text(
            'name = "vendor"\nchannels = ["SMS"]\n[request]\nurl = "https://a.example"\n'
            '[body]\nto = "{to}"\ntext = "{text}"\n[accepted]\n'
        )
    settings = DeliverySettings(environment=Environment.PRODUCTION, providers_directory=tmp_path)
    with pytest.raises(DataFileError, match="two providers are called vendor"):
        async with providers.opened(settings, SystemClock()):
            pass


@pytest.mark.parametrize("terms", ['operators = ["vietel"]', "cost_vnd = {vietel = 1, other = 2}"])
async def test_an_operator_that_the_numbering_plan_does_not_have_is_named(tmp_path: Path, terms: str) -> None:
    (tmp_path / "a.toml").write_text(
        f'name = "vendor"\nchannels = ["SMS"]\n{terms}\n[request]\nurl = "https://a.example"\n'
        '[body]\nto = "{to}"\ntext = "{text}"\n[accepted]\n'
    )
    settings = DeliverySettings(environment=Environment.PRODUCTION, providers_directory=tmp_path)
    async with providers.opened(settings, SystemClock()) as offered:
        with pytest.raises(DataFileError, match="vietel is not known"):
            providers.require_known_operators(offered, NumberPlan.load().operators)
        providers.require_known_operators(offered, {"vietel"})

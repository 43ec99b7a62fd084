"""Provider files become providers: each by its kind, all named apart, and those of the documentation too."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from fake_vendor import FakeVendor
from fake_zalo import FakeZalo

from xacthuc.clock import SystemClock
from xacthuc.datafile import DataFileError
from xacthuc.otp.delivery import providers
from xacthuc.otp.delivery.adapters import gateway_file
from xacthuc.otp.delivery.adapters.provider_file import Kind, kind_of
from xacthuc.otp.delivery.adapters.smpp import smpp_file
from xacthuc.otp.delivery.adapters.zns import zns_file
from xacthuc.otp.delivery.ports import Channel
from xacthuc.otp.delivery.settings import DeliverySettings
from xacthuc.settings import Environment

if TYPE_CHECKING:
    from xacthuc.otp.delivery.providers import Offered

PAGE = Path(__file__).parents[3] / "docs" / "providers.md"
EXAMPLES = re.findall(r"```toml\n(.*?)```", PAGE.read_text(), re.DOTALL)


def settings(directory: Path) -> DeliverySettings:
    return DeliverySettings(environment=Environment.PRODUCTION, providers_directory=directory)


async def offered(directory: Path) -> Offered:
    async with providers.opened(settings(directory), SystemClock()) as found:
        return found


async def test_each_kind_is_opened_by_its_adapter(tmp_path: Path) -> None:
    FakeVendor(port=1).file(tmp_path, weight=10)
    FakeZalo(port=1).file(tmp_path, weight=5)
    found = await offered(tmp_path)
    assert found.names == ("vendor", "zalo")
    assert [tuple(route.provider.channels) for route in found.routes.all] == [(Channel.SMS,), (Channel.ZALO_ZNS,)]
    assert set(found.readers) == {"vendor", "zalo"}
    assert len(found.tended) == 2


async def test_who_sends_no_receipts_has_no_reader(tmp_path: Path) -> None:
    path = FakeVendor(port=1).file(tmp_path)
    path.write_text(path.read_text().replace('"hmac_sha256"', '"none"'))
    found = await offered(tmp_path)
    assert found.readers == {}
    assert not found.routes.all[0].provider.reports


async def test_an_unknown_kind_stops_the_start(tmp_path: Path) -> None:
    path = FakeVendor(port=1).file(tmp_path)
    path.write_text('kind = "pigeon"\n' + path.read_text())
    with pytest.raises(DataFileError, match="kind: write one of http, smpp, zns"):
        await offered(tmp_path)


async def test_two_providers_of_one_name_stop_the_start(tmp_path: Path) -> None:
    FakeVendor(port=1).file(tmp_path)
    path = FakeZalo(port=1).file(tmp_path)
    path.write_text(path.read_text().replace('name = "zalo"', 'name = "vendor"'))
    with pytest.raises(DataFileError, match="two providers are called vendor"):
        await offered(tmp_path)


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_examples_of_the_documentation_are_read(tmp_path: Path, example: str) -> None:
    for file in set(re.findall(r'"(/run/secrets/[^"]+)"', example)):
        kept = tmp_path / Path(file).name
        kept.write_text("secret")
        example = example.replace(file, str(kept))
    path = tmp_path / "example.toml"
    path.write_text(example)
    match kind_of(path):
        case Kind.HTTP:
            assert gateway_file.read(path).secrets
        case Kind.ZNS:
            assert zns_file.read(path).secrets
        case Kind.SMPP:
            assert smpp_file.read(path)


def test_the_documentation_has_an_example_of_a_message_a_call_and_zalo() -> None:
    assert [text for name in ('"SMS"', '"VOICE"', '"ZALO_ZNS"') for text in EXAMPLES if f"channels = [{name}]" in text]

"""What a directory of providers may hold: what cannot be meant stops the start and is named."""

from __future__ import annotations

import pytest
from oidc_provider import file as oidc_file
from prometheus_client import CollectorRegistry

from xacthuc.clock import SystemClock
from xacthuc.datafile import DataFileError
from xacthuc.identity.adapters.eid_providers import opened_providers
from xacthuc.telemetry.metrics import Metrics


@pytest.fixture
def opened(tmp_path):
    def open_directory(*, development=False):
        return opened_providers(tmp_path, SystemClock(), Metrics(CollectorRegistry()), development=development)

    return open_directory


async def test_an_empty_directory_asks_nobody(opened):
    async with opened() as found:
        assert found.providers.asked_about("001090012345") == ()
        assert found.providers.asked_about("000090000000") == ()


async def test_the_sandbox_is_asked_about_reserved_numbers_alone_and_in_development_alone(opened):
    async with opened(development=True) as found:
        assert [each.name for each in found.providers.asked_about("000090000000")] == ["sandbox"]
        assert found.providers.asked_about("001090012345") == ()


async def test_a_missing_directory_is_an_empty_one(tmp_path):
    missing = tmp_path / "nowhere"
    async with opened_providers(missing, SystemClock(), Metrics(CollectorRegistry()), development=False) as found:
        assert found.providers.sign_ins == {}


async def test_a_provider_that_is_down_stops_no_start(tmp_path, opened):
    oidc_file(tmp_path, "http://127.0.0.1:1")

    async with opened() as found:
        assert list(found.providers.sign_ins) == ["vneid"]


@pytest.mark.parametrize("content", ["", 'kind = "saml"', "kind = 3", 'kind = "kyc_match"', "not toml"])
async def test_a_file_that_cannot_be_meant_is_named(tmp_path, opened, content):
    (tmp_path / "faulty.toml").write_text(content)

    with pytest.raises(DataFileError, match=r"faulty\.toml"):
        async with opened():
            pass


@pytest.mark.parametrize(("name", "said"), [("vneid", "two providers"), ("sandbox", "is taken")])
async def test_names_are_kept_apart(tmp_path, opened, name, said):
    path = oidc_file(tmp_path, "https://id.example")
    other = path.read_text().replace('"vneid"', f'"{name}"').replace("eid/vneid", "eid/other")
    (tmp_path / "other.toml").write_text(other)

    with pytest.raises(DataFileError, match=said):
        async with opened():
            pass


async def test_two_sign_ins_share_no_address(tmp_path, opened):
    path = oidc_file(tmp_path, "https://id.example")
    (tmp_path / "other.toml").write_text(path.read_text().replace('"vneid"', '"other"'))

    with pytest.raises(DataFileError, match="share"):
        async with opened():
            pass

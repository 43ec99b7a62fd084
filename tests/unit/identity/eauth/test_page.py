"""The page about providers tells the truth: its examples are read, and every cause stands in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fake_kyc import SIGNING_KEY

from xacthuc.identity.adapters.eauth import eauth_file
from xacthuc.identity.adapters.eauth.reading import Fault
from xacthuc.identity.adapters.kyc import answers, kyc_file
from xacthuc.identity.adapters.remote import exchange

PAGE = (Path(__file__).resolve().parents[4] / "docs" / "personal-id-providers.md").read_text("utf-8")
EXAMPLES = re.findall(r"^```toml\n(.+?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def example(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """An example as a file, with secrets in a place where there are some."""
    (tmp_path / "eid-partner").write_text("s3cret")
    (tmp_path / "operator-key.pem").write_bytes(SIGNING_KEY)
    path = tmp_path / "example.toml"
    path.write_text(EXAMPLES[request.param].replace("/run/secrets", str(tmp_path)))
    return path


@pytest.mark.parametrize("example", [0], indirect=True)
def test_the_example_of_a_provider_is_read(example: Path) -> None:
    assert eauth_file.read(example).name == "eid"


@pytest.mark.parametrize("example", [1], indirect=True)
def test_the_example_of_an_operator_is_read(example: Path) -> None:
    assert kyc_file.read(example).name == "viettel"


def test_every_cause_is_explained() -> None:
    replies = [value.cause for value in vars(exchange).values() if isinstance(value, exchange.NoReply)]
    judged = [
        value.said for value in vars(answers).values() if isinstance(value, answers.Judged) and not value.findings
    ]
    causes = {*map(str, Fault), *replies, *judged, "personal_id_required"}
    assert {cause for cause in causes if f"`{cause}`" not in PAGE} == set()

"""A faulty operator file stops the start and names what to correct."""

from __future__ import annotations

from pathlib import Path

import pytest

from xacthuc.datafile import DataFileError
from xacthuc.otp.adapters.camara.operator_file import read, read_all
from xacthuc.otp.settings import OtpSettings

GOOD = 'name = "viettel"\nbase_url = "https://api.operator.example/number-verification/v2"\n'


def write(directory: Path, text: str, name: str = "viettel") -> Path:
    path = directory / f"{name}.toml"
    path.write_text(text)
    return path


def test_a_file_of_two_lines_is_enough(tmp_path: Path) -> None:
    described = read(write(tmp_path, GOOD))
    assert described.verify_url == "https://api.operator.example/number-verification/v2/verify"
    assert (described.hashed, described.timeout_seconds, described.ranges) == (False, 2.0, ())


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (GOOD.replace("https", "http"), "base_url: begin with https://"),
        (GOOD.replace("https", "ftp"), "base_url: begin with https://"),
        (GOOD.replace("api.", "user:pass@api."), "base_url: write host and path alone"),
        (GOOD.replace("/v2", "/v2?key=1"), "base_url: write host and path alone"),
        (GOOD.replace("api.operator.example", ""), "base_url: write host and path alone"),
        (GOOD.replace("viettel", "Viettel"), "name: write 1 to 32"),
        (GOOD + "timeout_seconds = 0", "timeout_seconds: write more than 0 and at most 4"),
        (GOOD + "timeout_seconds = 5", "timeout_seconds: write more than 0 and at most 4"),
        (GOOD + 'ranges = ["Viettel Mobile"]', "ranges: 'Viettel Mobile'"),
        (GOOD + "concurrency = 0", "concurrency: write 1 or more"),
        (GOOD + 'client_secret = "x"', "client_secret: is not known"),
        ('name = "viettel"', "base_url: is missing"),
    ],
)
def test_a_fault_is_named(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(DataFileError, match=r"viettel\.toml: ") as raised:
        read(write(tmp_path, text))
    assert named in str(raised.value)
    assert "pass" not in str(raised.value)


def test_plain_http_is_for_this_machine(tmp_path: Path) -> None:
    for host in ("127.0.0.1:9091", "localhost", "[::1]:80"):
        assert (
            read(write(tmp_path, f'name = "viettel"\nbase_url = "http://{host}"')).verify_url == f"http://{host}/verify"
        )


def test_no_directory_means_no_operator(tmp_path: Path) -> None:
    assert read_all(tmp_path / "missing") == ()


def test_two_operators_of_one_name_are_refused(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    write(tmp_path, GOOD, "again")
    with pytest.raises(DataFileError, match="two operators are called viettel"):
        read_all(tmp_path)


def test_network_is_not_a_channel_to_resend_by() -> None:
    with pytest.raises(ValueError, match="carries no code"):
        OtpSettings(resend_channels=("SMS", "NETWORK"))

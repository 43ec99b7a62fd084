"""A key leaves this machine only over TLS, unless the caller says otherwise."""

from __future__ import annotations

from datetime import timedelta

import pytest

from xacthuc.client import Xacthuc
from xacthuc.client.endpoint import Endpoint, channel_credentials, is_loopback


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1:7411",
        "127.8.9.1:7411",
        "localhost:7411",
        "[::1]:7411",
        "ipv4:127.0.0.1:7411",
        "ipv6:[::1]:7411",
        "dns:///localhost:7411",
        "unix:/run/xacthuc.sock",
    ],
)
def test_an_address_of_this_machine_is_reached_in_plaintext(address: str) -> None:
    assert is_loopback(address)
    assert channel_credentials(address, root_certificates=None, insecure=False) is None


@pytest.mark.parametrize(
    "address",
    [
        "otp.example.vn:443",
        "10.0.0.7:7411",
        "localhost.example.vn:443",
        "127.0.0.1.example.vn:443",
        "dns://10.0.0.53/otp.example.vn:443",
        "ipv4:127.0.0.1:7411,10.0.0.7:7411",
        "unix",
        "127.0.0.1",
        "",
        "xds:///otp",
    ],
)
def test_any_other_address_is_reached_over_tls(address: str) -> None:
    assert not is_loopback(address)
    assert channel_credentials(address, root_certificates=None, insecure=False) is not None


def test_root_certificates_ask_for_tls_on_this_machine_too() -> None:
    assert channel_credentials("127.0.0.1:7411", root_certificates=b"pem", insecure=False) is not None


def test_a_caller_may_send_the_key_in_clear_by_saying_so() -> None:
    assert channel_credentials("10.0.0.7:7411", root_certificates=None, insecure=True) is None


def test_clear_and_tls_at_once_is_refused() -> None:
    with pytest.raises(ValueError, match="give one of them"):
        channel_credentials("10.0.0.7:7411", root_certificates=b"pem", insecure=True)


@pytest.mark.parametrize("key", ["", "two words", "xt_dev_\n", "xt_dev_ă"])
def test_what_cannot_be_a_key_is_refused_without_showing_it(key: str) -> None:
    with pytest.raises(ValueError, match=r"^a platform key looks like"):
        Xacthuc(key=key)


def test_a_plaintext_channel_ignores_the_proxy_of_the_environment() -> None:
    class Factory:
        def insecure_channel(self, _target: str, options: list[tuple[str, object]]) -> dict[str, object]:
            return dict(options)

    options = Endpoint("127.0.0.1:1", None, "", (), timedelta(seconds=1)).open(Factory())

    assert options["grpc.enable_http_proxy"] == 0


def test_an_endpoint_does_not_show_the_key() -> None:
    endpoint = Endpoint("127.0.0.1:1", None, "", (("authorization", "Bearer xt_dev_x"),), timedelta(seconds=1))

    assert "xt_dev" not in repr(endpoint)

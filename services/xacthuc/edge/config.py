"""Envoy's configuration: `edge.yaml` with what differs from one deployment to another."""

from __future__ import annotations

import json
from importlib import resources
from string import Template
from typing import TYPE_CHECKING, Any, Final

from xacthuc.grpckit.tls import public_files

if TYPE_CHECKING:
    from pathlib import Path

    from xacthuc.edge.settings import EdgeSettings

SERVICES: Final = ("otp", "identity", "guardian", "livestream", "livestream_watch")
_FILLS_PER_SECOND: Final = 10
"""As often edge.yaml adds to the allowance of requests."""

_TYPE: Final = "type.googleapis.com/envoy.extensions.transport_sockets"
_RAW: Final = {"name": "raw", "typed_config": {"@type": f"{_TYPE}.raw_buffer.v3.RawBuffer"}}
_STRONG: Final = {"tls_minimum_protocol_version": "TLSv1_2"}


def write(settings: EdgeSettings, directory: Path) -> Path:
    """Writes what Envoy reads into `directory`; returns the configuration. FileNotFoundError without a certificate."""
    api = resources.files("xacthuc.api")
    own = resources.files("xacthuc.edge")
    strict = directory / "strict.lua"
    strict.write_text(api.joinpath("fields.lua").read_text("utf-8") + own.joinpath("strict.lua").read_text("utf-8"))
    config = directory / "edge.yaml"
    template = Template(own.joinpath("edge.yaml").read_text("utf-8"))
    files = {"descriptors": "descriptors.binpb", "openapi": "openapi.json", "reference": "reference.html"}
    given = {name: str(api.joinpath(file)) for name, file in files.items()}
    config.write_text(template.substitute(given, strict=strict, **_values(settings, directory)))
    return config


def _values(settings: EdgeSettings, directory: Path) -> dict[str, object]:
    values: dict[str, object] = {
        "public_socket": json.dumps(_listening(settings, directory)),
        "most_requests": 2 * settings.requests_per_second,
        "requests_per_fill": settings.requests_per_second // _FILLS_PER_SECOND,
        "most_requests_of_key": 2 * settings.requests_per_second_of_key,
        "requests_of_key_per_fill": settings.requests_per_second_of_key // _FILLS_PER_SECOND,
    }
    addresses = {
        "public": settings.public_address,
        "metrics": settings.metrics_address or "127.0.0.1:0",
        "camara": settings.camara_address,
        **{name: getattr(settings, f"{name}_public_address") for name in SERVICES},
    }
    addresses["livestream_watch"] = addresses["livestream_watch"] or addresses["livestream"]
    for name, address in addresses.items():
        host, _, port = address.rpartition(":")
        values |= {f"{name}_host": host.strip("[]"), f"{name}_port": int(port)}
        if name in SERVICES:
            values[f"{name}_socket"] = json.dumps(_calling(settings, host))
    return values


def _listening(settings: EdgeSettings, directory: Path) -> dict[str, Any]:
    """Returns how the edge is called: with TLS, unless a deployment says that something in front of it ends TLS."""
    plaintext = settings.development or settings.public_plaintext
    files = public_files(settings.tls_directory, "edge", plaintext=plaintext)
    if files is None:
        return _RAW
    # Through a file of secrets, since Envoy reads those anew when a certificate is replaced, and nothing else.
    secrets = directory / "certificate.yaml"
    secret = {
        "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret",
        "name": "public",
        "tls_certificate": {
            "certificate_chain": {"filename": str(files.certificate)},
            "private_key": {"filename": str(files.key)},
            "watched_directory": {"path": str(files.directory)},
        },
    }
    secrets.write_text(json.dumps({"resources": [secret]}))
    source = {"path_config_source": {"path": str(secrets)}, "resource_api_version": "V3"}
    return {
        "name": "tls",
        "typed_config": {
            "@type": f"{_TYPE}.tls.v3.DownstreamTlsContext",
            "common_tls_context": {
                "alpn_protocols": ["h2", "http/1.1"],
                "tls_params": _STRONG,
                "tls_certificate_sds_secret_configs": [{"name": "public", "sds_config": source}],
            },
        },
    }


def _calling(settings: EdgeSettings, host: str) -> dict[str, Any]:
    """Returns how a service is called."""
    if settings.upstream_ca is None:
        return _RAW
    validation = {
        "trusted_ca": {"filename": str(settings.upstream_ca)},
        "match_typed_subject_alt_names": [{"san_type": "DNS", "matcher": {"exact": host}}],
    }
    return {
        "name": "tls",
        "typed_config": {
            "@type": f"{_TYPE}.tls.v3.UpstreamTlsContext",
            "sni": host,
            "common_tls_context": {"alpn_protocols": ["h2"], "tls_params": _STRONG, "validation_context": validation},
        },
    }

"""Waits until services answer that they serve: through the gRPC health service (grpc.health.v1), or over HTTP."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

if TYPE_CHECKING:
    from collections.abc import Callable

_POLL_SECONDS: Final = 0.02
_CALL_SECONDS: Final = 1.0
# The default waits a second after a refused connection, and then longer: more than a service takes to start.
_RECONNECT: Final = (("grpc.initial_reconnect_backoff_ms", 50), ("grpc.max_reconnect_backoff_ms", 200))


def wait_until_serving(address: str, keep_watch: Callable[[], None]) -> None:
    """Returns when the server at `address` reports SERVING. `keep_watch` is called between attempts and may raise."""
    with grpc.insecure_channel(address, options=_RECONNECT) as channel:
        health = health_pb2_grpc.HealthStub(channel)
        while not _serving(health):
            keep_watch()
            time.sleep(_POLL_SECONDS)


def wait_until_answering(url: str, keep_watch: Callable[[], None]) -> None:
    """Returns when `url` answers 200. `keep_watch` is called between attempts and may raise."""
    while not _answering(url):
        keep_watch()
        time.sleep(_POLL_SECONDS)


def _answering(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=_CALL_SECONDS) as answer:  # noqa: S310 - an address of our own plan
            return bool(answer.status == HTTPStatus.OK)
    except (urllib.error.URLError, OSError):
        return False


def _serving(health: health_pb2_grpc.HealthStub) -> bool:
    try:
        answer = health.Check(health_pb2.HealthCheckRequest(), timeout=_CALL_SECONDS)
    except grpc.RpcError:
        return False
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)

"""How a service's process begins: settings from the environment, and one line instead of a traceback when it cannot."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from xacthuc import settings as shared
from xacthuc.datafile import DataFileError
from xacthuc.grpckit import runtime
from xacthuc.grpckit.tls import CertificateError
from xacthuc.sealing import KeyFileError
from xacthuc.settings import Settings
from xacthuc.valkey import StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

_Settings = TypeVar("_Settings", bound=Settings)

_SAID_PLAINLY = (CertificateError, DataFileError, FileNotFoundError, KeyFileError)
"""What an operator mends: a policy, a certificate, a key file. Their messages say which and how."""


def main(settings: type[_Settings], serve: Callable[[_Settings], Coroutine[Any, Any, None]]) -> None:
    """Runs `serve` with its settings to its end; SystemExit with what has to be mended before it can start."""
    try:
        read = settings()
    except ValidationError as error:
        sys.exit(shared.explain(error))
    try:
        runtime.run(serve(read))
    except _SAID_PLAINLY as error:
        sys.exit(f"This service cannot start: {error}")
    except StoreUnavailable as error:
        sys.exit(f"This service cannot start: {error}; see that Valkey runs where XACTHUC_STATE_URL says.")

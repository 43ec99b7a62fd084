"""The backfill service as it is deployed: a process of its own with real certificates, beside a real identity."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from pathlib import Path

import grpc
from identity_process import IdentityProcess
from service_process import ServiceProcess

from xacthuc.backfill import migrate
from xacthuc.grpckit.tls import TlsFiles


class BackfillProcess(ServiceProcess):
    """One backfill process in one directory. It serves operators alone, so its internal port tells whether it is there."""

    def __init__(
        self,
        directory: Path,
        identity: IdentityProcess,
        migrated_by: Callable[[str], bool] = migrate.main,
        **environment: str,
    ) -> None:
        super().__init__("backfill", migrated_by, directory, identity, **environment)

    def _address(self) -> str:
        return self.internal

    def _channel(self) -> grpc.Channel:
        credentials = TlsFiles(self.identity.tls, "cli").channel_credentials()
        options = [("grpc.ssl_target_name_override", "backfill")]
        return grpc.secure_channel(self.internal, credentials, options=options)


def backfill_process(
    directory: Path, identity: IdentityProcess, **environment: str
) -> AbstractContextManager[BackfillProcess]:
    """Makes a process, which the caller starts, and ends it with the block."""
    return closing(BackfillProcess(directory, identity, **environment))

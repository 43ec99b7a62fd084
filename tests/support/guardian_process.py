"""The guardian service as it is deployed: a process of its own with real certificates, beside a real identity."""

from __future__ import annotations

from contextlib import AbstractContextManager, closing
from pathlib import Path

from identity_process import IdentityProcess
from service_process import ServiceProcess

from xacthuc.guardian import migrate


class GuardianProcess(ServiceProcess):
    """One guardian process in one directory."""

    def __init__(self, directory: Path, identity: IdentityProcess, **environment: str) -> None:
        super().__init__("guardian", migrate.main, directory, identity, **environment)


def guardian_process(
    directory: Path, identity: IdentityProcess, **environment: str
) -> AbstractContextManager[GuardianProcess]:
    """Makes a process, which the caller starts, and ends it with the block."""
    return closing(GuardianProcess(directory, identity, **environment))

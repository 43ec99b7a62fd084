"""The livestream service as it is deployed: a process of its own with real certificates, beside a real identity."""

from __future__ import annotations

from contextlib import AbstractContextManager, closing
from pathlib import Path

from identity_process import IdentityProcess
from service_process import ServiceProcess

from xacthuc.livestream import migrate


class LivestreamProcess(ServiceProcess):
    """One livestream process in one directory."""

    def __init__(self, directory: Path, identity: IdentityProcess, **environment: str) -> None:
        super().__init__("livestream", migrate.main, directory, identity, **environment)


def livestream_process(
    directory: Path, identity: IdentityProcess, **environment: str
) -> AbstractContextManager[LivestreamProcess]:
    """Makes a process, which the caller starts, and ends it with the block."""
    return closing(LivestreamProcess(directory, identity, **environment))

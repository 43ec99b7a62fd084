"""A process for watchers of revocations as it is deployed, beside a real livestream service."""

from __future__ import annotations

from contextlib import AbstractContextManager, closing
from pathlib import Path

from livestream_process import LivestreamProcess
from service_process import ServiceProcess


class WatchProcess(ServiceProcess):
    """One process in one directory, which is no other's."""

    def __init__(self, directory: Path, livestream: LivestreamProcess, **environment: str) -> None:
        super().__init__("livestream.watch", lambda _url: True, directory, livestream.identity, **environment)


def watch_process(
    directory: Path, livestream: LivestreamProcess, **environment: str
) -> AbstractContextManager[WatchProcess]:
    """Makes a process, which the caller starts, and ends it with the block."""
    return closing(WatchProcess(directory, livestream, **environment))

"""The port `CheckpointBook` over the files of this process."""

from __future__ import annotations

import asyncio
from itertools import islice
from typing import TYPE_CHECKING

from xacthuc.audit.outside import read_all

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from xacthuc.audit.checkpoints import Checkpoint, CheckpointSigner


class FiledCheckpoints:
    """What lies in the directory, if there is one."""

    def __init__(self, signer: CheckpointSigner, directory: Path | None) -> None:
        """Takes who signs, and where it is kept."""
        self._signer = signer
        self._directory = directory

    @property
    def public_keys(self) -> Sequence[bytes]:
        """Every key of the ring, oldest first."""
        return self._signer.public_keys

    async def page(self, after: int, limit: int) -> list[Checkpoint]:
        """Reads the files from their beginning: an operator asks rarely, and a line has some 400 bytes."""
        return await asyncio.to_thread(self._read, after, limit)

    def _read(self, after: int, limit: int) -> list[Checkpoint]:
        if self._directory is None or not self._directory.is_dir():
            return []
        told = (placed.checkpoint for placed in read_all(self._directory))
        return list(islice((each for each in told if each is not None and each.number > after), limit))

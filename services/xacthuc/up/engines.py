"""The store and the database of one machine: bundled, or the user's own when a URL names them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from xacthuc.embedded import Postgres, Valkey

if TYPE_CHECKING:
    from collections.abc import Callable

    from xacthuc.up.layout import Layout


class Engines:
    """Up to two servers, started side by side."""

    def __init__(self, layout: Layout) -> None:
        """Reads XACTHUC_STATE_URL and XACTHUC_DATABASE_URL; starts nothing."""
        self._state_url = os.environ.get("XACTHUC_STATE_URL", "")
        self._database_url = os.environ.get("XACTHUC_DATABASE_URL", "")
        self._valkey = None if self._state_url else Valkey(layout.root / "valkey")
        self._postgres = None if self._database_url else Postgres(layout.root / "postgres")

    def launch(self) -> None:
        """Starts the bundled ones without waiting. EngineError."""
        for engine in (self._valkey, self._postgres):
            if engine is not None:
                engine.launch()

    def state_url(self) -> str:
        """Returns the store's URL once it answers. EngineError."""
        return self._valkey.wait() if self._valkey is not None else self._state_url

    def database_url(self) -> str:
        """Returns the database's URL once it answers. EngineError."""
        return self._postgres.wait() if self._postgres is not None else self._database_url

    def tick(self, tell: Callable[[str], None]) -> None:
        """Starts a bundled engine again that has died. EngineError when it cannot be."""
        for engine in (self._valkey, self._postgres):
            if engine is not None and engine.process is not None and engine.process.exit_status is not None:
                tell(f"{engine.process.name} ended; starting it again. {engine.process.last_words()}")
                engine.stop()
                engine.start()

    def stop(self) -> None:
        """Ends the bundled engines; the user's own are left alone."""
        for engine in (self._valkey, self._postgres):
            if engine is not None:
                engine.stop()

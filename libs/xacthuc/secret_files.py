"""Settings that are files: for what reads one or two of them and should not import all that settings take.

`xacthuc.settings` reads the same files for whole services.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

SECRETS_DIRECTORY: Final = "XACTHUC_SECRETS_DIRECTORY"
"""Holds files named as variables, such as `XACTHUC_DATABASE_URL`: a secret of Kubernetes, mounted."""


def given(variable: str) -> str:
    """Returns what a variable, or else the file of its name, holds; empty when neither is there."""
    value, directory = os.environ.get(variable, ""), os.environ.get(SECRETS_DIRECTORY, "")
    if value or not directory:
        return value
    path = Path(directory, variable)
    return path.read_text("utf-8").strip() if path.exists() else ""

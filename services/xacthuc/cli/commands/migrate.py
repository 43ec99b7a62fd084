"""`xacthuc migrate`: the schema of one service, as a job beside its deployment runs it."""

import os
import sys
from enum import StrEnum
from typing import Annotated

import typer


class Migrated(StrEnum):
    """What has a schema. otp keeps everything in the store."""

    IDENTITY = "identity"
    GUARDIAN = "guardian"
    LIVESTREAM = "livestream"
    BACKFILL = "backfill"


def migrate(service: Annotated[Migrated, typer.Argument(help="Whose.")]) -> None:
    """Brings one service's schema up to date at XACTHUC_DATABASE_URL; `db upgrade` does all in one database."""
    module = f"xacthuc.{service}.migrate"
    os.execv(sys.executable, [sys.executable, "-m", module])  # noqa: S606 - our own interpreter, no shell

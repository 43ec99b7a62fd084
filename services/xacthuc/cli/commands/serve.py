"""`xacthuc serve`: one service, as a container runs it."""

import os
import sys
from enum import StrEnum
from typing import Annotated

import typer


class Service(StrEnum):
    """What can be served, one process each."""

    OTP = "otp"
    OTP_DELIVERY = "otp-delivery"
    OTP_CAMARA = "otp-camara"
    IDENTITY = "identity"
    GUARDIAN = "guardian"
    LIVESTREAM = "livestream"
    LIVESTREAM_WATCH = "livestream-watch"
    BACKFILL = "backfill"
    EDGE = "edge"


MODULES = {
    Service.OTP: "xacthuc.otp",
    Service.OTP_DELIVERY: "xacthuc.otp.delivery",
    Service.OTP_CAMARA: "xacthuc.otp.camara",
    Service.IDENTITY: "xacthuc.identity",
    Service.GUARDIAN: "xacthuc.guardian",
    Service.LIVESTREAM: "xacthuc.livestream",
    Service.LIVESTREAM_WATCH: "xacthuc.livestream.watch",
    Service.BACKFILL: "xacthuc.backfill",
    Service.EDGE: "xacthuc.edge",
}


def serve(service: Annotated[Service, typer.Argument(help="Which one.")]) -> None:
    """Runs one service, set by XACTHUC_... variables."""
    # The process becomes the service: it gets the signals, and carries nothing of this command in its memory.
    os.execv(sys.executable, [sys.executable, "-m", MODULES[service]])  # noqa: S606 - our own interpreter, no shell

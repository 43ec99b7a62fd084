"""Runs a stack of stand-ins as `xacthuc up` runs the services: `owner.py DATA PORT_BASE`; prints `ready` when it is."""

import os
import signal
import sys
from pathlib import Path

from xacthuc.embedded import EngineError
from xacthuc.up.layout import Layout, Ports, UpError
from xacthuc.up.main import die_with_parent
from xacthuc.up.plan import Plan, Program
from xacthuc.up.report import tell
from xacthuc.up.stack import Stack

layout, ports = Layout(Path(sys.argv[1])), Ports(int(sys.argv[2]))
programs = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}


def plan(state_url: str, database_url: str) -> Plan:
    database = {**programs, "XACTHUC_DATABASE_URL": database_url}
    return Plan(
        services=(
            Program("otp", "serving", {**programs, "XACTHUC_PUBLIC_ADDRESS": ports.otp_public}, ports.otp_public),
            Program(
                "identity",
                "serving",
                {**database, "XACTHUC_PUBLIC_ADDRESS": ports.identity_public},
                ports.identity_public,
                needs_database=True,
            ),
        ),
        migration=Program("migrate", "migrating", database, needs_database=True),
    )


if os.environ.get("DIE_WITH_PARENT"):
    die_with_parent()
stack = Stack(layout, ports, plan, tell)
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, lambda *_: stack.ask_to_stop())
try:
    stack.start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    stack.watch()
except (EngineError, UpError) as error:
    sys.exit(str(error))
finally:
    stack.stop()

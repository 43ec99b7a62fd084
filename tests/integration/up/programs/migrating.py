"""Stands in for the migrations: counts its runs in the file MIGRATED, or fails when told to."""

import os
import sys
from pathlib import Path

if os.environ.get("REFUSE_MIGRATION"):
    sys.exit("cannot reach revision 0003")
with Path(os.environ["MIGRATED"]).open("a") as file:
    file.write(os.environ["XACTHUC_DATABASE_URL"] + "\n")
